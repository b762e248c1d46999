"""Approval without anybody, where a school's option says so: what a verified organisation saw and nothing flags."""

from django.utils import translation
from django.utils.translation import gettext as _

from common.errors import next_state
from engagement import ledger, notices
from engagement.models import Contest, Decision, HourEntry, RecordEvent
from engagement.states import (
    HOUR_ENTRY_TRANSITIONS,
    AttestationStatus,
    AutomaticApproval,
    ContestStatus,
    DecisionVerb,
    HourEntryStatus,
)
from missions.models import Direction
from missions.states import AttendanceStatus
from notifications import outbox
from organizations.models import Organization


def approve_by_policy(entry: HourEntry) -> list[RecordEvent]:
    """Approves what was just handed in for the first time, or anew by the system, when the option's policy covers it.

    Called under the entry's locks; the caller saves it. The decision is nobody's and marked so. A tutor's or a
    coordinator's word on hours logged by hand never approves by itself, nor do a class session and an attendance
    without a check-in.
    """
    if not _covers(entry):
        return []
    entry.status = next_state(HOUR_ENTRY_TRANSITIONS, DecisionVerb.APPROVE, entry.status)
    entry.approved_minutes = min(entry.claimed_minutes, entry.attested_minutes or 0)
    return [_decided(entry, DecisionVerb.APPROVE, entry.approved_minutes)]


def revoke_by_policy(entry: HourEntry) -> RecordEvent:
    """Takes the policy's own approval back, its attendance being reopened; the caller has seen that it is its own, and
    that no valid certificate lists it, holds the locks and saves the entry."""
    entry.status = next_state(HOUR_ENTRY_TRANSITIONS, DecisionVerb.REVOKE, entry.status)
    entry.approved_minutes = None
    with translation.override(entry.record.person.language):
        reason = _(
            "The organisation has taken back its word on your attendance. Once it confirms it anew, these hours are "
            "handed in again by themselves."
        )
    return _decided(entry, DecisionVerb.REVOKE, None, reason)


def _decided(entry: HourEntry, verb: DecisionVerb, minutes: int | None, reason: str = "") -> RecordEvent:
    decision = Decision.objects.create(entry=entry, verb=verb, minutes=minutes, reason=reason, by_policy=True)
    outbox.publish(notices.decided, decision, to=entry.record.person)
    return ledger.next_event(entry.record, entry, verb, actor=None, text=reason, rows=[decision])


def is_own_word(entry: HourEntry) -> bool:
    """Whether the school's last word on an approved or revoked entry is the policy's: no person has decided."""
    if entry.status not in (HourEntryStatus.APPROVED, HourEntryStatus.REVOKED):
        return False
    last = Decision.objects.filter(entry=entry).order_by("pk").last()
    is_settled = Contest.objects.filter(entry=entry).exclude(status=ContestStatus.OPEN).exists()
    return last is not None and last.by_policy and not is_settled


def _covers(entry: HourEntry) -> bool:
    option = entry.record.option
    if option is None or option.automatic_approval != AutomaticApproval.CONFIRMED_ATTENDANCE:
        return False
    attendance = entry.attendance
    return (
        attendance is not None
        and attendance.status == AttendanceStatus.CONFIRMED
        and not attendance.is_of_class_session
        and attendance.check_ins.filter(direction=Direction.IN).exists()
        and entry.attestation_status == AttestationStatus.CONFIRMED
        and not entry.flags
        and entry.mission is not None
        and Organization.objects.verified().filter(pk=entry.mission.organization_id).exists()
    )
