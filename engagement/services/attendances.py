"""What an organiser's word on an attendance does to the ledger: it attests the hours, and takes that back.

Lock order: the caller holds the people and the attendances; then the records by id, then the entries by id.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common import paris
from common.changes import Noted, note_changes
from common.errors import DomainError, next_state
from engagement import flags, ledger, notices, selectors
from engagement.models import Attestation, Evidence, HourEntry, Record
from engagement.services import policy
from engagement.services.attestations import AXIS, refusals_to_attest, reset
from engagement.services.entry_facts import MinutesImpossible, claimed_minutes
from engagement.services.records import records_for, save_move
from engagement.states import (
    ATTESTATION_TRANSITIONS,
    HOUR_ENTRY_TRANSITIONS,
    UNDECIDED_HOUR_ENTRY,
    AttestationStatus,
    HourEntryStatus,
)
from notifications import outbox

# An attendance, and from when to when the person was there.
Confirmed = tuple[Any, datetime, datetime]
TIMES = ["started_at", "ended_at", "break_minutes", "claimed_minutes"]


class DecidedBySchool(DomainError):
    """409: the school has decided on these hours; its decision stands until the school itself takes it back."""

    code = "decided_by_school"
    detail = _("The school has already decided on these hours. It must take its decision back first.")


def prefill_from_attendances(*, confirmed: Sequence[Confirmed], actor: User) -> dict[UUID, DomainError]:
    """Hook `attendances_confirmed`: the attested drafts that people only have to complete; answers what it refuses.

    An attendance under 15 minutes makes no entry; it stays on the shift's list. One that was reopened has its entry
    already: that entry is attested again. Refused is what `refusals_to_attest` says, all attendances of that person.
    The order of events in each chain is that of `confirmed`. A constant number of queries.
    """
    people = {attendance.sign_up.person_id: attendance.sign_up.person for attendance, _from, _to in confirmed}
    refused = refusals_to_attest(people.values(), actor)
    allowed = [one for one in confirmed if one[0].sign_up.person_id not in refused]
    records = ledger.lock_records_of({attendance.sign_up.person_id for attendance, _from, _to in allowed})
    known = _locked_entries([attendance for attendance, _from, _to in allowed], records)
    for attendance, started_at, ended_at in allowed:
        if attendance.pk in known and known[attendance.pk].status == HourEntryStatus.DRAFT:
            # The times of a draft follow the attendance; what was submitted is the author's claim, and only attested.
            _fit(known[attendance.pk], started_at, ended_at)
    drafts = _new_drafts([one for one in allowed if one[0].pk not in known], records)
    pairs = [(known.get(one[0].pk) or drafts.get(one[0].pk), one[0]) for one in allowed]
    _attest([(entry, attendance) for entry, attendance in pairs if entry is not None], actor)
    _hand_in_again(list(known.values()))
    return {one[0].pk: refused[one[0].sign_up.person_id] for one in confirmed if one[0].sign_up.person_id in refused}


def _locked_entries(attendances: Sequence[Any], records: dict[Any, Record]) -> dict[UUID, HourEntry]:
    """The entries that these attendances made, by attendance, under their locks and with their locked records."""
    entries: dict[UUID, HourEntry] = {}
    by_id = {attendance.pk: attendance for attendance in attendances}
    for row in HourEntry.objects.select_for_update(of=("self",)).filter(attendance__in=attendances).order_by("pk"):
        if row.attendance_id:
            row.record = records[row.record_id]
            row.attendance = by_id[row.attendance_id]
            entries[row.attendance_id] = row
    return entries


def _new_drafts(confirmed: Sequence[Confirmed], records: dict[Any, Record]) -> dict[UUID, HourEntry]:
    claimed = {}
    for attendance, started_at, ended_at in confirmed:
        with suppress(MinutesImpossible):
            claimed[attendance.pk] = claimed_minutes(started_at, ended_at, 0)
    lasting = [one for one in confirmed if one[0].pk in claimed]
    homes = records_for([(one[0].sign_up.person, paris.day_of(one[1])) for one in lasting], records)
    drafts = {}
    for attendance, started_at, ended_at in lasting:
        mission = attendance.sign_up.shift.mission
        drafts[attendance.pk] = HourEntry(
            record=homes[attendance.sign_up.person_id, paris.day_of(started_at)],
            person=attendance.sign_up.person,
            attendance=attendance,
            mission=mission,
            title=mission.title,
            domain=mission.domain,
            started_at=started_at,
            ended_at=ended_at,
            claimed_minutes=claimed[attendance.pk],
        )
    return drafts


def _attest(pairs: Sequence[tuple[HourEntry, Any]], actor: User) -> None:
    """Gives the organisation's word on entries, known and new, each with its attendance, and writes all of it."""
    if not pairs:
        return
    shown: dict[UUID, list[str]] = {}
    evidence = Evidence.objects.filter(entry__in=[entry.pk for entry, _attendance in pairs])
    for entry_id, sha256 in evidence.values_list("entry", "sha256"):
        shown.setdefault(entry_id, []).append(sha256)
    again, letters, events, words = [], [], [], []
    for entry, attendance in pairs:
        entry.attestation_status = next_state(ATTESTATION_TRANSITIONS, "attest_by_attendance", entry.attestation_status)
        entry.attested_minutes = attendance.minutes
        if not entry.is_unsaved:
            entry.version += 1
            again.append(entry)
        details = ledger.details_of(entry, shown.get(entry.pk, []))
        word = Attestation(entry=entry, minutes=attendance.minutes, attested_by=actor)
        words.append(word)
        verb = "attest_by_attendance"
        events.append(ledger.next_event(entry.record, entry, verb, actor=actor, details=details, rows=[word]))
        say = notices.attested if entry.record.option_id else notices.attested_in_passport
        occasion = outbox.occasion_of(entry.version)
        letters.append(outbox.Letter(say, entry, attendance.sign_up.person, occasion=occasion))
    HourEntry.objects.bulk_create(entry for entry, _attendance in pairs if entry.is_unsaved)
    HourEntry.objects.bulk_update(again, [*TIMES, *AXIS, "version"])
    Attestation.objects.bulk_create(words)
    ledger.write_events({entry.record_id: entry.record for entry, _attendance in pairs}.values(), events)
    note_changes(Noted(attendance.sign_up.person_id, "hour_entry", entry.pk) for entry, attendance in pairs)
    outbox.publish_many(letters)


