"""A tutor's answer by the link in their mail: only a POST decides, once; "not me" and "never again" are honoured."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from accounts import allowances
from accounts.allowances import Rule
from common import links
from common.errors import DomainError, Gone, next_state
from engagement import flags, ledger, notices, tutor_pages
from engagement.kinds import Kind
from engagement.models import AttestationRequest, HourEntry
from engagement.services import tutors
from engagement.services.attestation_requests import end_waiting, lock_request
from engagement.services.attestations import AXIS, give_word, minutes_of
from engagement.services.records import save_move
from engagement.states import (
    ATTESTATION_TRANSITIONS,
    PRIVATE_HOUR_ENTRY,
    AttestationStatus,
    TutorMailStatus,
    TutorPageStatus,
)
from notifications import outbox
from notifications.outbox import Notice

LINK_OVER = _("This link to hours is no longer valid. Use the newest mail from Élan: whoever asked you can ask again.")
QUICK_ANSWER_WITHIN = timedelta(seconds=60)
TAKEN_BACK = Rule("never again taken back", 5)


class AlreadyAnswered(DomainError):
    """409: the link decides once."""

    code = "already_answered"
    detail = _("This link has already been used to answer. Open its page to see what was said.")


class NoLongerTutor(DomainError):
    """409: since the asking the mailbox has become one whose word attests nothing; a denial is still heard."""

    code = "no_longer_tutor"
    detail = _(
        "This address has become one that cannot confirm these hours, a guardian's or another student's for example. "
        "Somebody else of the association must."
    )


class FactsChanged(DomainError):
    """409: the hours are not those that were shown."""

    code = "facts_changed"
    field = "seen"
    detail = _("The hours have changed since you read them. Read them again, then answer.")


def request_of_token(token: str) -> AttestationRequest:
    """The request a link opens. Raises Gone when it is no link of ours, its time is over, or the hours were taken
    back."""
    row_id = links.row_id_of(token)
    known = AttestationRequest.objects.select_related("entry__record__person", "address")
    asked = known.filter(pk=row_id, asked_at__isnull=False).first() if row_id else None
    if asked is None:
        raise Gone(LINK_OVER)
    _ensure_open(asked, token)
    return asked


def _ensure_open(asked: AttestationRequest, token: str) -> None:
    if not links.token_opens(token, notices.TUTOR_PURPOSE, asked.pk, notices.tutor_nonce(asked)):
        raise Gone(LINK_OVER)
    entry = asked.entry
    if tutor_pages.is_blocked(asked):  # they can take it back as long as it stands
        return
    if entry.status in PRIVATE_HOUR_ENTRY:
        raise Gone(
            _("These hours were taken back: there is nothing to answer, and nothing more to do."), code="taken_back"
        )
    is_late = entry.attestation_status == AttestationStatus.REQUESTED and asked.expires_at <= timezone.now()  # type: ignore[operator]
    if is_late or entry.attestation_status == AttestationStatus.EXPIRED:
        raise Gone(_("The time to answer is over. Whoever asked you can ask again."), code="expired")
    if tutor_pages.status_of(asked) is None:
        raise Gone(LINK_OVER)


def _locked(token: str) -> AttestationRequest:
    """The request under the locks of person, record and entry, its link still open."""
    asked = lock_request(request_of_token(token).pk)
    _ensure_open(asked, token)
    return asked


@transaction.atomic
def answer(token: str, verb: str, *, seen: str, minutes: int | None = None, reason: str = "") -> AttestationRequest:
    """`confirm`, `amend` or `deny`, once; the same sent again answers the same. It never approves anything.

    An answer within a minute is flagged for the teachers. Raises Gone, AlreadyAnswered, FactsChanged, NoLongerTutor,
    BadInput (`minutes_needed`, `minutes_impossible`).
    """
    asked = _locked(token)
    entry, word = asked.entry, tutor_pages.word_of(asked)
    if entry.attestation_status != AttestationStatus.REQUESTED or entry.status in PRIVATE_HOUR_ENTRY:
        said = (word.verb, word.minutes if verb == "amend" else minutes, word.reason) if word else None
        if said != (verb, minutes, reason):
            raise AlreadyAnswered
        return asked
    if not constant_time_compare(seen, tutor_pages.seen_of(asked)):
        raise FactsChanged
    attested = minutes_of(entry, verb, minutes)
    if attested is not None:
        _ensure_still_tutor(entry)
    if timezone.now() - asked.asked_at < QUICK_ANSWER_WITHIN:  # type: ignore[operator]
        entry.flags = flags.with_quick_answer(entry)
    outbox.take_back(Kind.TUTOR_ASKED, asked)
    give_word(entry, verb, minutes=attested, reason=reason, by_tutor=True)
    return asked


def _ensure_still_tutor(entry: HourEntry) -> None:
    try:
        tutors.ensure_can_be_tutor(entry.tutor_email, entry.record.person)
    except tutors.TutorRefused as refusal:
        raise NoLongerTutor from refusal


@transaction.atomic
def disown(token: str) -> AttestationRequest:
    """ "This is not me": the student is told, and the mailbox is not asked about these hours any more.

    Raises Gone, AlreadyAnswered.
    """
    asked = _locked(token)
    status = tutor_pages.status_of(asked)
    if status in (TutorPageStatus.DISOWNED, TutorPageStatus.BLOCKED):
        return asked
    if status != TutorPageStatus.OPEN:
        raise AlreadyAnswered
    asked.address = asked.disowned_by = tutors.address_of(asked.entry.tutor_email)
    asked.disowned_at, asked.mail_status = timezone.now(), TutorMailStatus.DISOWNED
    asked.save(update_fields=["address", "disowned_by", "disowned_at", "mail_status"])
    end_waiting(asked, "bounce", notices.tutor_disowned)
    return asked


@transaction.atomic
def own(token: str) -> AttestationRequest:
    """ "It is me after all": "not me" was a slip, and what it ended is open again. Again changes nothing.

    Raises Gone, also once the time to answer is over.
    """
    asked = _locked(token)
    if tutor_pages.status_of(asked) != TutorPageStatus.DISOWNED:
        return asked
    if asked.expires_at <= timezone.now():  # type: ignore[operator]
        raise Gone(_("The time to answer is over. Whoever asked you can ask again."), code="expired")
    asked.disowned_by = asked.disowned_at = None
    asked.save(update_fields=["disowned_by", "disowned_at"])
    _open_again(asked, notices.tutor_owned)
    return asked


def _open_again(asked: AttestationRequest, say: Callable[[Any], Notice]) -> None:
    """A request that a slip of the tutor ended waits for their answer again, and the student is told."""
    entry = asked.entry
    entry.attestation_status = next_state(ATTESTATION_TRANSITIONS, "request", entry.attestation_status)
    asked.mail_status = TutorMailStatus.SENT
    asked.save(update_fields=["mail_status"])
    event = ledger.next_event(entry.record, entry, "request", actor=None)
    save_move(entry.record, entry, AXIS, [event])
    outbox.publish(say, entry, to=entry.record.person, occasion=outbox.occasion_of(event.pk))


@transaction.atomic
def block(token: str) -> AttestationRequest:
    """ "Never again": no mail leaves for that mailbox any more, whoever asks. Earlier answers stay. Raises Gone."""
    asked = _locked(token)
    asked.address = tutors.block(asked.entry.tutor_email)
    is_open = tutor_pages.status_of(asked) == TutorPageStatus.OPEN
    if is_open:
        asked.mail_status = TutorMailStatus.BLOCKED
    asked.save(update_fields=["address", "mail_status"])
    if is_open:
        end_waiting(asked, "bounce", notices.tutor_blocked)
    return asked


@transaction.atomic
def unblock(token: str) -> AttestationRequest:
    """ "Never again" is taken back: mails may come again, and what it ended here is open again while its time lasts.

    Other hours that it ended are their authors' to ask about anew. Again changes nothing. Raises Gone, TooOften: each
    time lengthens the student's ledger.
    """
    asked = _locked(token)
    entry = asked.entry
    if tutor_pages.is_blocked(asked):
        allowances.take_or_refuse(TAKEN_BACK, f"attestation request:{asked.pk}")
    asked.address = tutors.unblock(entry.tutor_email)
    is_ended = asked.mail_status == TutorMailStatus.BLOCKED and entry.attestation_status == AttestationStatus.BOUNCED
    if is_ended and entry.status not in PRIVATE_HOUR_ENTRY and asked.expires_at > timezone.now():  # type: ignore[operator]
        _open_again(asked, notices.tutor_unblocked)
    asked.save(update_fields=["address"])
    return asked
