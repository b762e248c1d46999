"""May this person have a place on this shift? One list of rules, asked by the question and by the act alike."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from accounts.models import User
from common import hooks, paris
from consents import selectors as consents
from consents.models import needs_consent as needs_consent_on
from missions.models import Audience, Qualification, Shift, SignUp
from missions.states import HOLDS_A_PLACE, LIVE_SIGN_UP, MissionStatus, Reason, ShiftStatus, SignUpStatus
from organizations.models import SignUpMode
from organizations.states import OPEN_ORGANIZATION, OrganizationStatus

MINOR_DAILY_MINUTES = 8 * 60
# The last moment at which an offer can still be taken, before the start of the shift.
LIST_CLOSES_BEFORE = timedelta(minutes=30)
# With these, signing up does something: a place, or a number on the waiting list.
ELIGIBLE = (Reason.OK, Reason.WAITLIST)


def reason_for(
    person: User, shift: Shift, now: datetime, *, held: SignUp | None = None
) -> Reason:
    """The first machine reason against a place, else `ok`, or `waitlist` when a newcomer joins the end of the list.

    `held` is the person's own sign-up that is being accepted: it neither counts as already signed up nor as
    one too many, and stands behind nobody. Ask under the locks of person and shift when acting on the answer
    (missions.services.locks).
    """
    return rule_against(person, shift, now, held=held) or _place(shift, now, held)


def rule_against(person: User, shift: Shift, now: datetime, *, held: SignUp | None = None) -> Reason | None:
    """The first machine reason against the person's being on the shift, whether or not a place is free.

    A change of the shift or of the person asks again of everybody who holds a place, and takes it where a rule is
    against it. A rule for newcomers alone stands after `None if held`.
    """
    return (
        _closed(shift, now, held)
        or _unknown_person(person, shift)
        or (None if held else _already(person, shift))
        or _age(person, shift)
        or _guardians(person, shift)
        or _requirements(person, shift)
        or _collides(person, shift, held)
        or (None if held else _too_many_pending(person))
    )


def rule_against_hours(person: User, shift: Shift, *, held: SignUp) -> Reason | None:
    """The first machine reason against the person's being there at those hours: of a minor, or another place."""
    return _hours_of_minor(person, shift) or _collides(person, shift, held)


def list_is_open(shift: Shift, now: datetime) -> bool:
    """Whether waiting can still lead to a place: an offer ends 30 min before the start, a coordinator's word at it."""
    is_instant = shift.mission.sign_up_mode == SignUpMode.INSTANT
    return now < shift.starts_at - (LIST_CLOSES_BEFORE if is_instant else timedelta())


def _place(shift: Shift, now: datetime, held: SignUp | None) -> Reason:
    is_free = shift.taken_count < shift.capacity
    if is_free and (held or not SignUp.objects.waiting().filter(shift=shift).exists()):
        return Reason.OK
    return Reason.WAITLIST if held is None and list_is_open(shift, now) else Reason.FULL


def _closed(shift: Shift, now: datetime, held: SignUp | None) -> Reason | None:
    mission = shift.mission
    if shift.status == ShiftStatus.CANCELLED or mission.status == MissionStatus.CANCELLED:
        return Reason.CANCELLED
    if mission.organization.status == OrganizationStatus.SUSPENDED:
        return Reason.SUSPENDED
    # A closed mission takes nobody in. People with a place keep it, take the one kept for them, or are given it back.
    has_place = held is not None and held.status in (*HOLDS_A_PLACE, SignUpStatus.REMOVED)
    is_open = mission.status == MissionStatus.PUBLISHED or (has_place and mission.status == MissionStatus.CLOSED)
    if not is_open or mission.organization.status not in OPEN_ORGANIZATION:
        return Reason.NOT_OPEN
    return Reason.ENDED if shift.is_over(now) else None


