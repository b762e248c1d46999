"""The event chain of a record: every move of an entry is appended under the record's lock, hashed onto the last."""

import hashlib
import json
import secrets
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.db import transaction
from django.db.models import CharField, PositiveIntegerField, UUIDField
from django.utils import timezone

from common.statements import Insert, Slot, Statement, Update
from engagement.models import Evidence, HourEntry, Record, RecordEvent
from engagement.states import HourEntryStatus

# Records whose entries and events are in memory at once when all are verified.
RECORDS_AT_ONCE = 100
EVENTS_AT_ONCE = 2000
# With these the author's text is that of the entry.
WRITTEN_BY_AUTHOR = {"create", "edit", "submit"}
# What nobody but the record's own person does.
DONE_BY_AUTHOR = WRITTEN_BY_AUTHOR | {
    "withdraw", "delete", "add_evidence", "remove_evidence", "acknowledge", "contest",
}  # fmt: skip


class ChainBroken(Exception):
    """An event was rewritten, cut or is missing; `sequence` says where the chain stops to hold."""

    def __init__(self, record_id: Any, sequence: int) -> None:
        self.sequence = sequence
        super().__init__(f"record {record_id}: broken at event {sequence}")


@dataclass(frozen=True)
class Fault:
    """What does not hold in a record, and where: at the event of that number, or in an entry."""

    record_id: Any
    sequence: int
    what: str

    def __str__(self) -> str:
        return f"record {self.record_id}: event {self.sequence}: {self.what}"


def lock_records(record_ids: Iterable[Any]) -> dict[Any, Record]:
    """The records under their locks, always taken in the order of ids, so that two bulks cannot deadlock."""
    records = Record.objects.select_for_update(of=("self",)).filter(pk__in=set(record_ids)).order_by("pk")
    return {record.pk: record for record in records}


def lock_records_of(person_ids: Collection[Any]) -> dict[Any, Record]:
    """All records of these people, as `lock_records`, each with its option. The people are locked already."""
    if len(person_ids) == 1:
        [person_id] = person_ids
        return {record.pk: record for record in RECORDS_OF_ONE.rows(person=person_id)}
    return {record.pk: record for record in _locked(person__in=person_ids)}


def _locked(**of_whom: Any) -> Any:
    records = Record.objects.select_for_update(of=("self",)).filter(**of_whom)
    return records.order_by("pk").select_related("option__school_year")


RECORDS_OF_ONE = Statement(lambda: _locked(person=Slot("person", UUIDField())))
INSERT_EVENT = Insert(RecordEvent)
MOVE_HEAD = Update(
    lambda: Record.objects.filter(pk=Slot("record", UUIDField())),
    event_count=Slot("event_count", PositiveIntegerField()),
    head_hash=Slot("head_hash", CharField()),
)


def canonical(facts: Any) -> str:
    """JSON in one way only: what is hashed and signed."""
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _hash(previous_hash: str, facts: dict[str, Any]) -> str:
    return hashlib.sha256(f"{previous_hash}\n{canonical(facts)}".encode()).hexdigest()


def _commitment(salt: str, text: str) -> str:
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()


def details_of(entry: HourEntry, evidence: Iterable[str]) -> dict[str, Any]:
    """What people wrote to say what the entry is, and the SHA-256 of what they show for it."""
    return {
        "title": entry.title,
        "organization_name": entry.organization_name,
        "tutor_name": entry.tutor_name,
        "tutor_email": entry.tutor_email,
        "evidence": sorted(evidence),
    }


def _columns(entry: HourEntry) -> dict[str, Any]:
    """The entry's own columns as facts: both axes, times, minutes, and what it is for."""
    return {
        "status": str(entry.status),
        "attestation_status": str(entry.attestation_status),
        "started_at": entry.started_at.astimezone(UTC).isoformat(),
        "ended_at": entry.ended_at.astimezone(UTC).isoformat(),
        "break_minutes": entry.break_minutes,
        "claimed_minutes": entry.claimed_minutes,
        "attested_minutes": entry.attested_minutes,
        "approved_minutes": entry.approved_minutes,
        "mission": str(entry.mission_id) if entry.mission_id else None,
        "attendance": str(entry.attendance_id) if entry.attendance_id else None,
        "domain": str(entry.domain),
    }


