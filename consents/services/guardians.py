"""The guardians of a minor: who gave which address, what they changed themselves, and when their part ends."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.locks import lock_person
from accounts.models import User
from common.errors import BadInput, DomainError
from common.mailboxes import known_address, mailbox_of
from common.phones import normalise_phone
from consents.models import Guardian, GuardianSource
from notifications import outbox

MAX_GUARDIANS = 10


class TooManyGuardians(DomainError):
    """409: each address that a student gives is one more stranger whom the school must look at."""

    code = "too_many_guardians"
    detail = _("You have named as many guardians as one can. Ask your school.")


class GuardianAddressRefused(BadInput):
    """400: this address cannot be a guardian's."""

    code = "guardian_address_refused"
    field = "email"
    detail = _("This address cannot be a guardian's. Give the one of your parent or legal representative.")


class GuardianEnded(DomainError):
    """409: they said that it is not their child, or were replaced."""

    code = "guardian_ended"
    detail = _("This person is no longer a guardian here. Name another one, or ask the school.")


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
    aside) and for a person who is no guardian here any more, TooManyGuardians, BadInput (`phone_invalid`).
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
    named = known.filter(email=email).first() or of_mailbox(known, email)
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
    return of_mailbox(current, known_address(email)) is not None


def of_mailbox(guardians: QuerySet[Guardian], email: str) -> Guardian | None:
    """Whom of these a mail to the address most likely reaches, whatever dots and `+tag` it is written with."""
    mailbox = mailbox_of(email)
    return next((one for one in guardians.exclude(email="").order_by("id") if mailbox_of(one.email) == mailbox), None)


def _has_ended(student: User, email: str) -> bool:
    """Whether the mailbox is of somebody who is no guardian here any more."""
    return of_mailbox(Guardian.objects.filter(student=student, ended_at__isnull=False), email) is not None


def correct_address(guardian: Guardian, email: str) -> Guardian:
    """Another address for a guardian whom the student named, while nobody vouches for the first: its links close.

    Called under the student's lock; whether the address is somebody's who may not be a guardian is the caller's to have
    checked. Raises GuardianAddressRefused for the student's own mailbox and for one that another guardian has or had.
    """
    email = known_address(email)
    others = Guardian.objects.filter(student=guardian.student_id).exclude(pk=guardian.pk)
    if mailbox_of(email) == guardian.student.mailbox or of_mailbox(others, email) is not None:
        raise GuardianAddressRefused
    guardian.email, guardian.new_email, guardian.new_email_asked_at, guardian.bounced_at = email, "", None, None
    guardian.save(update_fields=["email", "new_email", "new_email_asked_at", "bounced_at"])
    return guardian


@transaction.atomic
def add_guardian_from_school(*, student: User, email: str, phone: str = "") -> Guardian:
    """Records a guardian whom the school knows: vouched for. An empty address is a family's that has none.

    A guardian who had ended is one again, for somebody looked. Raises GuardianAddressRefused for the student's own
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
