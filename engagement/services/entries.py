"""Hour entries in their author's hands: logged by the phone under its own id, edited, submitted, withdrawn, deleted."""

from datetime import datetime, timedelta
from typing import Any
from uuid import RFC_4122, UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.locks import lock_person
from accounts.models import User
from common import paris
from common.changes import Noted, note_change, note_changes
from common.errors import (
    BadInput,
    DomainError,
    Gone,
    NotVisible,
    Stale,
    VersionNeeded,
    WrongState,
    next_state,
)
from common.files import drop_file
from common.versions import Match, ensure_version
from engagement import flags, ledger
from engagement.models import Contest, Evidence, HourEntry, Record, RecordEvent
from engagement.services import attestation_requests, attestations, policy, tutors
from engagement.services.entry_facts import (
    CLOCK_TOLERANCE,
    NAMED_OUTSIDE,
    EntryFacts,
    InTheFuture,
    is_as_said,
    rename,
    take_name,
    take_times,
)
from engagement.services.overlaps import ensure_alone
from engagement.services.records import ensure_in_year, locked_entry, record_for, save_move
from engagement.states import (
    EDITABLE_HOUR_ENTRY,
    HOUR_ENTRY_TRANSITIONS,
    AttestationStatus,
    HourEntryStatus,
)

DELETED = _("You deleted these hours. To log them after all, make a new entry.")


# --- Logging and editing -----------------------------------------------------------------------------------------
def put_entry(entry_id: UUID, facts: EntryFacts, *, match: Match | None, actor: User) -> tuple[HourEntry, bool]:
    """The entry of that id as the phone has it, and whether it was made now.

    Absent: made, a draft. The same: nothing. Another: edited, which needs `match`. Raises NotVisible for an id that is
    another person's, Gone for one that was deleted, Stale, VersionNeeded, and what `edit_entry` raises.
    """
    tutors.take_a_try(facts.tutor_email, actor)
    try:
        return _put(entry_id, facts, match, actor)
    except IntegrityError:
        # Two people made one id at once: it is the other one's.
        if HourEntry.objects.filter(pk=entry_id).exclude(person=actor.pk).exists():
            raise NotVisible from None
        raise


@transaction.atomic
def _put(entry_id: UUID, facts: EntryFacts, match: Match | None, actor: User) -> tuple[HourEntry, bool]:
    # Under the person's lock nothing of theirs moves: the entry needs no lock of its own to be looked at.
    person = lock_person(actor.pk)
    if not HourEntry.objects.filter(pk=entry_id).exists():
        return _create(entry_id, facts, match, person), True
    known = HourEntry.objects.select_related("record").get(pk=entry_id)
    if known.person_id != actor.pk:
        raise NotVisible
    if known.status == HourEntryStatus.DELETED:
        raise Gone(DELETED)
    if is_as_said(known, facts):
        return known, False
    if match is None:
        raise VersionNeeded
    return _edit(known, vars(facts), match.versions, actor), False


def _create(entry_id: UUID, facts: EntryFacts, match: Match | None, person: User) -> HourEntry:
    if match is not None:
        raise Stale
    if entry_id.variant != RFC_4122 or entry_id.version not in (4, 7):
        raise BadInput(_("The id of an entry is a UUID of version 4 or 7."), code="id_impossible")
    entry = HourEntry(pk=entry_id)
    take_times(entry, facts.started_at, facts.ended_at, facts.break_minutes)
    take_name(entry, vars(facts), person)
    entry.reflection = facts.reflection
    record = record_for(person, paris.day_of(entry.started_at))
    ensure_in_year(record, entry.started_at, entry.ended_at)
    record.person = person
    entry.record, entry.person = record, person
    entry.save(force_insert=True)
    ledger.write_events([record], [_author_event(entry, "create", [])])
    note_change(person.pk, "hour_entry", entry.pk)
    return entry


def _author_event(entry: HourEntry, verb: str, evidence: list[str]) -> RecordEvent:
    details = ledger.details_of(entry, evidence)
    actor = entry.record.person
    return ledger.next_event(entry.record, entry, verb, actor=actor, text=entry.reflection, details=details)


def _evidence_of(entry: HourEntry) -> list[str]:
    return list(Evidence.objects.filter(entry=entry).values_list("sha256", flat=True))


