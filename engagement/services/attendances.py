"""What an organiser's word on an attendance does to the ledger: it attests the hours, and takes that back.

Lock order: the caller holds the person and the attendance; then the record, then the entry.
"""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from common import paris
from common.changes import note_change
from common.errors import DomainError, next_state
from engagement import ledger, notices
from engagement.models import Attestation, Evidence, HourEntry
from engagement.services.attestations import AXIS, ensure_may_attest, reset
from engagement.services.entries import MinutesImpossible, claimed_minutes
from engagement.services.records import record_for, save_move
from engagement.states import (
    ATTESTATION_TRANSITIONS,
    UNDECIDED_HOUR_ENTRY,
    AttestationStatus,
    HourEntryStatus,
)
from notifications import outbox


class DecidedBySchool(DomainError):
    """409: the school has decided on these hours; its decision stands until the school itself takes it back."""

    code = "decided_by_school"
    detail = _("The school has already decided on these hours.")


def prefill_from_attendance(*, attendance: Any, started_at: datetime, ended_at: datetime) -> None:
    """Hook `attendance_confirmed`: the attested draft that the person only has to complete.

    An attendance under 15 minutes makes no entry; it stays on the shift's list. One that was reopened has its entry
    already: that entry is attested again. Raises what `ensure_may_attest` raises: then nothing is confirmed.
    """
    person = attendance.sign_up.person
    if attendance.confirmed_by is not None:
        ensure_may_attest(attendance.confirmed_by, person)
    known = _locked_entry(attendance)
    if known is not None:
        _attest_again(known, attendance, started_at, ended_at)
        return
    try:
        minutes = claimed_minutes(started_at, ended_at, 0)
    except MinutesImpossible:
        return
    mission = attendance.sign_up.shift.mission
    entry = HourEntry(
        record=record_for(person, paris.day_of(started_at)),
        attendance=attendance,
        mission=mission,
        title=mission.title,
        domain=mission.domain,
        started_at=started_at,
        ended_at=ended_at,
        claimed_minutes=minutes,
    )
    _attest(entry, attendance)


def _locked_entry(attendance: Any) -> HourEntry | None:
    """The entry that the attendance made, under its record's lock and its own."""
    found = HourEntry.objects.filter(attendance=attendance).only("pk", "record_id").first()
    if found is None:
        return None
    record = ledger.lock_records([found.record_id])[found.record_id]
    entry = HourEntry.objects.select_for_update(of=("self",)).get(pk=found.pk)
    entry.record = record
    return entry


def _attest(entry: HourEntry, attendance: Any) -> None:
    record = entry.record
    entry.attestation_status = next_state(ATTESTATION_TRANSITIONS, "attest_by_attendance", entry.attestation_status)
    entry.attested_minutes = attendance.minutes
    entry.save()
    Attestation.objects.create(entry=entry, minutes=attendance.minutes, attested_by=attendance.confirmed_by)
    shown = Evidence.objects.filter(entry=entry).values_list("sha256", flat=True)
    event = ledger.next_event(
        record,
        entry,
        "attest_by_attendance",
        actor=attendance.confirmed_by,
        details=ledger.details_of(entry, shown),
    )
    ledger.write_events([record], [event])
    note_change(record.person_id, "hour_entry", entry.pk)
    say = notices.attested if record.option_id else notices.attested_in_passport
    key = f"attested:{entry.pk}:{entry.version}"
    outbox.publish(say, entry, to=attendance.sign_up.person, dedupe_key=key)


def _attest_again(entry: HourEntry, attendance: Any, started_at: datetime, ended_at: datetime) -> None:
    """The times of a draft follow the attendance; what was submitted is the author's claim, and is only attested."""
    if entry.status == HourEntryStatus.DRAFT:
        _fit(entry, started_at, ended_at)
    entry.version += 1
    _attest(entry, attendance)


def _fit(entry: HourEntry, started_at: datetime, ended_at: datetime) -> None:
    try:
        minutes = claimed_minutes(started_at, ended_at, 0)
    except MinutesImpossible:
        return
    entry.started_at, entry.ended_at, entry.break_minutes, entry.claimed_minutes = started_at, ended_at, 0, minutes


def take_back_attestation(*, attendance: Any, reason: str, actor: Any) -> None:
    """Hook `attendance_reopened`: the organisation's word goes, the entry stays where its author has it.

    A draft remains a draft, something submitted remains submitted, no longer attested. Raises DecidedBySchool.
    """
    entry = _locked_entry(attendance)
    if entry is None:
        return
    if entry.status not in UNDECIDED_HOUR_ENTRY:
        raise DecidedBySchool
    if entry.attestation_status == AttestationStatus.NONE:
        return
    reset(entry)
    save_move(entry.record, entry, AXIS, [ledger.next_event(entry.record, entry, "reset", actor=actor, text=reason)])
