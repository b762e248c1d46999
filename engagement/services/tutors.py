"""Whose address may be a tutor's, how many students it serves, and whether it may be written to."""


from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import allowances
from accounts.allowances import Rule
from accounts.models import User
from common.errors import BadInput
from common.links import fingerprint
from common.mailboxes import known_address, mailbox_of
from consents.selectors import is_address_of_family
from engagement.kinds import Kind
from engagement.models import AttestationRequest, HourEntry, TutorAddress
from engagement.states import TutorMailStatus
from notifications import outbox
from organizations import selectors as organizations
from schools import selectors as schools

# Whom a teacher vouches for answers for many students, and is flooded by none.
MAILS_OF_CONFIRMED = Rule("tutor mails of a confirmed mailbox", 100)


class TutorRefused(BadInput):
    """400: this address cannot be a tutor's. One answer for all reasons: it must not tell who has an account."""

    code = "tutor_refused"
    field = "tutor_email"
    detail = _("This address cannot be a tutor's. Give that of somebody of the association.")


def take_a_try(email: str | None, author: User) -> None:
    """One try less today to name a tutor whom no entry of the author names yet: a refusal must not tell, address by
    address, who has an account. Called before the transaction that may be refused. Raises TooOften."""
    if not email or HourEntry.objects.filter(person=author, tutor_email=known_address(email)).exists():
        return
    sentence = _("You have named as many new tutors as you may in one day. Try again tomorrow, or ask your school.")
    rule = Rule("tutor addresses tried", settings.TUTOR_TRIES_PER_DAY)
    allowances.take_or_refuse(rule, f"person:{author.pk}", sentence)


def ensure_can_be_tutor(email: str, author: User) -> None:
    """Raises TutorRefused for the author's own mailbox, their family's, a student's or a member of staff's.

    Staff whom an organisation invited are members of it, and may speak for what they do there.
    """
    mailbox = mailbox_of(email)
    if mailbox == author.mailbox:
        raise TutorRefused(_("This is your own address. Give that of somebody at the association."))
    if is_address_of_family(email, author):
        raise TutorRefused
    for holder in User.objects.filter(mailbox=mailbox):
        if schools.is_enrolled(person=holder) or (schools.is_staff(holder) and not organizations.is_organizer(holder)):
            raise TutorRefused


def address_of(email: str) -> TutorAddress:
    """What is known of the mailbox, locked. Taken last, after person, record and entry."""
    sha256 = fingerprint(mailbox_of(email))
    address, _created = TutorAddress.objects.get_or_create(mailbox_sha256=sha256)
    return TutorAddress.objects.select_for_update().get(pk=address.pk)


def confirm(email: str) -> TutorAddress:
    """A teacher vouches for this mailbox; again changes nothing."""
    address = address_of(email)
    if address.confirmed_at is None:
        address.confirmed_at = timezone.now()
        address.save(update_fields=["confirmed_at"])
    return address


def block(email: str) -> TutorAddress:
    """No mail leaves for this mailbox any more; what waits to leave does not."""
    address = address_of(email)
    if address.blocked_at is None:
        address.blocked_at = timezone.now()
        address.save(update_fields=["blocked_at"])
        outbox.take_back(Kind.TUTOR_ASKED, *AttestationRequest.objects.filter(address=address))
    return address


def unblock(email: str) -> TutorAddress:
    """Whoever reads the mailbox took "never again" back: mails may leave for it as before."""
    address = address_of(email)
    if address.blocked_at is not None:
        address.blocked_at = None
        address.save(update_fields=["blocked_at"])
    return address


def what_holds_back(request: AttestationRequest, address: TutorAddress) -> TutorMailStatus | None:
    """Why no mail may leave for this locked address now; None when one may."""
    if address.blocked_at is not None:
        return TutorMailStatus.BLOCKED
    if request.disowned_by_id == address.pk:
        return TutorMailStatus.DISOWNED
    mailbox = allowances.of_mailbox(request.entry.tutor_email)
    if address.confirmed_at is not None:
        return None if allowances.is_left(MAILS_OF_CONFIRMED, mailbox) else TutorMailStatus.HELD
    student = request.entry.record.person_id
    served = set(AttestationRequest.objects.students_served_by(address).values_list("entry__person", flat=True))
    is_one_more = student not in served and len(served) >= settings.MAX_STUDENTS_PER_TUTOR
    if is_one_more or not allowances.is_left(_mails_of_unconfirmed(), mailbox):
        return TutorMailStatus.HELD
    return None


def _mails_of_unconfirmed() -> Rule:
    return Rule("tutor mails of a mailbox", settings.MAX_TUTOR_MAILS_PER_DAY)


def count_mail(email: str) -> None:
    """A mail leaves for this locked address."""
    mailbox = allowances.of_mailbox(email)
    for rule in (_mails_of_unconfirmed(), MAILS_OF_CONFIRMED):
        allowances.take((rule, mailbox))
