"""May this person have a place on this shift? One list of rules, asked by the question and by the act alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

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


class Place(NamedTuple):
    """An accepted place of the person's, as far as it may stand in the way of another."""

    sign_up: UUID
    shift: UUID
    starts_at: datetime
    ends_at: datetime
    mission_title: str

    def overlaps(self, starts_at: datetime, ends_at: datetime) -> bool:
        return self.starts_at < ends_at and self.ends_at > starts_at


class Standing:
    """What the rules ask of a person, for some shifts of one mission: each thing read when first asked, once for all.

    It is as old as its first question: make it under the locks of the move, and another for the next move.
    """

    def __init__(self, person: User, shifts: Sequence[Shift]) -> None:
        self.person, self.shifts = person, shifts

    @cached_property
    def is_vouched_for(self) -> bool:
        return any(hooks.person_is_vouched_for(person=self.person))

    @cached_property
    def shifts_known(self) -> set[UUID]:
        """Those on which one cannot sign up again: a live sign-up, or one that the organisers removed."""
        known = SignUp.objects.filter(person=self.person, status__in=[*LIVE_SIGN_UP, SignUpStatus.REMOVED])
        return set(known.filter(shift__in=self.shifts).values_list("shift", flat=True))

    @cached_property
    def places(self) -> list[Place]:
        """Accepted places on the Paris days of these shifts, and between them."""
        days = [day for shift in self.shifts for day in paris.days_of(shift.starts_at, shift.ends_at)]
        first, last = paris.midnight(min(days)), paris.midnight(paris.next_day(max(days)))
        rows = SignUp.objects.accepted().filter(person=self.person).overlapping(first, last).order_by("pk")
        facts = rows.values_list("pk", "shift", "shift__starts_at", "shift__ends_at", "shift__mission__title")
        return [Place(*row) for row in facts]

    @cached_property
    def pending_count(self) -> int:
        return SignUp.objects.filter(person=self.person, status=SignUpStatus.PENDING).count()

    @cached_property
    def guardians_agree(self) -> bool:
        return consents.agree(self.person, self.shifts[0].mission_id)

    @cached_property
    def has_guardian_to_ask(self) -> bool:
        return consents.can_be_asked(self.person)

    @cached_property
    def qualifications(self) -> list[Qualification]:
        """Those that the mission asks for, in force on some day."""
        needed = self.shifts[0].mission.requirements
        return list(Qualification.objects.filter(person=self.person, kind__in=needed))

    @cached_property
    def shifts_waited_for(self) -> set[UUID]:
        """Those on which somebody waits for a place."""
        return set(SignUp.objects.waiting().filter(shift__in=self.shifts).values_list("shift", flat=True))

    def other_place(self, shift: Shift) -> Place | None:
        """A place of theirs on another shift at that time."""
        others = (place for place in self.places if place.shift != shift.pk)
        return next((place for place in others if place.overlaps(shift.starts_at, shift.ends_at)), None)

    def missing_requirements(self, shift: Shift) -> set[str]:
        """The required qualifications that are not in force on the day of the shift.

        Where a coordinator decides, one that the person states is enough to ask; where nobody looks, one that was
        verified.
        """
        needed = set(shift.mission.requirements)
        if not needed:
            return needed
        day, must_be_verified = paris.day_of(shift.starts_at), shift.mission.sign_up_mode == SignUpMode.INSTANT
        held = (row for row in self.qualifications if row.is_in_force(day))
        return needed - {row.kind for row in held if row.verified_at or not must_be_verified}


def reason_for(
    person: User, shift: Shift, now: datetime, *, held: SignUp | None = None
) -> Reason:
    """The first machine reason against a place, else `ok`, or `waitlist` when a newcomer joins the end of the list.

    `held` is the person's own sign-up that is being accepted: it neither counts as already signed up nor as
    one too many, and stands behind nobody. Ask under the locks of person and shift when acting on the answer
    (missions.services.locks).
    """
    return reason_of(Standing(person, [shift]), shift, now, held=held)


def reason_of(standing: Standing, shift: Shift, now: datetime, *, held: SignUp | None = None) -> Reason:
    """As `reason_for`, of one of the shifts that the standing was made for."""
    return _rule_against(standing, shift, now, held) or _place(standing, shift, now, held)


