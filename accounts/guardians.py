"""The guardians of a minor: who gave which address, what they changed themselves, and when their part ends."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import allowances, notices
from accounts.allowances import Rule
from accounts.locks import lock_person
from accounts.models import Guardian, GuardianSource, User
from common import links, paris
from common.errors import BadInput, DomainError, Gone
from common.mailboxes import known_address, mailbox_of
from common.phones import normalise_phone
from notifications import outbox

MAX_GUARDIANS = 10
NEW_ADDRESS_DAYS = 7
LINK_OVER = _("This guardian's link is no longer valid. Use the newest mail from Élan, or ask the school.")
# Mails to an address that nobody has confirmed leave at most this often.
NEW_ADDRESS_EVERY = timedelta(minutes=10)
NEW_ADDRESS_OF_MAILBOX = Rule("new guardian address of a mailbox", 5)


class TooManyGuardians(DomainError):
    """409: each address that a student gives is one more stranger whom the school must look at."""

    code = "too_many_guardians"
    detail = _("You have named as many guardians as one can. Ask your school.")


class GuardianAddressRefused(BadInput):
    """400: this address cannot be a guardian's."""

    code = "guardian_address_refused"

    def __init__(self, detail: Any = None) -> None:
        refused = _("This address cannot be a guardian's. Give the one of your parent or legal representative.")
        super().__init__(fields={"email": detail or refused})


class GuardianEnded(DomainError):
    """409: they said that it is not their child, or were replaced."""

    code = "guardian_ended"
    detail = _("This person is no longer a guardian here.")


@transaction.atomic
def add_guardian_from_roster(*, student: User, email: str, phone: str = "") -> Guardian | None:
    """Records a guardian whose address the school's roster gives: vouched for, even when the student gave it first.

    None when the address is the student's own mailbox, or of somebody who is no guardian here any more: a list does
    not undo what they said.
    """
    email = known_address(email)
    if mailbox_of(email) == student.mailbox or _has_ended(student, email):
        return None
    guardian, created = Guardian.objects.get_or_create(
        student=student,
        email=email,
        defaults={"source": GuardianSource.ROSTER, "verified_at": timezone.now(), "phone": phone},
    )
    if not created and phone and not guardian.phone:
        guardian.phone = phone
        guardian.save(update_fields=["phone"])
    # A list that says once more what is known to be wrong vouches for nothing.
    return guardian if created or guardian.bounced_at else confirm_guardian(guardian)


@transaction.atomic
def add_guardian_from_student(*, student: User, email: str, phone: str = "") -> Guardian:
    """Records a guardian whose address the student gives: unverified until the school confirms it.

    The same address again changes the number alone. Whether the address is somebody's who may not be a guardian is
    the school's app to have checked. Raises GuardianAddressRefused for the student's own mailbox (dots and `+tag`
    aside) and for who is no guardian here any more, TooManyGuardians, BadInput (`phone_invalid`).
    """
    email = known_address(email)
    if mailbox_of(email) == student.mailbox:
        raise GuardianAddressRefused
    phone = phone and normalise_phone(phone)
    # The student's lock, so that no two addresses are both the last one.
    lock_person(student.pk)
    known = Guardian.objects.filter(student=student)
    if _has_ended(student, email):
        raise GuardianAddressRefused
    named = known.filter(email=email).first() or _of_mailbox(known, email)
    if named is None and known.count() >= MAX_GUARDIANS:
        raise TooManyGuardians
    if named is None:
        return Guardian.objects.create(student=student, email=email, phone=phone, source=GuardianSource.STUDENT)
    if phone:
        named.phone = phone
        named.save(update_fields=["phone"])
    return named


def is_named(student: User, email: str) -> bool:
    """Whether the address is a guardian's of theirs already, and still."""
    current = Guardian.objects.current().filter(student=student)
    return _of_mailbox(current, known_address(email)) is not None


def _of_mailbox(guardians: Any, email: str) -> Guardian | None:
    """Whom of these a mail to the address most likely reaches, whatever dots and `+tag` it is written with."""
    mailbox = mailbox_of(email)
    return next((one for one in guardians.exclude(email="").order_by("id") if mailbox_of(one.email) == mailbox), None)


