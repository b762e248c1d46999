"""The school decides which hours count: one entry or five hundred by the same code, each once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.changes import Noted, note_changes
from common.errors import BadInput, DomainError, NotVisible, next_state
from common.mailboxes import mailbox_of
from engagement import ledger, notices, selectors
from engagement.models import Attestation, Decision, EngagementOption, HourEntry, Record, RecordEvent
from engagement.services.denials import denied_by_others, is_denied_elsewhere
from engagement.states import HOUR_ENTRY_TRANSITIONS, AttestationStatus, AttestationVerb, DecisionVerb
from notifications import outbox

# Whether the minutes were corrected, and wait for the student.
WHY_NOT_ATTESTED = {
    False: _(
        "Your school approves attested hours only, and nobody has attested these. Wait for the answer, or return them."
    ),
    True: _(
        "Your school approves attested hours only: the student has not acknowledged the corrected minutes yet. Ask "
        "them to."
    ),
}


@dataclass(frozen=True)
class Ruling:
    """What is asked for one entry. `minutes` only approves: None means all that is claimed and attested."""

    entry_id: UUID
    verb: str
    minutes: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of one ruling: the entry, with the state and minutes that this ruling gave it, or the refusal."""

    entry_id: UUID
    entry: HourEntry | None = None
    status: str | None = None
    approved_minutes: int | None = None
    error: DomainError | None = None


@dataclass(frozen=True)
class Known:
    """What is looked up once for all rulings."""

    actor: Any
    attested_by_actor: set[Any]
    denied: set[Any]
    options_wanting_attestation: set[Any]
    certified: set[Any]
    in_bulk: bool


def decide(ruling: Ruling, *, actor: User) -> HourEntry:
    """Decides one entry. Raises NotVisible, WrongState, BadInput (`reason_needed`, `minutes_impossible`),
    DomainError (`attested_by_you`, `own_entry`, `certified`,
    `attestation_needed`)."""
    outcome = decide_many([ruling], actor=actor, in_bulk=False)[0]
    if outcome.error is not None:
        raise outcome.error
    assert outcome.entry is not None  # noqa: S101 an outcome without error has its entry
    return outcome.entry


@transaction.atomic
def decide_many(rulings: Sequence[Ruling], *, actor: User, in_bulk: bool = True) -> list[Outcome]:
    """Decides up to 500 entries in one transaction and a constant number of queries; a refused one stops no other.

    Hours that the actor attested are for somebody else to decide on, except class sessions in a bulk, which are marked.

    The locks of the students and of their records order concurrent decisions: the second finds the entry already
    decided. Answers are in the order of the rulings.
    """
    wanted = {ruling.entry_id for ruling in rulings}
    decidable = HourEntry.objects.decidable_by(actor).filter(pk__in=wanted)
    people = User.objects.locked().filter(pk__in=decidable.values("person"))
    students = {person.pk: person for person in people.order_by("pk")}
    records = ledger.lock_records(decidable.filter(person__in=students).values_list("record_id", flat=True))
    # An entry that became decidable since then, under a record that is not locked, is for the next decision.
    rows = decidable.filter(record__in=records).select_for_update(of=("self",))
    rows = rows.annotate(is_denied_elsewhere=is_denied_elsewhere())
    entries = {entry.pk: entry for entry in rows.select_related("attendance__sign_up")}
    for entry in entries.values():
        entry.record = records[entry.record_id]
        entry.record.person = students[entry.record.person_id]
    given = Attestation.objects.filter(entry__in=entries).order_by("pk")
    words = list(given.values_list("entry_id", "verb", "attested_by_id"))
    # Of each the last word that was given; hours that were denied and are asked about anew are still denied ones.
    last_word = {entry_id: verb for entry_id, verb, _attested_by in words}
    denied = {pk for pk, verb in last_word.items() if verb == AttestationVerb.DENY}
    # An attendance seen at a shift is a word of its own about that time.
    denied |= {pk for pk, entry in entries.items() if entry.is_denied_elsewhere and entry.attendance_id is None}
    denied_once = {pk for pk, verb, _attested_by in words if verb == AttestationVerb.DENY} - denied
    known = Known(
        actor,
        {entry_id for entry_id, _verb, attested_by in words if attested_by == actor.pk},
        denied | denied_by_others([entries[pk] for pk in denied_once]),
        set(
            EngagementOption.objects.filter(is_attestation_required=True, records__in=records).values_list(
                "pk", flat=True
            )
        ),
        selectors.entries_under_certificate(entries),
        in_bulk,
    )
    outcomes, decisions, events, touched = [], [], [], {}
    for ruling in rulings:
        found = entries.get(ruling.entry_id)
        try:
            if found is None:
                raise NotVisible
            decision = _decide(found, ruling, known)
        except DomainError as error:
            outcomes.append(Outcome(ruling.entry_id, error=error))
            continue
        touched[found.record_id] = found.record
        decisions.append(decision)
        mark = decision.class_session
        events.append(
            ledger.next_event(
                found.record,
                found,
                ruling.verb,
                actor=actor,
                text=ruling.reason,
                class_session=mark,
                rows=[decision],
            )
        )
        outcomes.append(Outcome(ruling.entry_id, found, str(found.status), found.approved_minutes))
    _write(decisions, events, list(touched.values()))
    return outcomes


