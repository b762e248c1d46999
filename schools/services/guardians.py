"""Guardians of a school's students: named by the student, vouched for and replaced by the school."""

from datetime import date
from typing import Any

from django.db import transaction

from accounts import guardians as accounts
from accounts.models import Guardian, User
from common import hooks
from common.errors import NotAllowed
from common.mailboxes import mailbox_of
from schools import selectors
from schools.models import RosterLine


def ensure_no_students_or_staffs(email: str) -> None:
    """Raises GuardianAddressRefused for the mailbox of a student or a member of staff (dots and `+tag` aside)."""
    holders = User.objects.filter(mailbox=mailbox_of(email))
    if any(selectors.is_enrolled(person=holder) or selectors.is_staff(holder) for holder in holders):
        raise accounts.GuardianAddressRefused


@transaction.atomic
def name_guardian(*, email: str, phone: str = "", actor: Any) -> Guardian:
    """A student gives a guardian's address and, for emergencies, a number; the school confirms the address.

    The roster's own address needs no confirming: it is there already. Raises NotAllowed for who is no student,
    GuardianAddressRefused when the mailbox is the student's own, another student's or a member of staff's, BadInput
    (`phone_invalid`).
    """
    if not selectors.is_enrolled(person=actor):
        raise NotAllowed
    if mailbox_of(email) != actor.mailbox:  # one's own has a sentence of its own
        ensure_no_students_or_staffs(email)
    guardian = accounts.add_guardian_from_student(student=actor, email=email, phone=phone)
    if guardian.verified_at is None and _is_on_roster(guardian):
        guardian = accounts.confirm_guardian(guardian)
        hooks.guardian_confirmed(guardian=guardian)
    return guardian


def _is_on_roster(guardian: Guardian) -> bool:
    lines = RosterLine.objects.filter(enrolment__student=guardian.student_id)
    return lines.filter(guardian_email=guardian.email).exists()


@transaction.atomic
def confirm_guardian(guardian: Guardian, *, actor: Any) -> Guardian:
    """The school vouches for the address; consent is then asked if it is needed. Raises NotAllowed, GuardianEnded."""
    if not selectors.answers_for(actor, guardian.student):
        raise NotAllowed
    guardian = accounts.confirm_guardian(guardian)
    # Each time: a consent whose time to decide has passed is asked anew.
    hooks.guardian_confirmed(guardian=guardian)
    return guardian


@transaction.atomic
def add_guardian(student: User, *, email: str = "", phone: str = "", actor: Any) -> Guardian:
    """The school names a guardian it knows, perhaps one without an address; consent is then asked if it is needed.

    Raises NotAllowed for who is no manager of the student's school, GuardianAddressRefused, BadInput.
    """
    if not selectors.manages_student(actor, student):
        raise NotAllowed
    guardian = accounts.add_guardian_from_school(student=student, email=email, phone=phone)
    if guardian.email:
        hooks.guardian_confirmed(guardian=guardian)
    return guardian


def forget_guardian_addresses(student: User) -> None:
    """Takes the guardian of somebody who came of age off the rosters."""
    RosterLine.objects.filter(enrolment__student=student).update(guardian_email="", guardian_phone="")


def forget_addresses_of_the_unclaimed(born_by: date) -> int:
    """The same for lines that nobody claimed and whose student has come of age; returns how many."""
    lines = RosterLine.objects.unclaimed().filter(birth_date__lte=born_by).exclude(guardian_email="", guardian_phone="")
    return lines.update(guardian_email="", guardian_phone="")
