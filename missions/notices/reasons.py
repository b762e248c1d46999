"""The machine reasons, as people read them."""

from django.utils.translation import gettext as _

from missions.models import SignUp
from missions.states import Reason


def because_suspended() -> str:
    """Why places end on shifts that are not cancelled. The region's own reason is not for those who read this."""
    return _("The organisation is suspended for now, and the places on its shifts are given up.")


def because(sign_up: SignUp) -> str:
    """What the rule says that stands against this sign-up; empty when none does."""
    said = {
        Reason.COLLIDES: _("You have a place on another shift at that time."),
        Reason.TOO_YOUNG: _("You are too young for this mission on that day."),
        Reason.NIGHT: _("Minors do not take part between 22:00 and 06:00."),
        Reason.DAILY_LIMIT: _("Minors do not take part for more than 8 hours in a day."),
        Reason.CONSENT_NEEDED: _("A guardian must agree first."),
        Reason.GUARDIAN_NEEDED: _("Your school must know a guardian of yours first."),
        Reason.REQUIREMENT_MISSING: _("A qualification that the mission asks for is missing or expired."),
        Reason.AUDIENCE: _("This mission is for another audience."),
        Reason.BIRTH_DATE_NEEDED: _("Your birth date is not known. Give it in your profile, then take a place."),
        Reason.UNVERIFIED: _("Nobody vouches for you yet: confirm your address, or ask your school."),
        Reason.SUSPENDED: _("An account is suspended."),
    }
    if not sign_up.machine_reason:
        return ""
    return said.get(Reason(sign_up.machine_reason), _("The shift is no longer open to you."))
