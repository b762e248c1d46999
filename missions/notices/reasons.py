"""The machine reasons, as people read them in refusals and in notices."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from missions.models import SignUp
from missions.states import Reason


def because_suspended() -> str:
    """Why places end on shifts that are not cancelled. The region's own reason is not for those who read this."""
    return _("The organisation is suspended for now, and the places on its shifts are given up.")


def because(sign_up: SignUp) -> str:
    """The sentence of the rule that stands against this sign-up, to its person; empty when none does."""
    if not sign_up.machine_reason:
        return ""
    facts = {"min_age": sign_up.shift.mission.min_age, "limit": settings.MAX_PENDING_SIGN_UPS}
    return sentence(Reason(sign_up.machine_reason), facts, to_person=True)


def sentence(reason: Reason, facts: dict[str, Any], *, to_person: bool) -> str:
    """What the reason says, to the person themselves or to an organiser."""
    said = (_to_person if to_person else _to_organizer)(facts)
    return said[reason] % facts if "%(" in said[reason] else said[reason]


def _to_person(facts: dict[str, Any]) -> dict[Reason, str]:
    collides = _("You have a place on another shift at that time. Give it up first, or choose another shift.")
    if "collides_with_title" in facts:
        collides = _(
            "You have a place at that time already: “%(collides_with_title)s”. Give it up first, or choose another "
            "shift."
        )
    return {
        Reason.OK: _("You can sign up."),
        Reason.WAITLIST: _("Every place is taken: you can join the waiting list."),
        Reason.FULL: _("Every place is taken, and the waiting list is closed. Choose another shift."),
        Reason.COLLIDES: collides,
        Reason.TOO_YOUNG: _("This mission is for people of %(min_age)d and over on that day. Choose another one."),
        Reason.NIGHT: _("Minors do not take part between 22:00 and 06:00. Choose another shift."),
        Reason.DAILY_LIMIT: _(
            "Minors do not take part for more than 8 hours in a day, over all shifts. Choose another day."
        ),
        Reason.CONSENT_NEEDED: _("A guardian must agree first: ask for their consent, or wait for their answer."),
        Reason.GUARDIAN_NEEDED: _("Your school must know a guardian of yours first: ask it, or name one."),
        Reason.REQUIREMENT_MISSING: _(
            "A qualification that this mission asks for is missing, expired or not verified yet. State it in "
            "your profile, and show its paper."
        ),
        Reason.AUDIENCE: _("This mission is for another audience: students or citizens alone. Choose another one."),
        Reason.TOO_MANY_PENDING: _(
            "%(limit)d of your sign-ups wait for an answer already. Withdraw one, or wait for the organisers."
        ),
        Reason.ALREADY_SIGNED_UP: _("You have signed up on this shift already, or the organiser took your place back."),
        Reason.UNVERIFIED: _("Nobody vouches for you yet: confirm your address, or ask your school."),
        Reason.BIRTH_DATE_NEEDED: _("Give your birth date in your profile first: places depend on it."),
        Reason.SUSPENDED: _("Sign-ups are suspended for the moment. Ask your school or the region."),
        Reason.NOT_OPEN: _("This mission takes no sign-ups at the moment. Choose another one."),
        Reason.ENDED: _("This shift is over. Choose another one."),
        Reason.CANCELLED: _("This shift is cancelled. Choose another one."),
    }


def _to_organizer(facts: dict[str, Any]) -> dict[Reason, str]:
    return {
        Reason.OK: _("The place can be theirs."),
        Reason.WAITLIST: _("Every place is taken: the person waits for one."),
        Reason.FULL: _("Every place is taken. Make the shift larger first."),
        Reason.COLLIDES: _("The person has a place on another shift at that time. They must give it up first."),
        Reason.TOO_YOUNG: _("The person is not %(min_age)d yet on that day."),
        Reason.NIGHT: _("The person is a minor, and minors do not take part between 22:00 and 06:00."),
        Reason.DAILY_LIMIT: _("The person is a minor and would take part for more than 8 hours that day."),
        Reason.CONSENT_NEEDED: _("A guardian of the person must agree first."),
        Reason.GUARDIAN_NEEDED: _("The person's school must know a guardian of theirs first."),
        Reason.REQUIREMENT_MISSING: _("A qualification is missing, expired or not verified yet: verify it first."),
        Reason.AUDIENCE: _("The mission is for another audience than this person."),
        Reason.TOO_MANY_PENDING: _("Too many sign-ups of the person wait for an answer."),
        Reason.ALREADY_SIGNED_UP: _("The person has signed up on this shift already. See the list."),
        Reason.UNVERIFIED: _("Nobody vouches for the person yet: neither a school nor a confirmed address."),
        Reason.BIRTH_DATE_NEEDED: _("The person must give their birth date first."),
        Reason.SUSPENDED: _("The person or the organisation is suspended."),
        Reason.NOT_OPEN: _("The mission takes no sign-ups at the moment. It must be published first."),
        Reason.ENDED: _("This shift is over. Choose another one."),
        Reason.CANCELLED: _("This shift is cancelled. Choose another one."),
    }
