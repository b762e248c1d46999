"""The ledger: every move of a record is appended to its chain of events (engagement.chain), under the record's lock.

The proofs that people read stand in rows beside it (PROOFS): the event of a move holds every column of the rows that
the move wrote, a text among them as a salted commitment.
"""

import json
import secrets
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from accounts.models import User
from common.sql import SqlText, has_texts
from engagement.chain import PROOFS, canonical, commitment, event_hash
from engagement.models import HourEntry, Record, RecordEvent

# The id names the row; it was made when its first event was (see services.verification).
NAMES_OF_A_ROW = {"id", "created_at"}
# With these the author's text is that of the entry.
WRITTEN_BY_AUTHOR = {"create", "edit", "submit"}
# What nobody but the record's own person does.
DONE_BY_AUTHOR = WRITTEN_BY_AUTHOR | {
    "withdraw", "delete", "add_evidence", "remove_evidence", "acknowledge", "contest",
}  # fmt: skip


def lock_records(record_ids: Iterable[Any]) -> dict[Any, Record]:
    """The records under their locks, always taken in the order of ids, so that two bulks cannot deadlock."""
    records = Record.objects.select_for_update(of=("self",)).filter(pk__in=set(record_ids)).order_by("pk")
    return {record.pk: record for record in records}


def lock_records_of(person_ids: Collection[Any]) -> dict[Any, Record]:
    """All records of these people, as `lock_records`, each with its option. The people are locked already."""
    records = Record.objects.select_for_update(of=("self",)).filter(person__in=person_ids).order_by("pk")
    return {record.pk: record for record in records.select_related("option__school_year")}


# What `write_events` writes of one event, in one statement.
APPEND_ONE = SqlText(
    """
    WITH moved AS (
        UPDATE engagement_record SET event_count = %(sequence)s, head_hash = %(hash)s WHERE id = %(record)s
    )
    INSERT INTO engagement_recordevent
        (id, created_at, record_id, entry_id, sequence, facts, text, details, salt, previous_hash, hash)
    VALUES (%(id)s, %(created_at)s, %(record)s, %(entry)s, %(sequence)s, %(facts)s, %(text)s, %(details)s, %(salt)s,
        %(previous_hash)s, %(hash)s)
    """,
    types={
        **dict.fromkeys(["id", "record", "entry"], "uuid"),
        **dict.fromkeys(["facts", "details"], "jsonb"),
        **dict.fromkeys(["text", "salt", "previous_hash", "hash"], "text"),
        "created_at": "timestamptz",
        "sequence": "int",
    },
)


def _fact(value: Any) -> Any:
    """A column's value in one way only, whether it was just set or read from a database."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, FieldFile):
        return str(value.name)
    return str(value) if isinstance(value, str | UUID) else value


def key_of(row: Model) -> str:
    """Under which name a row of PROOFS stands in the facts."""
    return f"{row._meta.model_name}:{row.pk}"


def columns_of(row: Model) -> dict[str, Any]:
    """Every column of a row of PROOFS but what names it and what somebody wrote."""
    left_out = NAMES_OF_A_ROW | set(PROOFS[type(row)])
    fields = [field for field in row._meta.concrete_fields if field.name not in left_out]
    return {field.attname: _fact(field.value_from_object(row)) for field in fields}


def texts_of(row: Model) -> dict[str, str]:
    """What somebody wrote in a row of PROOFS, as it is committed to; "" where nobody wrote anything."""
    written = {name: getattr(row, name) for name in PROOFS[type(row)]}
    return {name: text if isinstance(text, str) else canonical(text) if text else "" for name, text in written.items()}


def _facts_of_row(row: Model, salt: str) -> dict[str, Any]:
    texts = texts_of(row).items()
    return {**columns_of(row), **{name: commitment(salt, text) if text else None for name, text in texts}}


def details_of(entry: HourEntry, evidence: Iterable[str]) -> dict[str, Any]:
    """What people wrote to say what the entry is, and the SHA-256 of what they show for it."""
    return {
        "title": entry.title,
        "organization_name": entry.organization_name,
        "tutor_name": entry.tutor_name,
        "tutor_email": entry.tutor_email,
        "evidence": sorted(evidence),
    }


def columns_of_entry(entry: HourEntry) -> dict[str, Any]:
    """The entry's own columns as facts: both axes, times, minutes, what it is for, and what was noticed."""
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
        "submitted_at": entry.submitted_at.astimezone(UTC).isoformat() if entry.submitted_at else None,
        "flags": [str(flag) for flag in entry.flags],
    }


