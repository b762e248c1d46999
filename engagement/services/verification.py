"""Whether the ledger's rows are what its chains say: walked person by person, in constant memory, changing nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model, QuerySet

from engagement import chain, ledger
from engagement.chain import Fault
from engagement.models import Certificate, Evidence, HourEntry, Record, RecordEvent
from engagement.services.erasure import BLANK
from engagement.states import HourEntryStatus

# Records whose entries, proofs and events are in memory at once.
RECORDS_AT_ONCE = 100
EVENTS_AT_ONCE = 2000
# A row and the event that it was made with are of one transaction.
MADE_WITHIN = timedelta(minutes=10)
MAKING_AN_ENTRY = ("create", "attest_by_attendance")


def verify_records(records: QuerySet[Record]) -> Iterator[Fault]:
    """Every fault of the records of a queryset, which holds all those of each of its people.

    The chain of each is walked, then entries and proofs are held against the last event of each. One that fails
    is looked at again under the records' locks: it may have grown meanwhile.
    """
    chunk: list[Record] = []
    for record in records.order_by("person_id", "pk").iterator(chunk_size=RECORDS_AT_ONCE):
        # An entry may have gone from one record of its person to another: all of them are looked at together.
        if len(chunk) >= RECORDS_AT_ONCE and record.person_id != chunk[-1].person_id:
            yield from _verify_chunk(chunk)
            chunk = []
        chunk.append(record)
    yield from _verify_chunk(chunk)


def _verify_chunk(records: list[Record]) -> Iterator[Fault]:
    people = {record.pk: record.person_id for record in records}
    for person_id in dict.fromkeys(people[fault.record_id] for fault in _faults_of(records)):
        with transaction.atomic():
            faults = list(_faults_of(list(ledger.lock_records_of([person_id]).values())))
        yield from faults


@dataclass
class _Told:
    """What the chains of some people say of their entries and proofs, each by the last event that says it."""

    last: dict[str, RecordEvent] = field(default_factory=dict)
    first: dict[str, RecordEvent] = field(default_factory=dict)
    described: dict[str, RecordEvent] = field(default_factory=dict)
    written: dict[str, RecordEvent] = field(default_factory=dict)
    proofs: dict[str, RecordEvent] = field(default_factory=dict)
    made: dict[str, RecordEvent] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    covers: dict[str, list[str]] = field(default_factory=dict)
    erased: list[RecordEvent] = field(default_factory=list)
    erased_until: dict[Any, int] = field(default_factory=dict)
    broken: set[Any] = field(default_factory=set)

    def hear(self, event: RecordEvent) -> None:
        facts = event.facts
        entry = facts["entry"]
        if entry is not None:
            _keep_later(self.last, entry, event)
            _keep_earlier(self.first, entry, event)
            if facts["details_commitment"]:
                _keep_later(self.described, entry, event)
            if facts["verb"] in ledger.WRITTEN_BY_AUTHOR:
                _keep_later(self.written, entry, event)
        elif facts["verb"] == "erase":
            self.erased_until[event.record_id] = event.sequence
        for key in facts.get("rows", {}):
            _keep_later(self.proofs, key, event)
            _keep_earlier(self.made, key, event)
            if "covers" in facts:
                self.covers[key] = facts["covers"]
        self.gone.update(facts.get("gone", []))
        if chain.is_erased(event):
            self.erased.append(event)

    def allows(self, event: RecordEvent) -> bool:
        """Whether the chain says why the texts of that event are gone: a draft that nobody had read was deleted, or
        the person's whole ledger was erased later."""
        if self.erased_until.get(event.record_id, 0) > event.sequence:
            return True
        last = self.last.get(event.facts["entry"] or "")
        return last is not None and last.facts["verb"] == "delete" and last.facts["submitted_at"] is None


