"""A person and a shift for each reason why they can have a place there, or cannot."""

from datetime import date, time, timedelta

from django.utils import timezone

from common import paris
from missions.states import Reason
from tests.support.factories import (
    EnrolmentFactory,
    GuardianFactory,
    MissionFactory,
    OrganizationFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
)


def at(day, clock):
    """The instant of a Paris wall time."""
    return paris.instant(day, time.fromisoformat(clock))


def student(**facts):
    """A student of 17 whom a school vouches for."""
    return EnrolmentFactory(student=UserFactory(aged_17=True, **facts)).student


def young_student(**facts):
    """A student of 15."""
    return EnrolmentFactory(student=UserFactory(aged_15=True, **facts)).student


def aged_on(day, age, **facts):
    """A verified person whose birthday of that age is that day."""
    person = UserFactory(birth_date=date(day.year - age, day.month, day.day), **facts)
    return EnrolmentFactory(student=person).student


def ready():
    return UserFactory(), ShiftFactory()


def too_young():
    return student(), ShiftFactory(mission__min_age=18)


def night():
    return student(), ShiftFactory(starts_at=at(timezone.now().date() + timedelta(days=9), "21:30"))


def daily_limit():
    person, start = student(), at(timezone.now().date() + timedelta(days=9), "07:00")
    SignUpFactory(person=person, accepted=True, shift=ShiftFactory(starts_at=start, ends_at=start + timedelta(hours=6)))
    later = start + timedelta(hours=7)
    return person, ShiftFactory(starts_at=later, ends_at=later + timedelta(hours=2, minutes=1))


def collides():
    person, shift = ready()
    SignUpFactory(person=person, accepted=True, shift=ShiftFactory(starts_at=shift.starts_at + timedelta(hours=1)))
    return person, shift


def consent_needed():
    return GuardianFactory(student=young_student()).student, ShiftFactory()


def too_many_pending():
    person, shift = ready()
    for _row in range(15):
        SignUpFactory(person=person)
    return person, shift


def already_signed_up():
    person, shift = ready()
    SignUpFactory(person=person, shift=shift)
    return person, shift


def not_open():
    """The coordinator sees the draft, and cannot sign up for it either."""
    membership = OrganizationMembershipFactory()
    return membership.person, ShiftFactory(mission=MissionFactory(draft=True, organization=membership.organization))


def suspended():
    """Its own coordinator sees the mission still."""
    organization = OrganizationFactory(status="suspended", former_status="verified", suspended_at=timezone.now())
    person = OrganizationMembershipFactory(organization=organization).person
    return person, ShiftFactory(mission__organization=organization)


REACHED = {
    Reason.OK: ready,
    Reason.WAITLIST: lambda: (UserFactory(), ShiftFactory(capacity=1, taken_count=1)),
    Reason.FULL: lambda: (UserFactory(), ShiftFactory(running=True, capacity=1, taken_count=1)),
    Reason.COLLIDES: collides,
    Reason.TOO_YOUNG: too_young,
    Reason.NIGHT: night,
    Reason.DAILY_LIMIT: daily_limit,
    Reason.CONSENT_NEEDED: consent_needed,
    Reason.GUARDIAN_NEEDED: lambda: (young_student(), ShiftFactory()),
    Reason.REQUIREMENT_MISSING: lambda: (UserFactory(), ShiftFactory(mission__requirements=["psc"])),
    Reason.AUDIENCE: lambda: (UserFactory(), ShiftFactory(mission__audience="students")),
    Reason.TOO_MANY_PENDING: too_many_pending,
    Reason.ALREADY_SIGNED_UP: already_signed_up,
    Reason.UNVERIFIED: lambda: (UserFactory(unverified=True), ShiftFactory()),
    Reason.BIRTH_DATE_NEEDED: lambda: (UserFactory(birth_date=None), ShiftFactory()),
    Reason.SUSPENDED: suspended,
    Reason.NOT_OPEN: not_open,
    Reason.CANCELLED: lambda: (UserFactory(), ShiftFactory(cancelled=True)),
    Reason.ENDED: lambda: (UserFactory(), ShiftFactory(starts_at=timezone.now() - timedelta(hours=3))),
}
