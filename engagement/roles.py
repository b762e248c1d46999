"""What a person is, and where: the roles by which an app decides what to open with."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from accounts.states import MembershipStatus
from common import paris
from engagement.models import EngagementOption
from engagement.selectors import options_of
from organizations.models import OrganizationMembership
from schools.models import ClassReferent, Enrolment, StaffMembership


@dataclass(frozen=True)
class Studies:
    """A student's place in a class, asked for or held, and the option under which they are there."""

    enrolment: Enrolment
    option: EngagementOption


@dataclass(frozen=True)
class Roles:
    """A person's roles, each kind in the order in which they came to them, the newest first."""

    classes: list[ClassReferent]
    schools: list[StaffMembership]
    organizations: list[OrganizationMembership]
    is_region_staff: bool
    enrolments: list[Studies]


def roles_of(person: User) -> Roles:
    """What the person is today, in six queries at most, however many roles they have.

    Classes are those they are named for; of a school's manager all classes are theirs, and none is listed for it.
    Enrolments are those that wait or are active, in a school year that is not over.
    """
    today = paris.day_of(timezone.now())
    named = ClassReferent.objects.filter(
        Q(until_on__isnull=True) | Q(until_on__gte=today),
        membership__person=person,
        membership__status=MembershipStatus.ACTIVE,
    ).select_related("class_group__school", "class_group__school_year")
    enrolments = (
        Enrolment.objects.waiting_or_active()
        .filter(student=person, class_group__school_year__ends_on__gte=today)
        .select_related("class_group__school", "class_group__school_year")
        .order_by("-id")
    )
    options = options_of([enrolment.class_group for enrolment in enrolments])
    return Roles(
        classes=list(named.order_by("-id")),
        schools=list(StaffMembership.objects.active().of(person).select_related("school").order_by("-id")),
        organizations=list(
            OrganizationMembership.objects.active().of(person).select_related("organization").order_by("-id")
        ),
        is_region_staff=person.is_region_staff,
        enrolments=[Studies(enrolment, options[place_of(enrolment)]) for enrolment in enrolments],
    )


def place_of(enrolment: Enrolment) -> tuple[Any, Any]:
    """The school and the year, by their ids."""
    return enrolment.class_group.school_id, enrolment.class_group.school_year_id