def _order(event: RecordEvent) -> tuple[int, int]:
    """Of the events about one thing the later is greater: a record's are in sequence, and an entry that goes to another
    record has another version there."""
    return event.facts.get("version", 0), event.sequence


def _keep_later(known: dict[str, RecordEvent], key: str, event: RecordEvent) -> None:
    if key not in known or _order(known[key]) < _order(event):
        known[key] = event


def _keep_earlier(known: dict[str, RecordEvent], key: str, event: RecordEvent) -> None:
    if key not in known or _order(event) < _order(known[key]):
        known[key] = event


def _faults_of(records: list[Record]) -> Iterator[Fault]:
    told = _Told()
    rows = RecordEvent.objects.filter(record__in=records).order_by("record_id", "sequence")
    events = _Grouped(rows.iterator(chunk_size=EVENTS_AT_ONCE))
    for record in sorted(records, key=lambda one: one.pk):
        for step in chain.walk(record, events.of(record.pk)):
            fault = step if isinstance(step, Fault) else _whose(record, step)
            if fault is not None:
                told.broken.add(record.person_id)
                yield fault
                break
            assert isinstance(step, RecordEvent)  # noqa: S101 what is no fault is an event
            told.hear(step)
        events.skip(record.pk)
    for event in told.erased:
        if not told.allows(event):
            yield Fault(event.record_id, event.sequence, "what was written is gone, and no later event says why")
    # The word of a broken chain about rows is worth nothing, and was said already.
    whole = {record.pk: record for record in records if record.person_id not in told.broken}
    yield from _faults_of_entries(whole, told)
    yield from _faults_of_proofs(whole, told)


def _whose(record: Record, event: RecordEvent) -> Fault | None:
    facts = event.facts
    is_theirs = facts["person"] == str(record.person_id) and (
        facts["verb"] not in ledger.DONE_BY_AUTHOR or facts["actor"] in (None, facts["person"])
    )
    if not is_theirs:
        return Fault(record.pk, event.sequence, "somebody else's than the record's person")
    if facts["option"] != (str(record.option_id) if record.option_id else None):
        return Fault(record.pk, event.sequence, "of another option than the record's")
    return None


class _Grouped:
    """Events that come ordered by record, taken record by record; records come in the same order."""

    def __init__(self, rows: Iterator[RecordEvent]) -> None:
        self.rows = rows
        self.next = next(rows, None)

    def of(self, record_id: UUID) -> Iterator[RecordEvent]:
        while self.next is not None and self.next.record_id == record_id:
            row, self.next = self.next, next(self.rows, None)
            yield row

    def skip(self, record_id: UUID) -> None:
        for _row in self.of(record_id):
            pass


# --- Entries -----------------------------------------------------------------------------------------------------
def _faults_of_entries(records: dict[Any, Record], told: _Told) -> Iterator[Fault]:
    evidence: dict[Any, list[str]] = {}
    for entry_id, sha256 in Evidence.objects.filter(entry__record__in=records).values_list("entry_id", "sha256"):
        evidence.setdefault(entry_id, []).append(sha256)
    missing = {key: event for key, event in told.last.items() if event.record_id in records}
    for entry in HourEntry.objects.filter(record__in=records):
        last = missing.pop(str(entry.pk), None)
        if last is None or last.record_id != entry.record_id:
            record = records[entry.record_id]
            yield Fault(record.pk, record.event_count, f"entry {entry.pk} has no event")
            continue
        wrong = _wrong_in_entry(entry, last, told, evidence.get(entry.pk, []))
        if wrong:
            yield Fault(last.record_id, last.sequence, f"entry {entry.pk} differs from it in {', '.join(wrong)}")
    for key, event in missing.items():
        yield Fault(event.record_id, event.sequence, f"entry {key} is missing")


