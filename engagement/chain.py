"""The chain of a record's events: how each is hashed onto the last, and whether a chain holds.

It is made by engagement.ledger; what it says of other rows, services.verification holds against them.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Model

from engagement.models import Attestation, Certificate, Contest, Decision, Evidence, Record, RecordEvent

# What people read as proof, with the columns of each that hold what somebody wrote. A new column is held by itself.
PROOFS: dict[type[Model], tuple[str, ...]] = {
    Attestation: ("reason",),
    Decision: ("reason",),
    Contest: ("reason", "answer"),
    Evidence: (),
    Certificate: ("snapshot", "reason", "revocation_reason"),
}
TEXTS_BY_NAME = {model._meta.model_name or "": texts for model, texts in PROOFS.items()}


class ChainBroken(Exception):
    """An event was rewritten, cut or is missing; `sequence` says where the chain stops to hold."""

    def __init__(self, record_id: UUID, sequence: int) -> None:
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


def canonical(facts: Any) -> str:
    """JSON in one way only: what is hashed and signed."""
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def event_hash(previous_hash: str, facts: dict[str, Any]) -> str:
    """Of an event's facts, onto the hash of the event before ("" of none)."""
    return hashlib.sha256(f"{previous_hash}\n{canonical(facts)}".encode()).hexdigest()


def commitment(salt: str, text: str) -> str:
    """What stands in the facts for a text: it opens with the salt alone."""
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()


def _commits(event: RecordEvent) -> bool:
    """Whether somebody wrote anything in a move."""
    facts = event.facts
    texts = (
        committed.get(name)
        for key, committed in facts.get("rows", {}).items()
        for name in TEXTS_BY_NAME[key.partition(":")[0]]
    )
    return bool(facts.get("text_commitment") or facts.get("details_commitment") or any(texts))


def is_erased(event: RecordEvent) -> bool:
    """Whether what was written in a move is gone, and its salt with it. Only another event may say so."""
    return not (event.salt or event.text or event.details) and _commits(event)


def _opens(event: RecordEvent, committed: str, written: str) -> bool:
    """Whether a text beside an event is the one committed to; one that was erased with its salt is taken as such."""
    if not written:
        return event.facts.get(committed) is None or is_erased(event)
    return bool(event.facts.get(committed) == commitment(event.salt, written))


def _holds(event: RecordEvent, previous_hash: str, sequence: int) -> bool:
    facts = event.facts
    return (
        event.sequence == sequence
        and event.previous_hash == previous_hash
        and facts.get("sequence") == sequence
        and facts.get("record") == str(event.record_id)
        and facts.get("entry") == (str(event.entry_id) if event.entry_id else None)
        and event.hash == event_hash(previous_hash, facts)
        and (not event.salt or _commits(event))
        and _opens(event, "text_commitment", event.text)
        and _opens(event, "details_commitment", canonical(event.details) if event.details else "")
    )


def is_as_hashed(event: RecordEvent) -> bool:
    """Whether an event alone holds what was hashed; where it stands in its chain is `walk`'s to say."""
    return event.hash == event_hash(event.previous_hash, event.facts)


def walk(record: Record, events: Iterable[RecordEvent]) -> Iterator[RecordEvent | Fault]:
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
    """Walks the chain from its first event to the record's head; raises ChainBroken where it does not hold.

    Whether an erasure was allowed, and what the chain says of other rows, is services.verification's.
    """
    for step in walk(record, record.events.order_by("sequence")):
        if isinstance(step, Fault):
            raise ChainBroken(step.record_id, step.sequence)
