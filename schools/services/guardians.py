"""Guardians of a school's students: named by the student, vouched for by the school."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import services as accounts
from accounts.models import Guardian, User
from common import hooks
from common.errors import NotAllowed
from common.text import mailbox_of
from schools import selectors


@transaction.atomic
def name_guardian(*, email: str, actor: Any) -> Guardian:
    """A student gives a guardian's address; it stays unverified until the school confirms it.

    Raises NotAllowed for who is no student, GuardianAddressRefused when the mailbox is the student's own,
    another student's or a member of staff's (dots and `+tag` aside).
    """
    if not selectors.is_enrolled(person=actor):
        raise NotAllowed
    holders = User.objects.filter(mailbox=mailbox_of(email)).exclude(pk=actor.pk)
    if any(selectors.is_enrolled(person=holder) or selectors.is_staff(holder) for holder in holders):
        raise accounts.GuardianAddressRefused(fields={"email": _("This address cannot be a guardian's.")})
    return accounts.add_guardian_from_student(student=actor, email=email)


@transaction.atomic
def confirm_guardian(guardian: Guardian, *, actor: Any) -> Guardian:
    """The school vouches for the address; consent is then asked if it is needed. Raises NotAllowed."""
    if not selectors.answers_for(actor, guardian.student):
        raise NotAllowed
    guardian = accounts.confirm_guardian(guardian)
    # Each time: a consent whose time to decide has passed is asked anew.
    hooks.guardian_confirmed(guardian=guardian)
    return guardian
