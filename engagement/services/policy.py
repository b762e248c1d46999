"""Approval without anybody, where a school's option says so: what a verified organisation saw and nothing flags."""

from common.errors import next_state
from engagement import ledger, notices
from engagement.models import Decision, HourEntry, RecordEvent
from engagement.states import HOUR_ENTRY_TRANSITIONS, AttestationStatus, AutomaticApproval, DecisionVerb
from missions.models import Organization
from missions.states import AttendanceStatus
from notifications import outbox


def approve_by_policy(entry: HourEntry) -> list[RecordEvent]:
    """Approves what was just handed in for the first time, when the option's policy covers it.

    Called under the entry's locks; the caller saves it. The decision is nobody's and marked so. A tutor's or a
    coordinator's word on hours logged by hand never approves by itself.
    """
    if not _covers(entry):
        return []
    entry.status = next_state(HOUR_ENTRY_TRANSITIONS, DecisionVerb.APPROVE, entry.status)
    entry.approved_minutes = min(entry.claimed_minutes, entry.attested_minutes or 0)
    decision = Decision.objects.create(
        entry=entry, verb=DecisionVerb.APPROVE, minutes=entry.approved_minutes, by_policy=True
    )
    outbox.publish(notices.decided, decision, to=entry.record.person, dedupe_key=f"decided:{decision.pk}")
    return [ledger.next_event(entry.record, entry, DecisionVerb.APPROVE, actor=None)]


def _covers(entry: HourEntry) -> bool:
    option = entry.record.option
    if option is None or option.automatic_approval != AutomaticApproval.CONFIRMED_ATTENDANCE:
        return False
    return (
        entry.attendance is not None
        and entry.attendance.status == AttendanceStatus.CONFIRMED
        and entry.attestation_status == AttestationStatus.CONFIRMED
        and not entry.flags
        and entry.mission is not None
        and Organization.objects.verified().filter(pk=entry.mission.organization_id).exists()
    )
