"""Guardians of a school's students: given by its roster, named by the student, vouched for by the school."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import allowances
from accounts.allowances import Rule
from accounts.models import User
from common import paris
from common.errors import DomainError, NotAllowed
from common.mailboxes import mailbox_of
from common.phones import normalise_phone
from consents.models import Guardian
from consents.services import guardians
from consents.services.consent_requests import ask_for_consent_of_guardian
from schools import selectors as schools
from schools.models import RosterLine


def ensure_no_students_or_staffs(email: str) -> None:
    """Raises GuardianAddressRefused for the mailbox of a student or a member of staff (dots and `+tag` aside)."""
    holders = User.objects.filter(mailbox=mailbox_of(email))
    if any(schools.is_enrolled(person=holder) or schools.is_staff(holder) for holder in holders):
        raise guardians.GuardianAddressRefused


def try_guardian(*, email: str, phone: str = "", actor: User) -> Guardian | DomainError:
    """`name_guardian`, a few times a day for an address that is not theirs yet: each answer tells a little of who has
    an account. A refusal is answered, not raised: the try stays counted. Raises NotAllowed, TooOften, BadInput."""
    if not schools.is_enrolled(person=actor):
        raise NotAllowed
    phone = phone and normalise_phone(phone)
    if not guardians.is_named(actor, email):
        take_a_try(actor)
    try:
        return name_guardian(email=email, phone=phone, actor=actor)
    except DomainError as refusal:
        return refusal


def take_a_try(person: User | Guardian) -> None:
    """One try less today to give a guardian's address. Raises TooOften."""
    sentence = _("You have tried as many addresses as you may in one day. Try again tomorrow, or ask your school.")
    rule = Rule("guardian addresses tried", settings.GUARDIAN_TRIES_PER_DAY)
    allowances.take_or_refuse(rule, f"person:{person.pk}", sentence)


@transaction.atomic
def name_guardian(*, email: str, phone: str = "", actor: User) -> Guardian:
    """A student gives a guardian's address and, for emergencies, a number; the school confirms the address.

    The roster's own address needs no confirming: it is there already. Raises NotAllowed for an actor who is no student,
    GuardianAddressRefused when the mailbox is the student's own, another student's or a member of staff's, BadInput
    (`phone_invalid`).
    """
    if not schools.is_enrolled(person=actor):
        raise NotAllowed
    ensure_no_students_or_staffs(email)
    return confirm_if_on_roster(guardians.add_guardian_from_student(student=actor, email=email, phone=phone))


def confirm_if_on_roster(guardian: Guardian) -> Guardian:
    """The roster vouches for the address that it gives itself; consent is then asked if it is needed."""
    if guardian.verified_at is None and schools.is_on_roster(guardian.student_id, guardian.email):
        guardian = guardians.confirm_guardian(guardian)
        ask_for_consent_of_guardian(guardian)
    return guardian


@transaction.atomic
def confirm_guardian(guardian: Guardian, *, actor: User) -> Guardian:
    """The school vouches for the address; consent is then asked if it is needed. Raises NotAllowed, GuardianEnded."""
    if not schools.answers_for(actor, guardian.student):
        raise NotAllowed
    guardian = guardians.confirm_guardian(guardian)
    # Each time: a consent whose time to decide has passed is asked anew.
    ask_for_consent_of_guardian(guardian)
    return guardian


@transaction.atomic
def add_guardian(student: User, *, email: str = "", phone: str = "", actor: User) -> Guardian:
    """The school names a guardian it knows, perhaps one without an address; consent is then asked if it is needed.

    Raises NotAllowed for an actor who is no manager of the student's school, GuardianAddressRefused, BadInput.
    """
    if not schools.manages_student(actor, student):
        raise NotAllowed
    guardian = guardians.add_guardian_from_school(student=student, email=email, phone=phone)
    if guardian.email:
        ask_for_consent_of_guardian(guardian)
    return guardian


def bring_guardian(*, line: RosterLine) -> None:
    """Hook `roster_gives_guardian`: records the guardian of a minor, and has consent asked if it is needed."""
    student = line.enrolment.student if line.enrolment else None
    if student is None or not line.guardian_email or not student.is_minor_on(paris.day_of(timezone.now())):
        return
    guardian = guardians.add_guardian_from_roster(student=student, email=line.guardian_email, phone=line.guardian_phone)
    if guardian is not None:
        ask_for_consent_of_guardian(guardian)
