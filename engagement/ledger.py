"""The event chain of a record: every move of an entry is appended under the record's lock, hashed onto the last."""

import hashlib
import json
import secrets
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from engagement.models import HourEntry, Record, RecordEvent


class ChainBroken(Exception):
    """An event was rewritten, cut or is missing; `sequence` says where the chain stops to hold."""

    def __init__(self, record_id: Any, sequence: int) -> None:
        self.sequence = sequence
        super().__init__(f"record {record_id}: broken at event {sequence}")


def lock_records(record_ids: Iterable[Any]) -> dict[Any, Record]:
    """The records under their locks, always taken in the order of ids, so that two bulks cannot deadlock."""
    records = Record.objects.select_for_update(of=("self",)).filter(pk__in=set(record_ids)).order_by("pk")
    return {record.pk: record for record in records}


def _hash(previous_hash: str, facts: dict[str, Any]) -> str:
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{previous_hash}\n{canonical}".encode()).hexdigest()


def _commitment(salt: str, text: str) -> str:
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()


def next_event(record: Record, entry: HourEntry, verb: str, *, actor: Any, text: str = "") -> RecordEvent:
    """Builds the next event of a locked record and moves its head; save both with `write_events`.

    The facts are the entry's as they are after the move: state of both axes, times, and all three minutes.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("The chain grows only under the record's lock.")
    salt = secrets.token_hex(16) if text else ""
    record.event_count += 1
    facts = {
        "record": str(record.pk),
        "sequence": record.event_count,
        "entry": str(entry.pk),
        "verb": verb,
        "actor": str(actor.pk) if actor else None,
        "at": timezone.now().isoformat(),
        "status": str(entry.status),
        "attestation_status": str(entry.attestation_status),
        "started_at": entry.started_at.isoformat(),
        "ended_at": entry.ended_at.isoformat(),
        "claimed_minutes": entry.claimed_minutes,
        "attested_minutes": entry.attested_minutes,
        "approved_minutes": entry.approved_minutes,
        "text_commitment": _commitment(salt, text) if text else None,
    }
    event = RecordEvent(
        record=record,
        entry=entry,
        sequence=record.event_count,
        facts=facts,
        text=text,
        salt=salt,
        previous_hash=record.head_hash,
        hash=_hash(record.head_hash, facts),
    )
    record.head_hash = event.hash
    return event


def write_events(records: Iterable[Record], events: Iterable[RecordEvent]) -> None:
    """Appends the events and saves the heads they moved, in two statements."""
    RecordEvent.objects.bulk_create(events)
    Record.objects.bulk_update(records, ["event_count", "head_hash"])


def append_event(record: Record, entry: HourEntry, verb: str, *, actor: Any, text: str = "") -> None:
    """Appends one event to a locked record."""
    write_events([record], [next_event(record, entry, verb, actor=actor, text=text)])


def _is_erased(event: RecordEvent) -> bool:
    """Whether the event has no text (any more). Text without its salt was put there by other hands."""
    return not event.salt and not event.text


def verify_chain(record: Record) -> None:
    """Walks the chain from its first event to the record's head; raises ChainBroken where it does not hold."""
    previous_hash, sequence = "", 0
    for event in record.events.order_by("sequence"):
        sequence += 1
        intact = (
            event.sequence == sequence
            and event.previous_hash == previous_hash
            and event.facts.get("sequence") == sequence
            and event.facts.get("record") == str(record.pk)
            and event.facts.get("entry") == str(event.entry_id)
            and event.hash == _hash(previous_hash, event.facts)
            and (_is_erased(event) or event.facts["text_commitment"] == _commitment(event.salt, event.text))
        )
        if not intact:
            raise ChainBroken(record.pk, sequence)
        previous_hash = event.hash
    if (sequence, previous_hash) != (record.event_count, record.head_hash):
        raise ChainBroken(record.pk, sequence + 1)