def edit_entry(entry: HourEntry, changes: dict[str, Any], *, expected: set[int] | None, actor: User) -> HourEntry:
    """Changes what its author says of a draft or returned entry; what is not given stays.

    The times of an entry from an attendance stay within those confirmed, its mission stays. Raises NotAllowed, Stale,
    WrongState, MinutesImpossible, InTheFuture, OutsideSchoolYear, BadInput (`outside_attendance`, `mission_unknown`,
    `named_by_mission`, `organization_needed`, `tutor_needed`, `tutor_refused`), TooOften (of new tutors).
    """
    tutors.take_a_try(changes.get("tutor_email"), actor)
    return _edit(entry, changes, expected, actor)


@transaction.atomic
def _edit(entry: HourEntry, changes: dict[str, Any], expected: set[int] | None, actor: User) -> HourEntry:
    record, entry = locked_entry(entry, actor)
    ensure_version(entry, expected)
    if entry.status not in EDITABLE_HOUR_ENTRY:
        raise WrongState("edit", entry.status)
    before = (entry.started_at, entry.ended_at, entry.mission_id)
    take_times(
        entry,
        changes.get("started_at", entry.started_at),
        changes.get("ended_at", entry.ended_at),
        changes.get("break_minutes", entry.break_minutes),
    )
    rename(entry, changes, record.person)
    if entry.attendance_id and not _is_within_attendance(entry, *before):
        raise BadInput(
            code="outside_attendance",
            fields={
                "started_at": _(
                    "The times of an attendance can be shortened, not stretched. Choose times within those that were "
                    "confirmed."
                )
            },
        )
    entry.reflection = changes.get("reflection", entry.reflection)
    record = _at_home(record, entry, before[0])
    named = ["mission", *NAMED_OUTSIDE, "started_at", "ended_at", "break_minutes", "claimed_minutes", "reflection"]
    save_move(record, entry, ["record", *named], [_author_event(entry, "edit", _evidence_of(entry))])
    return entry


def _is_within_attendance(entry: HourEntry, started_at: datetime, ended_at: datetime, mission_id: UUID | None) -> bool:
    """Whether an edit keeps the mission, and to the times as they stood or as they were confirmed: what was shortened
    by a typo can be put right."""
    attendance = entry.attendance
    if attendance is not None and attendance.arrived_at and attendance.left_at:
        started_at, ended_at = min(started_at, attendance.arrived_at), max(ended_at, attendance.left_at)
    return entry.mission_id == mission_id and started_at <= entry.started_at and entry.ended_at <= ended_at


def _at_home(record: Record, entry: HourEntry, started_before: datetime) -> Record:
    """The record of the day's hours: an entry that no school has read goes there, any other stays in its school year.

    An entry handed in to a passport, by somebody whom a class admitted later, has no school until then.
    """
    is_read = entry.submitted_at is not None and record.option_id is not None
    if paris.day_of(entry.started_at) == paris.day_of(started_before) and is_read:
        return record
    if not is_read:
        record = record_for(record.person, paris.day_of(entry.started_at))
        record.person = entry.record.person
        entry.record = record
    if entry.attendance_id is None:
        ensure_in_year(record, entry.started_at, entry.ended_at)
    return record


def ensure_not_deleted(entry_id: UUID, *, actor: User) -> None:
    """Raises Gone for a tombstone of the actor's own."""
    if HourEntry.objects.filter(pk=entry_id, person=actor, status=HourEntryStatus.DELETED).exists():
        raise Gone(DELETED)


