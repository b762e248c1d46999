"""Asking for the organisation's word: when hours are handed in, once more, after a while; and the end of waiting.

Of a mission of the catalogue its organisers are asked, of hours outside it the tutor, by a link in a mail.
Lock order: person, record, entry, then the tutor's address.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.locks import lock_person
from accounts.models import User
from common.changes import note_change
from common.errors import DomainError, NotAllowed, WrongState, next_state
from engagement import ledger, notices
from engagement.kinds import Kind
from engagement.models import MOST_RESENDS, AttestationRequest, HourEntry, RecordEvent
from engagement.services import tutors
from engagement.services.attestations import AXIS
from engagement.services.records import locked_entry, save_move
from engagement.states import (
    ATTESTATION_TRANSITIONS,
    STANDING_HOUR_ENTRY,
    AttestationStatus,
    TutorMailStatus,
)
from notifications import outbox
from notifications.outbox import Notice
from organizations import selectors as organizations

# Days after the asking; the last one asked for is sent, not all that were missed.
REMINDED_AFTER_DAYS = (3, 7)

WHY_HELD_BACK = {
    TutorMailStatus.HELD: _("This address serves other students already: a teacher of your class must confirm it."),
    TutorMailStatus.BLOCKED: _("Whoever reads this address wants no mail from Élan. Name another tutor."),
    TutorMailStatus.DISOWNED: _("Whoever reads this address says that it is not your tutor. Name another one."),
}


class TutorHeldBack(DomainError):
    """409 `tutor_held`, `tutor_blocked` or `tutor_disowned`: no mail leaves for this address."""

    def __init__(self, why: TutorMailStatus) -> None:
        super().__init__(WHY_HELD_BACK[why], code=f"tutor_{why}")


class TooManyResends(DomainError):
    """409: what three mails did not bring, a fourth will not."""

    code = "too_many_resends"
    detail = _("You have asked again three times. Talk to your tutor, or name another one.")


def request(entry: HourEntry) -> list[RecordEvent]:
    """Asks for a word on hours logged by hand, when nobody has given one. Answers the event, if any.

    Called when the entry is handed in, under its locks; the caller saves it. A tutor to whom no mail may leave is not
    asked: `mail_status` of the request says why. Raises TutorRefused.
    """
    if entry.attendance_id or entry.attestation_status not in ATTESTATION_TRANSITIONS["request"][0]:
        return []
    if entry.mission is None:
        tutors.ensure_can_be_tutor(entry.tutor_email, entry.record.person)
    asked = _request_of(entry)
    if (why := _what_holds_back(asked)) is not None:
        asked.mail_status = why
        asked.save(update_fields=["address", "mail_status"])
        return []
    return [_ask(asked, actor=None)]


def _request_of(entry: HourEntry) -> AttestationRequest:
    asked, _created = AttestationRequest.objects.get_or_create(entry=entry)
    asked.entry = entry
    return asked


def _what_holds_back(asked: AttestationRequest) -> TutorMailStatus | None:
    """Why the tutor cannot be asked now; locks their address."""
    if asked.entry.mission is not None:
        return None
    asked.address = tutors.address_of(asked.entry.tutor_email)
    return tutors.what_holds_back(asked, asked.address)


def _ask(asked: AttestationRequest, *, actor: User | None) -> RecordEvent:
    """A new asking, whose link ends the one before; the caller saves the entry."""
    entry, now = asked.entry, timezone.now()
    entry.attestation_status = next_state(ATTESTATION_TRANSITIONS, "request", entry.attestation_status)
    asked.ask_count, asked.reminder_count = asked.ask_count + 1, 0
    asked.asked_at, asked.expires_at = now, now + timedelta(days=settings.TUTOR_LINK_DAYS)
    outbox.take_back(Kind.TUTOR_ASKED, asked)
    _tell(asked, notices.tutor_asked, notices.to_attest)
    return ledger.next_event(entry.record, entry, "request", actor=actor)


def _tell(
    asked: AttestationRequest,
    say_to_tutor: Callable[[Any], Notice],
    say_to_organizer: Callable[[Any], Notice],
    *again: int | str,
) -> None:
    """The mail to the tutor, or a line to each organiser; saves the request."""
    entry = asked.entry
    if entry.mission is not None:
        occasion = outbox.occasion_of(asked.ask_count, *again)
        outbox.publish_many(
            outbox.Letter(say_to_organizer, entry, person, occasion=occasion)
            for person in organizations.organizers_of(entry.mission.organization)
            if person.pk != entry.record.person_id
        )
    else:
        asked.mail_count, asked.mail_status = asked.mail_count + 1, TutorMailStatus.QUEUED
        tutors.count_mail(entry.tutor_email)
        mailbox, occasion = outbox.Mailbox(entry.tutor_email, asked.pk), outbox.occasion_of(asked.mail_count)
        outbox.publish(say_to_tutor, asked, at=mailbox, occasion=occasion)
    asked.save()


def take_back_mail(entry: HourEntry) -> None:
    """Of hours that are gone: what waits to leave for their tutor does not leave."""
    outbox.take_back(Kind.TUTOR_ASKED, *AttestationRequest.objects.filter(entry=entry))


# --- By the author -----------------------------------------------------------------------------------------------
def _of_author(entry: HourEntry, verb: str, sources: Any, actor: User) -> AttestationRequest:
    """The request of hours that are handed in, under their locks, and one resend less. Raises as the callers say."""
    record, entry = locked_entry(entry, actor)
    if entry.status not in STANDING_HOUR_ENTRY or entry.attendance_id:
        raise WrongState(verb, entry.status)
    if entry.attestation_status not in sources:
        raise WrongState(verb, entry.attestation_status)
    asked = _request_of(entry)
    if entry.mission is None:
        tutors.ensure_can_be_tutor(entry.tutor_email, record.person)
    if (why := _what_holds_back(asked)) is not None:
        raise TutorHeldBack(why)
    if asked.ask_count:
        if asked.resend_count >= MOST_RESENDS:
            raise TooManyResends
        asked.resend_count += 1
    return asked


@transaction.atomic
def request_attestation(entry: HourEntry, *, actor: User) -> HourEntry:
    """The author asks anew, by a new link, when nobody was asked, nobody answered in time, or the mail came back.

    Raises NotAllowed, WrongState, TutorRefused, TutorHeldBack, TooManyResends.
    """
    asked = _of_author(entry, "request", ATTESTATION_TRANSITIONS["request"][0], actor)
    entry = asked.entry
    save_move(entry.record, entry, AXIS, [_ask(asked, actor=actor)])
    return entry


@transaction.atomic
def resend_attestation(entry: HourEntry, *, actor: User) -> HourEntry:
    """Sends the same link once more, or tells the organisers again; three times in all.

    Raises NotAllowed, WrongState, TutorRefused, TutorHeldBack, TooManyResends.
    """
    asked = _of_author(entry, "resend", {AttestationStatus.REQUESTED}, actor)
    entry = asked.entry
    _tell(asked, notices.tutor_asked, notices.to_attest, "again", asked.resend_count)
    save_move(entry.record, entry, [], [])
    return entry


# --- By a teacher ------------------------------------------------------------------------------------------------
@transaction.atomic
def confirm_tutor(entry: HourEntry, *, actor: User) -> HourEntry:
    """A teacher vouches for the tutor's address: it serves any number of students; what it held is asked.

    These hours at once, those of others by the sweep, which locks one student at a time. "Never again" stays. Raises
    NotAllowed, DomainError (`no_tutor`).
    """
    asked = _lock_for_teacher(entry, actor)
    entry = asked.entry
    if not entry.tutor_email:
        raise DomainError(
            _("These hours name no tutor: there is no address to confirm. Ask the student to name one."),
            code="no_tutor",
        )
    tutors.confirm(entry.tutor_email)
    is_held = AttestationRequest.objects.held().filter(pk=asked.pk).exists()
    if is_held and _what_holds_back(asked) is None:
        save_move(entry.record, entry, AXIS, [_ask(asked, actor=None)])
    return entry


def _lock_for_teacher(entry: HourEntry, actor: User) -> AttestationRequest:
    """Raises NotAllowed for an actor who does not answer for the student."""
    person = lock_person(entry.record.person_id)
    record = ledger.lock_records([entry.record_id])[entry.record_id]
    entry = HourEntry.objects.select_for_update(of=("self",)).select_related("mission").get(pk=entry.pk)
    record.person, entry.record = person, record
    if not HourEntry.objects.decidable_by(actor).filter(pk=entry.pk).exists():
        raise NotAllowed
    return _request_of(entry)


# --- By time -----------------------------------------------------------------------------------------------------
def lock_request(request_id: UUID) -> AttestationRequest:
    """A request with its entry, under the locks of person, record and entry."""
    known = AttestationRequest.objects.select_related("entry__record").get(pk=request_id)
    person = lock_person(known.entry.record.person_id)
    record = ledger.lock_records([known.entry.record_id])[known.entry.record_id]
    locked = HourEntry.objects.select_for_update(of=("self",)).select_related("mission__organization")
    entry = locked.get(pk=known.entry_id)
    record.person, entry.record = person, record
    asked = AttestationRequest.objects.get(pk=request_id)
    asked.entry = entry
    return asked


def remind() -> int:
    """Asks again, 3 and 7 days after, tutors who have not answered; one who wants no mail any more is not waited for.

    Safe to run twice; returns how many were reminded.
    """
    for request_id in list(AttestationRequest.objects.blocked().values_list("pk", flat=True)):
        _end_blocked(request_id)
    now = timezone.now()
    return sum(
        _remind(request_id, count, days)
        for count, days in reversed(list(enumerate(REMINDED_AFTER_DAYS, start=1)))
        for request_id in list(AttestationRequest.objects.to_remind(count, days, now).values_list("pk", flat=True))
    )


@transaction.atomic
def _remind(request_id: UUID, count: int, days: int) -> bool:
    asked = lock_request(request_id)
    if not AttestationRequest.objects.to_remind(count, days, timezone.now()).filter(pk=request_id).exists():
        return False
    if _what_holds_back(asked) is not None:  # for today: what was sent was sent
        return False
    asked.reminder_count = count
    _tell(asked, notices.tutor_reminded, notices.to_attest, "reminder", count)
    note_change(asked.entry.record.person_id, "hour_entry", asked.entry_id)
    return True


@transaction.atomic
def _end_blocked(request_id: UUID) -> None:
    asked = lock_request(request_id)
    if AttestationRequest.objects.blocked().filter(pk=request_id).exists():
        asked.mail_status = TutorMailStatus.BLOCKED
        asked.save(update_fields=["mail_status"])
        end_waiting(asked, "bounce", notices.tutor_blocked)


def expire() -> int:
    """Ends what nobody answered in time, and tells the student. Safe to run twice; returns how many."""
    overdue = AttestationRequest.objects.overdue(timezone.now()).values_list("pk", flat=True)
    return sum(_expire(request_id) for request_id in list(overdue))


@transaction.atomic
def _expire(request_id: UUID) -> bool:
    asked = lock_request(request_id)
    if not AttestationRequest.objects.overdue(timezone.now()).filter(pk=request_id).exists():
        return False
    end_waiting(asked, "expire", notices.attestation_expired)
    return True


def end_waiting(asked: AttestationRequest, verb: str, say: Callable[[Any], Notice]) -> None:
    """`expire` or `bounce` of a locked request, and the student is told. Raises WrongState."""
    entry = asked.entry
    entry.attestation_status = next_state(ATTESTATION_TRANSITIONS, verb, entry.attestation_status)
    outbox.take_back(Kind.TUTOR_ASKED, asked)
    event = ledger.next_event(entry.record, entry, verb, actor=None)
    save_move(entry.record, entry, AXIS, [event])
    outbox.publish(say, entry, to=entry.record.person, occasion=outbox.occasion_of(event.pk))


def ask_held() -> int:
    """Asks the tutors who may be asked by now. Safe to run twice; returns how many."""
    held = AttestationRequest.objects.held().values_list("pk", flat=True)
    return sum(ask_if_held(request_id) for request_id in list(held))


@transaction.atomic
def ask_if_held(request_id: UUID) -> bool:
    """Asks a tutor to whom a mail may leave by now."""
    asked = lock_request(request_id)
    entry = asked.entry
    if not AttestationRequest.objects.held().filter(pk=request_id).exists() or _what_holds_back(asked) is not None:
        return False
    save_move(entry.record, entry, AXIS, [_ask(asked, actor=None)])
    return True
