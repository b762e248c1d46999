"""Did it happen? The organisation's word on an entry: by a confirmed attendance, or by whoever runs the mission."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.locks import lock_person
from accounts.models import User
from common import paris
from common.errors import BadInput, DomainError, NotAllowed, NotVisible, next_state
from consents.selectors import family_among
from engagement import ledger, notices
from engagement.models import Attestation, HourEntry
from engagement.services import passports
from engagement.services.records import locked_entry, save_move
from engagement.states import (
    ATTESTATION_TRANSITIONS,
    PRIVATE_HOUR_ENTRY,
    AttestationVerb,
)
from notifications import outbox
from organizations import selectors as organizations

AXIS = ["attestation_status", "attested_minutes"]


def refusals_to_attest(authors: Iterable[Any], attester: User) -> dict[Any, DomainError]:
    """Whose hours somebody may not attest, by the author's id: their own (`own_entry`) and their family's
    (`family_attestation`). One query."""
    people = {author.pk: author for author in authors}
    refused = {
        pk: DomainError(_("Somebody outside the family must attest these hours."), code="family_attestation")
        for pk in family_among(people.values(), attester)
    }
    if attester.pk in people:
        refused[attester.pk] = DomainError(_("Somebody else must attest your own hours."), code="own_entry")
    return refused


def ensure_may_attest(attester: User, author: User) -> None:
    """Raises what refuses it, see refusals_to_attest."""
    for error in refusals_to_attest([author], attester).values():
        raise error


def reset(entry: HourEntry) -> None:
    """Takes the organisation's word back from passports and from an entry that is being moved; the caller saves it."""
    if entry.attested_minutes is not None:
        passports.word_taken_back(entry)
    entry.attestation_status = next_state(ATTESTATION_TRANSITIONS, "reset", entry.attestation_status)
    entry.attested_minutes = None


@transaction.atomic
def attest(entry: HourEntry, verb: str, *, minutes: int | None = None, reason: str = "", actor: User) -> HourEntry:
    """The word of whoever runs the mission: `confirm` what is claimed, `amend` the minutes, or `deny` with a reason.

    Raises NotVisible for a draft, NotAllowed, WrongState, BadInput (`reason_needed`, `minutes_needed`,
    `minutes_impossible`), DomainError (`own_entry`, `family_attestation`).
    """
    author = lock_person(entry.record.person_id)
    record = ledger.lock_records([entry.record_id])[entry.record_id]
    locked = HourEntry.objects.select_for_update(of=("self",))
    entry = locked.select_related("mission__organization").get(pk=entry.pk)
    record.person, entry.record = author, record
    if entry.status in PRIVATE_HOUR_ENTRY:
        raise NotVisible
    if entry.mission is None or not organizations.runs(actor, entry.mission.organization):
        raise NotAllowed
    ensure_may_attest(actor, author)
    next_state(ATTESTATION_TRANSITIONS, verb, entry.attestation_status)
    attested = minutes_of(entry, verb, minutes)
    if verb == AttestationVerb.DENY and not reason.strip():
        raise BadInput(code="reason_needed", fields={"reason": _("Give the reason: the student reads it.")})
    give_word(entry, verb, minutes=attested, reason=reason, actor=actor)
    return entry


def give_word(
    entry: HourEntry, verb: str, *, minutes: int | None, reason: str, actor: User | None = None, by_tutor: bool = False
) -> None:
    """The word on a locked entry, whoever brings it; its author is told. Raises WrongState."""
    record = entry.record
    entry.attestation_status = next_state(ATTESTATION_TRANSITIONS, verb, entry.attestation_status)
    entry.attested_minutes = minutes
    attestation = Attestation.objects.create(
        entry=entry, verb=verb, minutes=minutes, reason=reason, attested_by=actor, by_tutor=by_tutor
    )
    event = ledger.next_event(record, entry, verb, actor=actor, text=reason, rows=[attestation])
    save_move(record, entry, [*AXIS, "flags"], [event])
    say = {
        AttestationVerb.AMEND: notices.amended,
        AttestationVerb.DENY: notices.denied,
    }.get(AttestationVerb(verb), notices.attested_by_hand)
    outbox.publish(say, attestation, to=record.person)


def minutes_of(entry: HourEntry, verb: str, minutes: int | None) -> int | None:
    """The minutes that a word attests. Raises BadInput: `minutes_needed` for an amendment that amends nothing,
    `minutes_impossible` for one to more than passed from beginning to end."""
    if verb == AttestationVerb.DENY:
        return None
    if verb == AttestationVerb.CONFIRM:
        return entry.claimed_minutes
    if minutes is None or minutes == entry.claimed_minutes:
        raise BadInput(
            code="minutes_needed", fields={"minutes": _("Say how many minutes it was, if not those claimed.")}
        )
    if minutes > paris.elapsed_minutes(entry.started_at, entry.ended_at):
        raise BadInput(
            code="minutes_impossible", fields={"minutes": _("Give no more minutes than passed from beginning to end.")}
        )
    return minutes


@transaction.atomic
def acknowledge(entry: HourEntry, *, actor: User) -> HourEntry:
    """The student takes note of amended minutes: they are the attested ones. Raises NotAllowed, WrongState."""
    record, entry = locked_entry(entry, actor)
    entry.attestation_status = next_state(ATTESTATION_TRANSITIONS, "acknowledge", entry.attestation_status)
    save_move(record, entry, AXIS, [ledger.next_event(record, entry, "acknowledge", actor=actor)])
    return entry