def _unknown_person(person: User, shift: Shift) -> Reason | None:
    """A school vouches for a minor; for an adult, a mailbox that was confirmed is enough.

    Somebody whose age nobody knows is no adult: they take no place by any way until they say it.
    """
    if person.suspended_at or not person.is_active:
        return Reason.SUSPENDED
    if person.birth_date is None:
        return Reason.BIRTH_DATE_NEEDED
    if person.email_verified_at and not person.is_minor_on(paris.day_of(shift.starts_at)):
        return None
    if any(hooks.person_is_vouched_for(person=person)):
        return None
    return Reason.UNVERIFIED


def _already(person: User, shift: Shift) -> Reason | None:
    """One live sign-up per person and shift; and a person who was removed from it has had theirs."""
    known = SignUp.objects.filter(person=person, shift=shift, status__in=[*LIVE_SIGN_UP, SignUpStatus.REMOVED])
    return Reason.ALREADY_SIGNED_UP if known.exists() else None


def _age(person: User, shift: Shift) -> Reason | None:
    day = paris.day_of(shift.starts_at)
    age = person.age_on(day)
    if age is not None and age < shift.mission.min_age:
        return Reason.TOO_YOUNG
    audience = shift.mission.audience
    if audience != Audience.BOTH:
        is_student = any(hooks.person_is_vouched_for(person=person))
        if is_student != (audience == Audience.STUDENTS):
            return Reason.AUDIENCE
    return _hours_of_minor(person, shift)


def _hours_of_minor(person: User, shift: Shift) -> Reason | None:
    if not person.is_minor_on(paris.day_of(shift.starts_at)):
        return None
    if paris.touches_night(shift.starts_at, shift.ends_at):
        return Reason.NIGHT
    return _daily_limit(person, shift)


def _daily_limit(person: User, shift: Shift) -> Reason | None:
    days = paris.days_of(shift.starts_at, shift.ends_at)
    first, last = paris.midnight(days[0]), paris.midnight(paris.next_day(days[-1]))
    places = SignUp.objects.accepted().filter(person=person).exclude(shift=shift).overlapping(first, last)
    times = [(shift.starts_at, shift.ends_at), *places.values_list("shift__starts_at", "shift__ends_at")]
    for day in days:
        if sum(paris.minutes_on(day, start, end) for start, end in times) > MINOR_DAILY_MINUTES:
            return Reason.DAILY_LIMIT
    return None


def needs_consent(person: User, shift: Shift) -> bool:
    """Whether the person is below the consent age on the day of the shift."""
    return needs_consent_on(person, paris.day_of(shift.starts_at))


def lacks_consent(person: User, shift: Shift) -> bool:
    """A minor who needs a consent has one when one guardian agrees and none is against it."""
    return needs_consent(person, shift) and not consents.agree(person, shift.mission_id)


def _guardians(person: User, shift: Shift) -> Reason | None:
    if not lacks_consent(person, shift):
        return None
    return Reason.CONSENT_NEEDED if consents.can_be_asked(person) else Reason.GUARDIAN_NEEDED


def _requirements(person: User, shift: Shift) -> Reason | None:
    return Reason.REQUIREMENT_MISSING if missing_requirements(person, shift) else None


def missing_requirements(person: User, shift: Shift) -> set[str]:
    """The required qualifications that are not in force on the day of the shift.

    Where a coordinator decides, one that the person states is enough to ask; where nobody looks, one that was
    verified.
    """
    needed = set(shift.mission.requirements)
    if not needed:
        return needed
    held = Qualification.objects.filter(person=person, kind__in=needed).in_force(paris.day_of(shift.starts_at))
    if shift.mission.sign_up_mode == SignUpMode.INSTANT:
        held = held.verified()
    return needed - set(held.values_list("kind", flat=True))


def _collides(person: User, shift: Shift, held: SignUp | None) -> Reason | None:
    others = SignUp.objects.accepted().filter(person=person).overlapping(shift.starts_at, shift.ends_at)
    if held is not None:
        others = others.exclude(pk=held.pk)
    return Reason.COLLIDES if others.exists() else None


def _too_many_pending(person: User) -> Reason | None:
    pending = SignUp.objects.filter(person=person, status=SignUpStatus.PENDING).count()
    return Reason.TOO_MANY_PENDING if pending >= settings.MAX_PENDING_SIGN_UPS else None