def _fit(entry: HourEntry, started_at: datetime, ended_at: datetime) -> None:
    with suppress(MinutesImpossible):
        entry.claimed_minutes = claimed_minutes(started_at, ended_at, 0)
        entry.started_at, entry.ended_at, entry.break_minutes = started_at, ended_at, 0


def take_back_attestation(*, attendance: Any, reason: str, actor: User) -> None:
    """Hook `attendance_reopened`: the organisation's word goes, the entry stays where its author has it.

    A draft remains a draft, something submitted remains submitted, no longer attested. The policy's own approval is
    revoked with it. Raises DecidedBySchool once a person of the school has decided, DomainError (`certified`).
    """
    records = ledger.lock_records_of([attendance.sign_up.person_id])
    entry = _locked_entries([attendance], records).get(attendance.pk)
    if entry is None:
        return
    if entry.status not in UNDECIDED_HOUR_ENTRY and not policy.is_own_word(entry):
        raise DecidedBySchool
    events = []
    if entry.status == HourEntryStatus.APPROVED:
        if selectors.entries_under_certificate([entry.pk]):
            raise DomainError(
                _("A valid certificate lists these hours: the school must revoke it first."), code="certified"
            )
        events.append(policy.revoke_by_policy(entry))
    elif entry.attestation_status == AttestationStatus.NONE:
        return
    reset(entry)
    events.append(ledger.next_event(entry.record, entry, "reset", actor=actor, text=reason))
    save_move(entry.record, entry, [*AXIS, "status", "approved_minutes"], events)


def _hand_in_again(entries: Sequence[HourEntry]) -> None:
    """Entries that the system revoked when their attendance was reopened are handed in again, now it is confirmed anew.

    An entry that the student has handed in for that time meanwhile stays, and this one stays as it is.
    """
    for entry in entries:
        if entry.status != HourEntryStatus.REVOKED or not policy.is_own_word(entry):
            continue
        if HourEntry.objects.sharing_time_with(entry).exists():
            continue
        entry.status = next_state(HOUR_ENTRY_TRANSITIONS, "submit", entry.status)
        evidence = list(Evidence.objects.filter(entry=entry).values_list("sha256", flat=True))
        entry.flags = flags.flags_of(entry, evidence=evidence)
        details = ledger.details_of(entry, evidence)
        events = [
            ledger.next_event(entry.record, entry, "submit", actor=None, text=entry.reflection, details=details)
        ]
        events += policy.approve_by_policy(entry)
        save_move(entry.record, entry, ["status", "approved_minutes", "flags"], events)
