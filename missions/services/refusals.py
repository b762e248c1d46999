"""Why somebody cannot have a place: the machine reason, its sentence, and the facts behind it."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import User
from common.errors import DomainError
from missions import eligibility
from missions.models import Shift, SignUp
from missions.states import Reason


class NotEligible(DomainError):
    """409 with the machine reason as its code, a sentence of its own, and the facts that the reader may know."""

    def __init__(self, reason: Reason, person: User, shift: Shift, *, to_person: bool) -> None:
        """`to_person`: the person reads it themselves; an organiser reads no fact of their other places."""
        facts = facts_behind(reason, person, shift, to_person=to_person)
        super().__init__(sentence(reason, facts, to_person=to_person), code=str(reason), extra=facts)


def facts_behind(reason: Reason, person: User, shift: Shift, *, to_person: bool) -> dict[str, Any]:
    """What stands in the way, for programs: ids, limits, missing qualifications; {} where the reason says it all."""
    if reason == Reason.TOO_YOUNG:
        return {"min_age": shift.mission.min_age}
    if reason == Reason.DAILY_LIMIT:
        return {"limit_minutes": eligibility.MINOR_DAILY_MINUTES}
    if reason == Reason.TOO_MANY_PENDING:
        return {"limit": settings.MAX_PENDING_SIGN_UPS}
    if reason == Reason.REQUIREMENT_MISSING:
        return {"missing_requirements": sorted(eligibility.missing_requirements(person, shift))}
    if reason == Reason.COLLIDES and to_person:
        places = SignUp.objects.accepted().filter(person=person).exclude(shift=shift)
        other = places.overlapping(shift.starts_at, shift.ends_at).select_related("shift__mission").first()
        if other is not None:
            return {
                "collides_with": str(other.pk),
                "collides_with_title": other.shift.mission.title,
                "collides_with_starts_at": other.shift.starts_at,
            }
    return {}


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
        Reason.FULL: _("Every place is taken, and the waiting list is closed."),
        Reason.COLLIDES: collides,
        Reason.TOO_YOUNG: _("This mission is for people of %(min_age)d and over on that day."),
        Reason.NIGHT: _("Minors do not take part between 22:00 and 06:00."),
        Reason.DAILY_LIMIT: _("Minors do not take part for more than 8 hours in a day, over all shifts."),
        Reason.CONSENT_NEEDED: _("A guardian must agree first: ask for their consent, or wait for their answer."),
        Reason.GUARDIAN_NEEDED: _("Your school must know a guardian of yours first: ask it, or name one."),
        Reason.REQUIREMENT_MISSING: _(
            "A qualification that this mission asks for is missing, expired or not verified yet."
        ),
        Reason.AUDIENCE: _("This mission is for another audience: students or citizens alone."),
        Reason.TOO_MANY_PENDING: _(
            "%(limit)d of your sign-ups wait for an answer already. Withdraw one, or wait for the organisers."
        ),
        Reason.ALREADY_SIGNED_UP: _("You have signed up on this shift already, or the organiser took your place back."),
        Reason.UNVERIFIED: _("Nobody vouches for you yet: confirm your address, or ask your school."),
        Reason.BIRTH_DATE_NEEDED: _("Give your birth date in your profile first: places depend on it."),
        Reason.SUSPENDED: _("Sign-ups are suspended for the moment."),
        Reason.NOT_OPEN: _("This mission takes no sign-ups at the moment."),
        Reason.ENDED: _("This shift is over."),
        Reason.CANCELLED: _("This shift is cancelled."),
    }


def _to_organizer(facts: dict[str, Any]) -> dict[Reason, str]:
    return {
        Reason.OK: _("The place can be theirs."),
        Reason.WAITLIST: _("Every place is taken: the person waits for one."),
        Reason.FULL: _("Every place is taken. Make the shift larger first."),
        Reason.COLLIDES: _("The person has a place on another shift at that time."),
        Reason.TOO_YOUNG: _("The person is not %(min_age)d yet on that day."),
        Reason.NIGHT: _("The person is a minor, and minors do not take part between 22:00 and 06:00."),
        Reason.DAILY_LIMIT: _("The person is a minor and would take part for more than 8 hours that day."),
        Reason.CONSENT_NEEDED: _("A guardian of the person must agree first."),
        Reason.GUARDIAN_NEEDED: _("The person's school must know a guardian of theirs first."),
        Reason.REQUIREMENT_MISSING: _("A qualification is missing, expired or not verified yet: verify it first."),
        Reason.AUDIENCE: _("The mission is for another audience than this person."),
        Reason.TOO_MANY_PENDING: _("Too many sign-ups of the person wait for an answer."),
        Reason.ALREADY_SIGNED_UP: _("The person has signed up on this shift already."),
        Reason.UNVERIFIED: _("Nobody vouches for the person yet: neither a school nor a confirmed address."),
        Reason.BIRTH_DATE_NEEDED: _("The person must give their birth date first."),
        Reason.SUSPENDED: _("The person or the organisation is suspended."),
        Reason.NOT_OPEN: _("The mission takes no sign-ups at the moment."),
        Reason.ENDED: _("This shift is over."),
        Reason.CANCELLED: _("This shift is cancelled."),
    }
