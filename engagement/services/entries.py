"""Hour entries: prefilled from a confirmed attendance, completed and submitted by their author.

Lock order: the person (overlaps concern all their records), then the record (its event chain).
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common import paris
from common.errors import BadInput, DomainError, NotAllowed, WrongState, next_state
from common.versions import ensure_version
from engagement import ledger, notices
from engagement.models import LONGEST_MINUTES, SHORTEST_MINUTES, Attestation, HourEntry, Record
from engagement.services.options import ensure_option
from engagement.states import (
    ATTESTATION_TRANSITIONS,
    EDITABLE_HOUR_ENTRY,
    HOUR_ENTRY_TRANSITIONS,
    AttestationStatus,
)
from missions.services.sign_ups import lock_person
from notifications import outbox
from schools import selectors as schools

# A phone's clock may run ahead by a check-in step.
CLOCK_TOLERANCE = timedelta(minutes=1)


class MinutesImpossible(BadInput):
    code = "minutes_impossible"
    detail = _("An entry is 15 to 720 minutes, breaks taken off.")


class Overlaps(DomainError):
    """409 with `conflicting_entry`: two entries cannot cover the same time."""

    code = "overlaps"
    detail = _("Another of your entries covers this time.")

    def __init__(self, other: HourEntry) -> None:
        super().__init__(extra={"conflicting_entry": str(other.pk)})


def record_for(person: Any, day: date) -> Record:
    """The ledger that a day's hours go to: the enrolment's option of that school year, else the passport."""
    enrolment = schools.enrolment_on(person, day)
    option = None
    if enrolment is not None:
        option = ensure_option(enrolment.class_group.school, enrolment.class_group.school_year)
    record, _created = Record.objects.get_or_create(person=person, option=option)
    return record


def claimed_minutes(started_at: datetime, ended_at: datetime, break_minutes: int) -> int:
    """Elapsed minutes less the break, rounded down once. Raises MinutesImpossible outside 15 to 720."""
    minutes = paris.elapsed_minutes(started_at, ended_at) - break_minutes
    if not SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES:
        raise MinutesImpossible
    return minutes


def prefill_from_attendance(*, attendance: Any, started_at: datetime, ended_at: datetime) -> None:
    """Hook `attendance_confirmed`: the attested draft that the person only has to complete.

    An attendance under 15 minutes makes no entry; it stays on the shift's list.
    """
    try:
        minutes = claimed_minutes(started_at, ended_at, 0)
    except MinutesImpossible:
        return
    person = attendance.sign_up.person
    mission = attendance.sign_up.shift.mission
    found = record_for(person, paris.day_of(started_at))
    record = ledger.lock_records([found.pk])[found.pk]
    entry = HourEntry.objects.create(
        record=record,
        attendance=attendance,
        mission=mission,
        title=mission.title,
        domain=mission.domain,
        started_at=started_at,
        ended_at=ended_at,
        claimed_minutes=minutes,
        attestation_status=next_state(ATTESTATION_TRANSITIONS, "attest_by_attendance", AttestationStatus.NONE),
        attested_minutes=attendance.minutes,
    )
    Attestation.objects.create(entry=entry, minutes=attendance.minutes, attested_by=attendance.confirmed_by)
    ledger.append_event(record, entry, "attest_by_attendance", actor=attendance.confirmed_by)
    say = notices.attested if record.option_id else notices.attested_in_passport
    outbox.publish(say, entry, to=person, dedupe_key=f"attested:{entry.pk}")


def _locked(entry: HourEntry, actor: Any) -> tuple[Record, HourEntry]:
    lock_person(actor.pk)
    record = ledger.lock_records([entry.record_id])[entry.record_id]
    if record.person_id != actor.pk:
        raise NotAllowed
    locked = HourEntry.objects.select_for_update(of=("self",)).select_related("mission").get(pk=entry.pk)
    locked.record = record
    return record, locked


@transaction.atomic
def edit_entry(entry: HourEntry, changes: dict[str, Any], *, expected: set[int] | None, actor: Any) -> HourEntry:
    """Changes reflection, times or break of a draft or returned entry.

    The times of an entry from an attendance may only be narrowed. Raises NotAllowed, Stale, WrongState,
    MinutesImpossible, BadInput (`outside_attendance`).
    """
    record, entry = _locked(entry, actor)
    ensure_version(entry, expected)
    if entry.status not in EDITABLE_HOUR_ENTRY:
        raise WrongState("edit", entry.status)
    before = (entry.started_at, entry.ended_at)
    for name, value in changes.items():
        setattr(entry, name, value)
    if entry.attendance_id and (entry.started_at < before[0] or entry.ended_at > before[1]):
        raise BadInput(
            code="outside_attendance",
            fields={"started_at": _("The times of an attendance can be shortened, not stretched.")},
        )
    entry.claimed_minutes = claimed_minutes(entry.started_at, entry.ended_at, entry.break_minutes)
    entry.version += 1
    entry.save(update_fields=[*changes, "claimed_minutes", "version"])
    ledger.append_event(record, entry, "edit", actor=actor, text=entry.reflection)
    return entry


def _ensure_submittable(entry: HourEntry, now: datetime) -> None:
    if entry.ended_at > now + CLOCK_TOLERANCE:
        raise DomainError(_("These hours are not over yet."), code="in_the_future")
    latest = entry.ended_at + timedelta(days=settings.HOUR_ENTRY_SUBMIT_DAYS)
    if entry.submitted_at is None and now > latest:
        raise DomainError(_("The time to submit these hours is over."), code="too_late")
    others = HourEntry.objects.standing().filter(record__person_id=entry.record.person_id).exclude(pk=entry.pk)
    conflicting = others.overlapping(entry.started_at, entry.ended_at).first()
    if conflicting is not None:
        raise Overlaps(conflicting)


@transaction.atomic
def submit_entry(entry: HourEntry, *, actor: Any) -> HourEntry:
    """Hands the hours to the school. Raises NotAllowed, WrongState, Overlaps, DomainError (`in_the_future`,
    `too_late`)."""
    record, entry = _locked(entry, actor)
    status = next_state(HOUR_ENTRY_TRANSITIONS, "submit", entry.status)
    now = timezone.now()
    _ensure_submittable(entry, now)
    entry.status = status
    entry.submitted_at = entry.submitted_at or now
    entry.version += 1
    entry.save(update_fields=["status", "submitted_at", "version"])
    ledger.append_event(record, entry, "submit", actor=actor, text=entry.reflection)
    return entry


@transaction.atomic
def withdraw_entry(entry: HourEntry, *, actor: Any) -> HourEntry:
    """Takes an undecided entry back to draft. Raises NotAllowed, WrongState."""
    record, entry = _locked(entry, actor)
    entry.status = next_state(HOUR_ENTRY_TRANSITIONS, "withdraw", entry.status)
    entry.version += 1
    entry.save(update_fields=["status", "version"])
    ledger.append_event(record, entry, "withdraw", actor=actor)
    return entry


