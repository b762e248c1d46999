"""May this person have a place on this shift? One list of rules, asked by the question and by the act alike."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from accounts.models import Guardian
from common import hooks, paris
from missions.models import Audience, Consent, Shift, SignUp
from missions.states import MissionStatus, OrganizationStatus, Reason, SignUpStatus

MINOR_DAILY_MINUTES = 8 * 60


def reason_for(
    person: Any, shift: Shift, now: datetime, *, held: SignUp | None = None
) -> Reason:
    """The first machine reason against a place, or `ok`.

    `held` is the person's own sign-up that is being accepted: it neither counts as already signed up nor as
    one too many. Ask under the locks of person and shift when acting on the answer (missions.services.sign_ups).
    """
    return (
        _closed(shift, now)
        or _unknown_person(person, shift)
        or (None if held else _already(person, shift))
        or _age(person, shift)
        or _guardians(person, shift)
        or _collides(person, shift, held)
        or (None if held else _too_many_pending(person))
        or (Reason.FULL if shift.taken_count >= shift.capacity else Reason.OK)
    )


def _closed(shift: Shift, now: datetime) -> Reason | None:
    mission = shift.mission
    if mission.status != MissionStatus.PUBLISHED or mission.organization.status != OrganizationStatus.VERIFIED:
        return Reason.NOT_OPEN
    return Reason.ENDED if shift.is_over(now) else None


def _unknown_person(person: Any, shift: Shift) -> Reason | None:
    """A school vouches for a minor; for an adult, a mailbox that was confirmed is enough."""
    if person.email_verified_at and not person.is_minor_on(paris.day_of(shift.starts_at)):
        return None
    if any(hooks.person_is_vouched_for(person=person)):
        return None
    return Reason.UNVERIFIED


def _already(person: Any, shift: Shift) -> Reason | None:
    return Reason.ALREADY_SIGNED_UP if SignUp.objects.live().filter(person=person, shift=shift).exists() else None


def _age(person: Any, shift: Shift) -> Reason | None:
    day = paris.day_of(shift.starts_at)
    age = person.age_on(day)
    if age is not None and age < shift.mission.min_age:
        return Reason.TOO_YOUNG
    enrolled = any(hooks.person_is_vouched_for(person=person))
    if shift.mission.audience == Audience.STUDENTS and not enrolled:
        return Reason.AUDIENCE
    if shift.mission.audience == Audience.CITIZENS and enrolled:
        return Reason.AUDIENCE
    if not person.is_minor_on(day):
        return None
    if paris.touches_night(shift.starts_at, shift.ends_at):
        return Reason.NIGHT
    return _daily_limit(person, shift)


def _daily_limit(person: Any, shift: Shift) -> Reason | None:
    days = paris.days_of(shift.starts_at, shift.ends_at)
    first, last = paris.midnight(days[0]), paris.midnight(paris.next_day(days[-1]))
    places = SignUp.objects.accepted().filter(person=person).exclude(shift=shift).overlapping(first, last)
    times = [(shift.starts_at, shift.ends_at), *places.values_list("shift__starts_at", "shift__ends_at")]
    for day in days:
        if sum(paris.minutes_on(day, start, end) for start, end in times) > MINOR_DAILY_MINUTES:
            return Reason.DAILY_LIMIT
    return None


def _guardians(person: Any, shift: Shift) -> Reason | None:
    """Below the consent age one guardian must agree and none refuse; the age is that at the shift."""
    age = person.age_on(paris.day_of(shift.starts_at))
    if age is None or age >= settings.CONSENT_NEEDED_BELOW_AGE:
        return None
    if not Guardian.objects.reachable().filter(student=person).exists():
        return Reason.GUARDIAN_NEEDED
    consents = Consent.objects.filter(student=person)
    in_force = consents.granted().exists() and not consents.refused().exists()
    return None if in_force else Reason.CONSENT_NEEDED


def _collides(person: Any, shift: Shift, held: SignUp | None) -> Reason | None:
    others = SignUp.objects.accepted().filter(person=person).overlapping(shift.starts_at, shift.ends_at)
    if held is not None:
        others = others.exclude(pk=held.pk)
    return Reason.COLLIDES if others.exists() else None


def _too_many_pending(person: Any) -> Reason | None:
    pending = SignUp.objects.filter(person=person, status=SignUpStatus.PENDING).count()
    return Reason.TOO_MANY_PENDING if pending >= settings.MAX_PENDING_SIGN_UPS else None