def _has_ended(student: User, email: str) -> bool:
    """Whether the mailbox is of somebody who is no guardian here any more."""
    return _of_mailbox(Guardian.objects.filter(student=student, ended_at__isnull=False), email) is not None


def correct_address(guardian: Guardian, email: str) -> Guardian:
    """Another address for a guardian whom the student named, while nobody vouches for the first: its links close.

    Called under the student's lock; whether the address is somebody's who may not be a guardian is the caller's to have
    checked. Raises GuardianAddressRefused for the student's own mailbox and for one that another guardian has or had.
    """
    email = known_address(email)
    others = Guardian.objects.filter(student=guardian.student_id).exclude(pk=guardian.pk)
    if mailbox_of(email) == guardian.student.mailbox or _of_mailbox(others, email) is not None:
        raise GuardianAddressRefused
    guardian.email, guardian.new_email, guardian.new_email_asked_at, guardian.bounced_at = email, "", None, None
    guardian.save(update_fields=["email", "new_email", "new_email_asked_at", "bounced_at"])
    return guardian


@transaction.atomic
def add_guardian_from_school(*, student: User, email: str, phone: str = "") -> Guardian:
    """Records a guardian whom the school knows: vouched for. An empty address is a family's that has none.

    Who had ended is a guardian again, for somebody looked. Raises GuardianAddressRefused for the student's own
    mailbox, BadInput (`phone_invalid`).
    """
    email = known_address(email)
    if email and mailbox_of(email) == student.mailbox:
        raise GuardianAddressRefused
    phone = phone and normalise_phone(phone)
    lock_person(student.pk)
    known = Guardian.objects.filter(student=student, email=email).first() if email else None
    if known is None:
        return Guardian.objects.create(
            student=student, email=email, phone=phone, source=GuardianSource.SCHOOL, verified_at=timezone.now()
        )
    known.phone = phone or known.phone
    known.ended_at = None
    known.save(update_fields=["phone", "ended_at"])
    return confirm_guardian(known)


def confirm_guardian(guardian: Guardian) -> Guardian:
    """The school vouches for a guardian's address; again changes nothing unless mail to it came back meanwhile.

    Raises GuardianEnded.
    """
    if guardian.ended_at:
        raise GuardianEnded
    return _vouch(guardian, Q(verified_at__isnull=True) | Q(bounced_at__isnull=False))


def note_answer(guardian: Guardian) -> Guardian:
    """The link in a mail was followed: if mail to the address came back, it does no more."""
    return _vouch(guardian, Q(bounced_at__isnull=False))


def _vouch(guardian: Guardian, where: Q) -> Guardian:
    """From now on: a bounce that was known before counts no more, whenever it is told (`bounced_by`)."""
    Guardian.objects.filter(where, pk=guardian.pk).update(verified_at=timezone.now(), bounced_at=None)
    guardian.refresh_from_db(fields=["verified_at", "bounced_at"])
    return guardian


@transaction.atomic
def note_bounce(address: str, at: datetime) -> list[Guardian]:
    """Mail to an address comes back, and did `at` that time; returns the guardians of whom that was not known.

    Safe to run twice. Students are locked by id.
    """
    reached = Guardian.objects.bounced_by(address, at).select_related("student").order_by("student")
    return [guardian for guardian in list(reached) if _bounce(guardian, at)]


def _bounce(guardian: Guardian, at: datetime) -> bool:
    lock_person(guardian.student_id)
    return bool(Guardian.objects.bounced_by(guardian.email, at).filter(pk=guardian.pk).update(bounced_at=at))


def end_guardian(guardian: Guardian) -> Guardian:
    """Their part ends: links close, no mail leaves any more. The number goes at once."""
    guardian.ended_at = timezone.now()
    guardian.phone, guardian.new_email, guardian.new_email_asked_at = "", "", None
    guardian.save(update_fields=["ended_at", "phone", "new_email", "new_email_asked_at"])
    return guardian


def is_in_charge(guardian: Guardian) -> bool:
    """Whether their links open: the address is vouched for, their part has not ended, the child is a minor today."""
    today = paris.day_of(timezone.now())
    return bool(guardian.verified_at) and guardian.ended_at is None and guardian.student.is_minor_on(today)


