"""What schools say to people. Nothing about a minor holds a surname or a birth date."""

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.kinds import Kind as AccountKind
from common.paris import day_of
from notifications.outbox import Notice
from schools.kinds import Kind
from schools.models import Enrolment


def join_waiting(enrolment: Enrolment) -> Notice:
    """To those who answer for the class: somebody outside the roster asks to join."""
    return Notice(
        kind=Kind.JOIN_WAITING,
        title=_("Somebody asks to join %(class)s") % {"class": enrolment.class_group.name},
        body=_("The name or birth date is not on the class's roster. Admit or refuse them."),
        data={"enrolment": str(enrolment.pk)},
    )


def join_accepted(enrolment: Enrolment) -> Notice:
    """To the student: the class is theirs. A consent is asked of their guardians below the age for it."""
    age = enrolment.student.age_on(day_of(timezone.now()))
    body = _("You can now sign up for missions.")
    if age is None:
        body = _("Before you sign up for missions, your school must know your birth date.")
    elif age < settings.CONSENT_NEEDED_BELOW_AGE:
        body = _("Below %(age)d years, a guardian must agree before you take part in missions.") % {
            "age": settings.CONSENT_NEEDED_BELOW_AGE
        }
    return Notice(
        kind=Kind.JOIN_ACCEPTED,
        title=_("You are in %(class)s") % {"class": enrolment.class_group.name},
        body=body,
        data={"enrolment": str(enrolment.pk)},
    )


def enrolment_ended(enrolment: Enrolment) -> Notice:
    """To the student: the class is theirs no more."""
    return Notice(
        kind=Kind.ENROLMENT_ENDED,
        title=_("You are no longer in %(class)s") % {"class": enrolment.class_group.name},
        body=_("Your hours stay yours. If this is a mistake, ask your school."),
        data={"enrolment": str(enrolment.pk)},
    )


def already_has_an_account(enrolment_class: str) -> Notice:
    """To the owner of an address used to join a class: they have an account already."""
    return Notice(
        kind=AccountKind.ACCOUNT_EXISTS,
        title=_("You already have an account"),
        body=_(
            "Somebody used this address to join the class %(class)s, but it already has an Élan account. "
            "If it was you, send the class code again with the password of that account.\n"
        )
        % {"class": enrolment_class},
    )