def rule_against(person: User, shift: Shift, now: datetime, *, held: SignUp | None = None) -> Reason | None:
    """The first machine reason against the person's being on the shift, whether or not a place is free.

    A change of the shift or of the person asks again of everybody who holds a place, and takes it where a rule is
    against it. A rule for newcomers alone stands after `None if held`.
    """
    return _rule_against(Standing(person, [shift]), shift, now, held)


def _rule_against(standing: Standing, shift: Shift, now: datetime, held: SignUp | None) -> Reason | None:
    return (
        _closed(shift, now, held)
        or _unknown_person(standing, shift)
        or (None if held else _already(standing, shift))
        or _age(standing, shift)
        or _guardians(standing, shift)
        or _requirements(standing, shift)
        or _collides(standing, shift)
        or (None if held else _too_many_pending(standing))
    )


def rule_against_hours(person: User, shift: Shift) -> Reason | None:
    """The first machine reason against the person's being there at those hours: of a minor, or another place."""
    standing = Standing(person, [shift])
    return _hours_of_minor(standing, shift) or _collides(standing, shift)


def list_is_open(shift: Shift, now: datetime) -> bool:
    """Whether waiting can still lead to a place: an offer ends 30 min before the start, a coordinator's word at it."""
    is_instant = shift.mission.sign_up_mode == SignUpMode.INSTANT
    return now < shift.starts_at - (LIST_CLOSES_BEFORE if is_instant else timedelta())


def _place(standing: Standing, shift: Shift, now: datetime, held: SignUp | None) -> Reason:
    is_free = shift.taken_count < shift.capacity
    if is_free and (held or shift.pk not in standing.shifts_waited_for):
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


def _unknown_person(standing: Standing, shift: Shift) -> Reason | None:
    """A school vouches for a minor; for an adult, a mailbox that was confirmed is enough.

    Somebody whose age nobody knows is no adult: they take no place by any way until they say it.
    """
    person = standing.person
    if person.suspended_at or not person.is_active:
        return Reason.SUSPENDED
    if person.birth_date is None:
        return Reason.BIRTH_DATE_NEEDED
    if person.email_verified_at and not person.is_minor_on(paris.day_of(shift.starts_at)):
        return None
    return None if standing.is_vouched_for else Reason.UNVERIFIED


def _already(standing: Standing, shift: Shift) -> Reason | None:
    """One live sign-up per person and shift; and a person who was removed from it has had theirs."""
    return Reason.ALREADY_SIGNED_UP if shift.pk in standing.shifts_known else None


def _age(standing: Standing, shift: Shift) -> Reason | None:
    age = standing.person.age_on(paris.day_of(shift.starts_at))
    if age is not None and age < shift.mission.min_age:
        return Reason.TOO_YOUNG
    audience = shift.mission.audience
    if audience != Audience.BOTH and standing.is_vouched_for != (audience == Audience.STUDENTS):
        return Reason.AUDIENCE
    return _hours_of_minor(standing, shift)


def _hours_of_minor(standing: Standing, shift: Shift) -> Reason | None:
    if not standing.person.is_minor_on(paris.day_of(shift.starts_at)):
        return None
    if paris.touches_night(shift.starts_at, shift.ends_at):
        return Reason.NIGHT
    return _daily_limit(standing, shift)


def _daily_limit(standing: Standing, shift: Shift) -> Reason | None:
    days = paris.days_of(shift.starts_at, shift.ends_at)
    first, last = paris.midnight(days[0]), paris.midnight(paris.next_day(days[-1]))
    others = (place for place in standing.places if place.shift != shift.pk and place.overlaps(first, last))
    times = [(shift.starts_at, shift.ends_at), *((place.starts_at, place.ends_at) for place in others)]
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


def _guardians(standing: Standing, shift: Shift) -> Reason | None:
    if not needs_consent(standing.person, shift) or standing.guardians_agree:
        return None
    return Reason.CONSENT_NEEDED if standing.has_guardian_to_ask else Reason.GUARDIAN_NEEDED


def _requirements(standing: Standing, shift: Shift) -> Reason | None:
    return Reason.REQUIREMENT_MISSING if standing.missing_requirements(shift) else None


def _collides(standing: Standing, shift: Shift) -> Reason | None:
    return Reason.COLLIDES if standing.other_place(shift) else None


def _too_many_pending(standing: Standing) -> Reason | None:
    return Reason.TOO_MANY_PENDING if standing.pending_count >= settings.MAX_PENDING_SIGN_UPS else None