def guardian_of_token(token: str) -> Guardian:
    """Whose page a management link opens; raises Gone."""
    return _opened(token, notices.GUARDIAN_PURPOSE, lambda guardian: guardian.email)


def guardian_of_address_token(token: str) -> Guardian:
    """Whose new address a link confirms; raises Gone."""
    guardian = _opened(token, notices.GUARDIAN_ADDRESS_PURPOSE, notices.new_address_nonce)
    oldest = timezone.now() - timedelta(days=NEW_ADDRESS_DAYS)
    if guardian.new_email_asked_at is None or guardian.new_email_asked_at < oldest:
        raise Gone(LINK_OVER)
    return guardian


def _opened(token: str, purpose: str, nonce: Any) -> Guardian:
    row_id = links.row_id_of(token)
    guardian = Guardian.objects.select_related("student").filter(pk=row_id).first() if row_id else None
    if guardian is None or not links.token_opens(token, purpose, guardian.pk, nonce(guardian)):
        raise Gone(LINK_OVER)
    if not is_in_charge(guardian):
        raise Gone(LINK_OVER)
    return guardian


def ask_for_new_address(guardian: Guardian, email: str) -> Guardian:
    """The guardian gives another address: it becomes theirs once the mail sent there is answered, within 7 days.

    Whether it is somebody's who may not be a guardian is the caller's to have checked. Raises GuardianAddressRefused,
    DomainError (`too_soon`).
    """
    email = known_address(email)
    others = Guardian.objects.filter(student=guardian.student_id).exclude(pk=guardian.pk)
    if mailbox_of(email) == guardian.student.mailbox or _of_mailbox(others, email):
        raise GuardianAddressRefused
    if email == guardian.email:
        raise GuardianAddressRefused(_("This is your present address."))
    asked_at = guardian.new_email_asked_at
    if asked_at is not None and asked_at > timezone.now() - NEW_ADDRESS_EVERY:
        raise DomainError(_("A mail has just left. Wait ten minutes, then try again."), code="too_soon")
    allowances.take_or_refuse(NEW_ADDRESS_OF_MAILBOX, allowances.of_mailbox(email))
    guardian.new_email, guardian.new_email_asked_at = email, timezone.now()
    guardian.save(update_fields=["new_email", "new_email_asked_at"])
    key = f"guardian-address:{guardian.pk}:{guardian.new_email_asked_at.isoformat()}"
    outbox.publish(notices.confirm_new_address, guardian, at=outbox.Mailbox(email, guardian.pk), dedupe_key=key)
    return guardian


@transaction.atomic
def confirm_new_address(token: str) -> Guardian:
    """The mail to the new address was answered: it is theirs, every former link closes, the former address is told.

    Raises Gone, GuardianAddressRefused when the address has become another guardian's meanwhile.
    """
    found = guardian_of_address_token(token)
    lock_person(found.student_id)
    guardian = guardian_of_address_token(token)
    others = Guardian.objects.filter(student=guardian.student_id).exclude(pk=guardian.pk)
    if _of_mailbox(others, guardian.new_email):
        raise GuardianAddressRefused
    former = guardian.email
    guardian.email, guardian.new_email, guardian.new_email_asked_at = guardian.new_email, "", None
    guardian.bounced_at = None
    guardian.save(update_fields=["email", "new_email", "new_email_asked_at", "bounced_at"])
    key = f"guardian-address-changed:{guardian.pk}:{timezone.now().isoformat()}"
    outbox.publish(notices.address_changed, guardian, at=outbox.Mailbox(former, guardian.pk), dedupe_key=key)
    return guardian


def set_phone(guardian: Guardian, phone: str) -> Guardian:
    """The number for emergencies; an empty one goes. Raises BadInput (`phone_invalid`)."""
    guardian.phone = phone and normalise_phone(phone)
    guardian.save(update_fields=["phone"])
    return guardian


def set_place_notices(guardian: Guardian, wanted: bool) -> Guardian:
    """Whether a mail leaves for each place."""
    guardian.wants_place_notices = wanted
    guardian.save(update_fields=["wants_place_notices"])
    return guardian


def erase_guardians(student: User) -> None:
    """Deletes the guardians of somebody who came of age, with all that hangs on them and every mail to them."""
    for guardian in Guardian.objects.filter(student=student):
        outbox.forget(guardian.pk)
        guardian.delete()