def is_other_time_or_mission(entry: HourEntry, event: RecordEvent) -> bool:
    """Whether the entry's times, minutes or mission are others than the event says."""
    columns = columns_of_entry(entry)
    names = ("started_at", "ended_at", "break_minutes", "claimed_minutes", "mission")
    return any(event.facts.get(name, columns[name]) != columns[name] for name in names)


def next_event(
    record: Record,
    entry: HourEntry | None,
    verb: str,
    *,
    actor: User | None,
    text: str = "",
    details: dict[str, Any] | None = None,
    class_session: bool = False,
    rows: Collection[Model] = (),
    gone: Collection[Model] = (),
    covers: Collection[HourEntry] | None = None,
    why: str = "",
) -> RecordEvent:
    """Builds the next event of a locked record and moves its head; save both with `write_events`.

    The facts are the entry's as they are after the move; without an entry the move is of the record as a whole (a
    certificate, an erasure). `details` (see details_of) stand with each move of the author that may have changed them.
    `class_session` marks a decision of whoever attested the hours. `rows` are those of PROOFS that the move wrote, as
    they are after it, `gone` those that it deleted, `covers` the entries of a certificate. `why`
    is that of an erasure.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("The chain grows only under the record's lock.")
    is_salted = text or details or any(any(texts_of(row).values()) for row in rows)
    salt = secrets.token_hex(16) if is_salted else ""
    record.event_count += 1
    facts = {
        "record": str(record.pk),
        "person": str(record.person_id),
        "option": str(record.option_id) if record.option_id else None,
        "sequence": record.event_count,
        "entry": str(entry.pk) if entry else None,
        "verb": verb,
        "actor": str(actor.pk) if actor else None,
        "at": timezone.now().isoformat(),
        **({"version": entry.version, **columns_of_entry(entry)} if entry else {}),
        **({"class_session": True} if class_session else {}),
        **({"rows": {key_of(row): _facts_of_row(row, salt) for row in rows}} if rows else {}),
        **({"gone": sorted(key_of(row) for row in gone)} if gone else {}),
        **({"covers": sorted(str(one.pk) for one in covers)} if covers is not None else {}),
        **({"why": str(why)} if why else {}),
        "text_commitment": commitment(salt, text) if text else None,
        "details_commitment": commitment(salt, canonical(details)) if details else None,
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
        hash=event_hash(record.head_hash, facts),
    )
    record.head_hash = event.hash
    return event


def write_events(records: Iterable[Record], events: Iterable[RecordEvent]) -> None:
    """Appends the events and saves the heads they moved, in two statements at most."""
    records, events = list(records), list(events)
    if has_texts() and len(events) == len(records) == 1:
        _write_event(events[0])
    else:
        RecordEvent.objects.bulk_create(events)
        Record.objects.bulk_update(records, ["event_count", "head_hash"])


def _write_event(event: RecordEvent) -> None:
    """The event is the last of its record, whose head is its hash."""
    event.created_at = timezone.now()
    APPEND_ONE.run(
        id=event.pk,
        created_at=event.created_at,
        record=event.record_id,
        entry=event.entry_id,
        sequence=event.sequence,
        facts=json.dumps(event.facts),
        text=event.text,
        details=json.dumps(event.details),
        salt=event.salt,
        previous_hash=event.previous_hash,
        hash=event.hash,
    )


def append_event(record: Record, entry: HourEntry | None, verb: str, *, actor: User | None, **more: Any) -> None:
    """Appends one event to a locked record; `more` as in next_event."""
    write_events([record], [next_event(record, entry, verb, actor=actor, **more)])