@transaction.atomic
def delete_entry(entry_id: UUID, *, match: Match | None, actor: User) -> None:
    """Turns a draft into a tombstone: what was written and shown goes, its id and its moves stay.

    Raises NotVisible, Gone, Stale, WrongState, DomainError (`from_attendance`: the organisation's word stays).
    """
    lock_person(actor.pk)
    known = HourEntry.objects.select_related("record").filter(pk=entry_id, person=actor.pk).first()
    if known is None:
        raise NotVisible
    if known.status == HourEntryStatus.DELETED:
        raise Gone(DELETED)
    record, entry = locked_entry(known, actor)
    if match is not None:
        ensure_version(entry, match.versions)
    entry.status = next_state(HOUR_ENTRY_TRANSITIONS, "delete", entry.status)
    if entry.attendance_id:
        raise DomainError(
            _(
                "These hours come from a confirmed attendance and cannot be deleted. Leave them as a draft if you do "
                "not want them."
            ),
            code="from_attendance",
        )
    if entry.attestation_status != AttestationStatus.NONE:
        attestations.reset(entry)
        attestation_requests.take_back_mail(entry)
    written = ["title", "organization_name", "tutor_name", "tutor_email", "reflection"]
    for name in written:
        setattr(entry, name, "")
    if entry.submitted_at is None:  # what a school has read stays in its history
        RecordEvent.objects.filter(entry=entry).update(text="", details={}, salt="")
    files = list(Evidence.objects.filter(entry=entry))
    Evidence.objects.filter(pk__in=[one.pk for one in files]).delete()
    for one in files:
        drop_file(str(one.file.name))
    note_changes(
        Noted(record.person_id, "contest", pk, is_removed=True)
        for pk in Contest.objects.filter(entry=entry).values_list("pk", flat=True)
    )
    event = ledger.next_event(record, entry, "delete", actor=actor, gone=files)
    save_move(
        record, entry, ["status", "attestation_status", "attested_minutes", *written], [event], is_removed=True
    )


# --- Handing in --------------------------------------------------------------------------------------------------
def _ensure_submittable(entry: HourEntry, now: datetime) -> None:
    if entry.ended_at > now + CLOCK_TOLERANCE:
        raise InTheFuture
    # Hours moved since they were handed in could have been handed in then, or are handed in for the first time now.
    was_over = entry.submitted_at is not None and entry.ended_at <= entry.submitted_at + CLOCK_TOLERANCE
    first_at = entry.submitted_at if was_over else now
    if first_at > entry.ended_at + timedelta(days=settings.HOUR_ENTRY_SUBMIT_DAYS):  # type: ignore[operator]
        said = _("The time to submit these hours is over: they remain a draft, which you can delete.")
        raise DomainError(said, code="too_late")
    ensure_alone(entry, _("Another of your entries covers this time. Change the times of one of the two."))


@transaction.atomic
def submit_entry(entry: HourEntry, *, actor: User) -> HourEntry:
    """Hands the hours to the school, and asks the organisation when it has not said anything yet.

    An attestation is asked for anew when time, minutes or organisation changed since it was last handed in. The
    school's policy may approve at once. Raises NotAllowed, WrongState, Overlaps, InTheFuture, OutsideSchoolYear,
    TutorRefused, DomainError (`too_late`).
    """
    record, entry = locked_entry(entry, actor)
    status = next_state(HOUR_ENTRY_TRANSITIONS, "submit", entry.status)
    now = timezone.now()
    _ensure_submittable(entry, now)
    record = _at_home(record, entry, entry.started_at)
    is_first, evidence, events = entry.submitted_at is None, _evidence_of(entry), []
    if not is_first and entry.attestation_status != AttestationStatus.NONE and _is_changed(entry):
        attestations.reset(entry)
        events.append(ledger.next_event(record, entry, "reset", actor=None))
    entry.status = status
    entry.submitted_at = entry.submitted_at or now
    entry.flags = flags.flags_of(entry, evidence=evidence)
    events.append(_author_event(entry, "submit", evidence))
    events += attestation_requests.request(entry)
    if is_first:
        events += policy.approve_by_policy(entry)
    fields = ["record", "status", "submitted_at", "flags", "attestation_status", "attested_minutes", "approved_minutes"]
    save_move(record, entry, fields, events)
    return entry


def _is_changed(entry: HourEntry) -> bool:
    """Whether time, minutes or organisation are others than when it was last handed in.

    The word on an attendance still covers times that were narrowed.
    """
    if entry.attendance_id:
        return False
    handed_in = RecordEvent.objects.filter(entry=entry, facts__verb="submit").order_by("id").last()
    if handed_in is None:
        return False
    details = ledger.details_of(entry, [])
    named = ("organization_name", "tutor_email")
    return ledger.is_other_time_or_mission(entry, handed_in) or any(
        handed_in.details.get(name, details[name]) != details[name] for name in named
    )


@transaction.atomic
def withdraw_entry(entry: HourEntry, *, actor: User) -> HourEntry:
    """Takes an undecided entry back to draft. Raises NotAllowed, WrongState."""
    record, entry = locked_entry(entry, actor)
    entry.status = next_state(HOUR_ENTRY_TRANSITIONS, "withdraw", entry.status)
    save_move(record, entry, ["status"], [ledger.next_event(record, entry, "withdraw", actor=actor)])
    return entry