def _decide(entry: HourEntry, ruling: Ruling, known: Known) -> Decision:
    if entry.record.person_id == known.actor.pk:
        raise DomainError(_("Somebody else must decide on your own hours."), code="own_entry")
    is_attested_by_actor = _is_attested_by_actor(entry, known)
    if is_attested_by_actor and not (known.in_bulk and entry.attendance and entry.attendance.is_of_class_session):
        raise DomainError(
            _("You attested these hours: somebody else must decide on them."), code="attested_by_you"
        )
    status = next_state(HOUR_ENTRY_TRANSITIONS, ruling.verb, entry.status)
    if ruling.verb == DecisionVerb.REVOKE and entry.pk in known.certified:
        raise DomainError(_("A valid certificate lists these hours: revoke it first."), code="certified")
    wants_attestation = entry.record.option_id in known.options_wanting_attestation
    if ruling.verb == DecisionVerb.APPROVE and wants_attestation and not entry.is_attested:
        raise DomainError(WHY_NOT_ATTESTED[entry.attested_minutes is not None], code="attestation_needed")
    most = min(entry.claimed_minutes, entry.attested_minutes or 0) if wants_attestation else entry.claimed_minutes
    minutes, is_whole = _minutes(entry, ruling, most) if ruling.verb == DecisionVerb.APPROVE else (None, False)
    is_denied = entry.attestation_status == AttestationStatus.DENIED or entry.pk in known.denied
    if not (is_whole and not is_denied) and not ruling.reason.strip():
        said = _("Give the reason: the student reads it.")
        if is_whole:
            said = _("The organisation denied these hours: give the reason why they count all the same.")
        raise BadInput(code="reason_needed", fields={"reason": said})
    entry.status = status
    entry.approved_minutes = minutes
    entry.version += 1
    return Decision(
        entry=entry,
        verb=ruling.verb,
        minutes=minutes,
        reason=ruling.reason,
        decided_by=known.actor,
        class_session=is_attested_by_actor,
    )


def _is_attested_by_actor(entry: HourEntry, known: Known) -> bool:
    confirmed_by = entry.attendance.confirmed_by_id if entry.attendance else None
    is_tutor = bool(entry.tutor_email) and mailbox_of(entry.tutor_email) == known.actor.mailbox
    return is_tutor or confirmed_by == known.actor.pk or entry.pk in known.attested_by_actor


def _minutes(entry: HourEntry, ruling: Ruling, most: int) -> tuple[int, bool]:
    """The minutes to approve, `most` of them, and whether they are all that is claimed and attested."""
    whole = entry.claimed_minutes
    if entry.attested_minutes is not None:
        whole = min(whole, entry.attested_minutes)
    if ruling.minutes is not None and not 0 < ruling.minutes <= most:
        said = _("Give from 1 minute to what the entry claims.")
        if most < entry.claimed_minutes:
            said = _("Your school approves attested hours only: give from 1 minute to what is attested.")
        raise BadInput(code="minutes_impossible", fields={"minutes": said})
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
    note_changes(Noted(decision.entry.record.person_id, "hour_entry", decision.entry_id) for decision in decisions)
    outbox.publish_many(
        outbox.Letter(notices.decided, decision, decision.entry.record.person)
        for decision in decisions
    )