def _wrong_in_entry(entry: HourEntry, last: RecordEvent, told: _Told, shown: list[str]) -> list[str]:
    key = str(entry.pk)
    columns = ledger.columns_of_entry(entry)
    wrong = [name for name, value in columns.items() if last.facts[name] != value]
    wrong += ["person"] if str(entry.person_id) != last.facts["person"] else []
    first = told.first[key]
    if first.facts["verb"] in MAKING_AN_ENTRY and first.facts["version"] == 1 and not _is_made_with(entry, first):
        wrong.append("created_at")
    details, described = ledger.details_of(entry, shown), told.described.get(key)
    texts = [value for name, value in details.items() if name != "evidence"]
    written = told.written.get(key)
    if entry.status == HourEntryStatus.DELETED:
        return [*wrong, *(["what it says of itself"] if any([*texts, entry.reflection, *shown]) else [])]
    if described is not None and not _says(described, "details_commitment", chain.canonical(details), texts):
        wrong.append("what it says of itself")
    if written is not None and not _says(written, "text_commitment", entry.reflection, [entry.reflection]):
        wrong.append("reflection")
    return wrong


def _says(event: RecordEvent, committed: str, text: str, parts: Iterable[Any]) -> bool:
    """Whether a text is the one committed to, or blank once its salt was erased (which told.allows has judged)."""
    commitment = event.facts[committed]
    if commitment is None:
        return not text
    if chain.is_erased(event):
        return all(part in BLANK for part in parts)
    return bool(commitment == chain.commitment(event.salt, text))


def _is_made_with(row: Any, event: RecordEvent) -> bool:
    """Whether a row was created in the transaction of that event."""
    return bool(abs(row.created_at - datetime.fromisoformat(event.facts["at"])) <= MADE_WITHIN)


# --- Proofs ------------------------------------------------------------------------------------------------------
def _faults_of_proofs(records: dict[Any, Record], told: _Told) -> Iterator[Fault]:
    expected = {
        key: event
        for key, event in told.proofs.items()
        if event.record_id in records and key not in told.gone
    }
    for model in chain.PROOFS:
        for record_id, row in _rows_of(model, records):
            key = ledger.key_of(row)
            event = expected.pop(key, None)
            if event is None:
                yield Fault(record_id, records[record_id].event_count, f"{_named(key)} is in no event")
                continue
            wrong = wrong_in_proof(row, event)
            if not _is_made_with(row, told.made[key]):
                wrong.append("created_at")
            if isinstance(row, Certificate) and _covered(row) != told.covers.get(key):
                wrong.append("the entries it covers")
            if wrong:
                yield Fault(event.record_id, event.sequence, f"{_named(key)} differs from it in {', '.join(wrong)}")
    for key, event in expected.items():
        yield Fault(event.record_id, event.sequence, f"{_named(key)} is missing")


def _rows_of(model: Any, records: dict[Any, Record]) -> Iterator[tuple[Any, Any]]:
    """Each row of a kind of proof in these records, after the id of its record."""
    if model is Certificate:
        for row in Certificate.objects.filter(record__in=records).prefetch_related("entries"):
            yield row.record_id, row
    else:
        for row in model.objects.filter(entry__record__in=records).select_related("entry"):
            yield row.entry.record_id, row


def wrong_in_proof(row: Model, event: RecordEvent) -> list[str]:
    """The columns of a row of chain.PROOFS that are not as the event says, which is the last about it."""
    facts = event.facts["rows"][ledger.key_of(row)]
    wrong = [name for name, value in ledger.columns_of(row).items() if name not in facts or facts[name] != value]
    for name, text in ledger.texts_of(row).items():
        if facts.get(name) is None:
            is_right = not text
        elif chain.is_erased(event):
            is_right = text in BLANK
        else:
            is_right = facts[name] == chain.commitment(event.salt, text)
        wrong += [] if is_right else [name]
    return wrong


def _covered(certificate: Certificate) -> list[str]:
    return sorted(str(entry.pk) for entry in certificate.entries.all())


def _named(key: str) -> str:
    return key.replace(":", " ")