def is_other_time_or_mission(entry: HourEntry, event: RecordEvent) -> bool:
    """Whether the entry's times, minutes or mission are others than the event says."""
    columns = _columns(entry)
    names = ("started_at", "ended_at", "break_minutes", "claimed_minutes", "mission")
    return any(event.facts.get(name, columns[name]) != columns[name] for name in names)


def next_event(
    record: Record,
    entry: HourEntry,
    verb: str,
    *,
    actor: Any,
    text: str = "",
    details: dict[str, Any] | None = None,
    class_session: bool = False,
) -> RecordEvent:
    """Builds the next event of a locked record and moves its head; save both with `write_events`.

    The facts are the entry's as they are after the move. `details` (see details_of) stand with each move of the
    author that may have changed them. `class_session` marks a decision of whoever attested the hours.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("The chain grows only under the record's lock.")
    salt = secrets.token_hex(16) if text or details else ""
    record.event_count += 1
    facts = {
        "record": str(record.pk),
        "sequence": record.event_count,
        "entry": str(entry.pk),
        "verb": verb,
        "actor": str(actor.pk) if actor else None,
        "at": timezone.now().isoformat(),
        **_columns(entry),
        **({"class_session": True} if class_session else {}),
        "text_commitment": _commitment(salt, text) if text else None,
        "details_commitment": _commitment(salt, canonical(details)) if details else None,
    }
    event = RecordEvent(
        record=record,
        entry=entry,
        sequence=record.event_count,
        facts=facts,
        text=text,
        details=details or {},
        salt=salt,
        previous_hash=record.head_hash,
        hash=_hash(record.head_hash, facts),
    )
    record.head_hash = event.hash
    return event


def write_events(records: Iterable[Record], events: Iterable[RecordEvent]) -> None:
    """Appends the events and saves the heads they moved, in two statements."""
    records, events = list(records), list(events)
    if len(events) == 1:
        INSERT_EVENT.run(events[0])
    else:
        RecordEvent.objects.bulk_create(events)
    if len(records) == 1:
        [record] = records
        MOVE_HEAD.run(record=record.pk, event_count=record.event_count, head_hash=record.head_hash)
    else:
        Record.objects.bulk_update(records, ["event_count", "head_hash"])


def append_event(record: Record, entry: HourEntry, verb: str, *, actor: Any, text: str = "") -> None:
    """Appends one event to a locked record."""
    write_events([record], [next_event(record, entry, verb, actor=actor, text=text)])


def erase_texts(person: Any) -> None:
    """Erases what people wrote in a person's ledger; the chains still verify, their commitments open to nothing."""
    RecordEvent.objects.filter(record__person=person).update(text="", details={}, salt="")


# --- Verifying ---------------------------------------------------------------------------------------------------
def _opens(event: RecordEvent, commitment: str, written: str) -> bool:
    """Whether a text beside an event is the one committed to; one that was erased with its salt is taken as such."""
    if not written:
        return not event.salt or event.facts.get(commitment) is None
    return event.facts.get(commitment) == _commitment(event.salt, written)


def _holds(event: RecordEvent, previous_hash: str, sequence: int) -> bool:
    facts = event.facts
    return (
        event.sequence == sequence
        and event.previous_hash == previous_hash
        and facts.get("sequence") == sequence
        and facts.get("record") == str(event.record_id)
        and facts.get("entry") == str(event.entry_id)
        and event.hash == _hash(previous_hash, facts)
        and _opens(event, "text_commitment", event.text)
        and _opens(event, "details_commitment", canonical(event.details) if event.details else "")
    )


def _walk(record: Record, events: Iterable[RecordEvent]) -> Iterator[RecordEvent | Fault]:
    """The record's events, oldest first, up to the first that does not hold, which is a Fault."""
    previous_hash, sequence = "", 0
    for event in events:
        sequence += 1
        if not _holds(event, previous_hash, sequence):
            yield Fault(record.pk, sequence, "rewritten, or one before it is missing")
            return
        previous_hash = event.hash
        yield event
    if (sequence, previous_hash) != (record.event_count, record.head_hash):
        yield Fault(record.pk, sequence + 1, "cut: the record's head stands elsewhere")


