"""The school decides which hours count: one entry or five hundred by the same code, each once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.errors import BadInput, DomainError, NotVisible, next_state
from engagement import ledger, notices
from engagement.models import Decision, HourEntry, Record, RecordEvent
from engagement.states import HOUR_ENTRY_TRANSITIONS, DecisionVerb
from notifications import outbox


@dataclass(frozen=True)
class Ruling:
    """What is asked for one entry. `minutes` only approves: None means all that is claimed and attested."""

    entry_id: UUID
    verb: str
    minutes: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of one ruling: the entry as it is now, or the refusal."""

    entry_id: UUID
    entry: HourEntry | None
    error: DomainError | None


def decide(ruling: Ruling, *, actor: Any) -> HourEntry:
    """Decides one entry. Raises NotVisible, WrongState, BadInput (`reason_needed`, `minutes_impossible`),
    DomainError (`attested_by_you`, `own_entry`)."""
    outcome = decide_many([ruling], actor=actor)[0]
    if outcome.error is not None:
        raise outcome.error
    assert outcome.entry is not None  # noqa: S101 an outcome without error has its entry
    return outcome.entry


@transaction.atomic
def decide_many(rulings: Sequence[Ruling], *, actor: Any) -> list[Outcome]:
    """Decides up to 500 entries in one transaction and a constant number of queries; a refused one stops no other.

    The records' locks order concurrent decisions: the second finds the entry already decided. Answers are in
    the order of the rulings.
    """
    wanted = {ruling.entry_id for ruling in rulings}
    decidable = HourEntry.objects.decidable_by(actor).filter(pk__in=wanted)
    records = ledger.lock_records(decidable.values_list("record_id", flat=True))
    # What became decidable since then, under a record that is not locked, is for the next decision.
    rows = decidable.filter(record__in=records).select_for_update(of=("self",))
    entries = {entry.pk: entry for entry in rows.select_related("attendance", "record__person")}
    outcomes, decisions, events, touched = [], [], [], {}
    for ruling in rulings:
        entry = entries.get(ruling.entry_id)
        try:
            if entry is None:
                raise NotVisible
            decision = _decide(entry, ruling, actor)
        except DomainError as error:
            outcomes.append(Outcome(ruling.entry_id, None, error))
            continue
        record = records[entry.record_id]
        touched[record.pk] = record
        decisions.append(decision)
        events.append(ledger.next_event(record, entry, ruling.verb, actor=actor, text=ruling.reason))
        outcomes.append(Outcome(ruling.entry_id, entry, None))
    _write(decisions, events, list(touched.values()))
    return outcomes


def _decide(entry: HourEntry, ruling: Ruling, actor: Any) -> Decision:
    if entry.record.person_id == actor.pk:
        raise DomainError(_("Somebody else must decide on your own hours."), code="own_entry")
    if entry.attendance is not None and entry.attendance.confirmed_by_id == actor.pk:
        raise DomainError(
            _("You attested these hours: somebody else must decide on them."), code="attested_by_you"
        )
    status = next_state(HOUR_ENTRY_TRANSITIONS, ruling.verb, entry.status)
    minutes, is_whole = _minutes(entry, ruling) if ruling.verb == DecisionVerb.APPROVE else (None, False)
    if not is_whole and not ruling.reason.strip():
        raise BadInput(code="reason_needed", fields={"reason": _("Give the reason: the student reads it.")})
    entry.status = status
    entry.approved_minutes = minutes
    entry.version += 1
    return Decision(entry=entry, verb=ruling.verb, minutes=minutes, reason=ruling.reason, decided_by=actor)


def _minutes(entry: HourEntry, ruling: Ruling) -> tuple[int, bool]:
    """The minutes to approve, and whether they are all that can be."""
    whole = entry.claimed_minutes
    if entry.attested_minutes is not None:
        whole = min(whole, entry.attested_minutes)
    if ruling.minutes is not None and not 0 < ruling.minutes <= entry.claimed_minutes:
        raise BadInput(code="minutes_impossible", fields={"minutes": _("From 1 to what the entry claims.")})
    minutes = whole if ruling.minutes is None else ruling.minutes
    return minutes, minutes == whole


def _write(decisions: list[Decision], events: list[RecordEvent], records: list[Record]) -> None:
    if not decisions:
        return
    HourEntry.objects.bulk_update(
        [decision.entry for decision in decisions], ["status", "approved_minutes", "version"]
    )
    Decision.objects.bulk_create(decisions)
    ledger.write_events(records, events)
    outbox.publish_many(
        outbox.Letter(notices.decided, decision, decision.entry.record.person, f"decided:{decision.pk}")
        for decision in decisions
    )