def verify_chain(record: Record) -> None:
    """Walks the chain from its first event to the record's head; raises ChainBroken where it does not hold."""
    for step in _walk(record, record.events.order_by("sequence")):
        if isinstance(step, Fault):
            raise ChainBroken(step.record_id, step.sequence)


def verify_records(records: Any) -> Iterator[Fault]:
    """Every fault of the records of a queryset, in constant memory, while people go on writing.

    The chain of each is walked, then its entries are held against the last event of each. What does not hold is
    looked at again under the record's lock: it may have grown meanwhile.
    """
    chunk: list[Record] = []
    for record in records.order_by("pk").iterator(chunk_size=RECORDS_AT_ONCE):
        chunk.append(record)
        if len(chunk) == RECORDS_AT_ONCE:
            yield from _verify_chunk(chunk)
            chunk = []
    yield from _verify_chunk(chunk)


def _verify_chunk(records: list[Record]) -> Iterator[Fault]:
    for record_id in dict.fromkeys(fault.record_id for fault in _faults_of(records)):
        with transaction.atomic():
            faults = list(_faults_of(list(lock_records([record_id]).values())))
        yield from faults


def _faults_of(records: list[Record]) -> Iterator[Fault]:
    entries: dict[Any, list[HourEntry]] = {record.pk: [] for record in records}
    for entry in HourEntry.objects.filter(record__in=records):
        entries[entry.record_id].append(entry)
    evidence: dict[Any, list[str]] = {}
    for entry_id, sha256 in Evidence.objects.filter(entry__record__in=records).values_list("entry_id", "sha256"):
        evidence.setdefault(entry_id, []).append(sha256)
    rows = RecordEvent.objects.filter(record__in=records).order_by("record_id", "sequence")
    events = _Grouped(rows.iterator(chunk_size=EVENTS_AT_ONCE))
    for record in records:
        last: dict[Any, RecordEvent] = {}
        described: dict[Any, RecordEvent] = {}
        written: dict[Any, RecordEvent] = {}
        broken = False
        for step in _walk(record, events.of(record.pk)):
            if isinstance(step, Fault):
                broken = True
                yield step
                break
            if step.facts["verb"] in DONE_BY_AUTHOR and step.facts["actor"] not in (None, str(record.person_id)):
                broken = True
                yield Fault(record.pk, step.sequence, "somebody else's than the record's person")
                break
            last[step.entry_id] = step
            if step.facts.get("details_commitment"):
                described[step.entry_id] = step
            if step.facts["verb"] in WRITTEN_BY_AUTHOR:
                written[step.entry_id] = step
        events.skip(record.pk)
        if not broken:
            for entry in entries[record.pk]:
                shown, wrote = evidence.get(entry.pk, []), written.get(entry.pk)
                yield from _faults_of_entry(record, entry, last.get(entry.pk), described.get(entry.pk), wrote, shown)


class _Grouped:
    """Events that come ordered by record, taken record by record; records come in the same order."""

    def __init__(self, rows: Iterator[RecordEvent]) -> None:
        self.rows = rows
        self.next = next(rows, None)

    def of(self, record_id: Any) -> Iterator[RecordEvent]:
        while self.next is not None and self.next.record_id == record_id:
            row, self.next = self.next, next(self.rows, None)
            yield row

    def skip(self, record_id: Any) -> None:
        for _row in self.of(record_id):
            pass


def _faults_of_entry(
    record: Record,
    entry: HourEntry,
    last: RecordEvent | None,
    described: RecordEvent | None,
    written: RecordEvent | None,
    evidence: list[str],
) -> Iterator[Fault]:
    if last is None:
        yield Fault(record.pk, record.event_count, f"entry {entry.pk} has no event")
        return
    columns = _columns(entry)
    wrong = [name for name, value in columns.items() if name in last.facts and last.facts[name] != value]
    if described is not None and described.salt and entry.status != HourEntryStatus.DELETED:
        committed = described.facts["details_commitment"]
        if committed != _commitment(described.salt, canonical(details_of(entry, evidence))):
            wrong.append("what it says of itself")
    if written is not None and written.salt and entry.status != HourEntryStatus.DELETED:
        wrong += [] if written.text == entry.reflection else ["reflection"]
    if wrong:
        yield Fault(record.pk, last.sequence, f"entry {entry.pk} differs from it in {', '.join(wrong)}")
