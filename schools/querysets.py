"""Which schools, classes, enrolments and staff exist for whom."""

from __future__ import annotations

from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from accounts.memberships import MembershipQuerySet
from accounts.models import Reader
from accounts.states import MembershipStatus
from common import paris
from common.querysets import NearnessQuerySet, related
from common.text import fold
from schools.states import EnrolmentStatus, StaffRole

# From a small rural town on, at INSEE's seven levels.
RURAL_FROM = 5
MOST_WORDS = 12
# As the directory spells them, now so, now so.
_SAINT, _SAINTE = ("saint", " st "), ("sainte", " ste ")
SPELLINGS = {"st": _SAINT, "saint": _SAINT, "ste": _SAINTE, "sainte": _SAINTE}


class CommuneQuerySet(QuerySet[Any]):
    def visible_to(self, person: Reader) -> CommuneQuerySet:
        """Public."""
        return self

    def rural(self) -> CommuneQuerySet:
        return self.filter(density_class__gte=RURAL_FROM)

    def urban(self) -> CommuneQuerySet:
        return self.filter(density_class__lt=RURAL_FROM)

    def with_priority_neighbourhood(self) -> CommuneQuerySet:
        return self.exclude(priority_neighbourhoods=[])


class SchoolQuerySet(NearnessQuerySet):
    def visible_to(self, person: Reader) -> SchoolQuerySet:
        """Open schools are public; closed ones are the region's."""
        if person.is_authenticated and person.is_region_staff:
            return self
        return self.open()

    def open(self) -> SchoolQuerySet:
        return self.filter(closed_on__isnull=True)

    def matching(self, text: str) -> SchoolQuerySet:
        """Whose name, commune, postal code or UAI holds every word of the text, in any order (accents and case aside).

        "St-Exupéry" is "Saint-Exupéry".
        """
        found = self
        for word in fold(text).split()[:MOST_WORDS]:
            spelled = [Q(search_text__contains=one) for one in SPELLINGS.get(word, (word,))]
            found = found.filter(reduce(or_, spelled))
        return found

    def managed_by(self, person: Reader) -> SchoolQuerySet:
        """Where the person is an active manager."""
        return self.filter(
            staff_memberships__person=person,
            staff_memberships__role=StaffRole.MANAGER,
            staff_memberships__status=MembershipStatus.ACTIVE,
        )

    def staffed_by(self, person: Reader) -> SchoolQuerySet:
        """Where the person is active staff of any role."""
        return self.filter(staff_memberships__person=person, staff_memberships__status=MembershipStatus.ACTIVE)


class SchoolYearQuerySet(QuerySet[Any]):
    def visible_to(self, person: Reader) -> SchoolYearQuerySet:
        """Everybody's."""
        return self

    def holding(self, day: date) -> SchoolYearQuerySet:
        return self.filter(starts_on__lte=day, ends_on__gte=day)


class StaffMembershipQuerySet(MembershipQuerySet[Any]):
    def visible_to(self, person: Reader) -> StaffMembershipQuerySet:
        """One's own; a manager sees the school's."""
        if not person.is_authenticated:
            return self.none()
        managed = related(self, "school").managed_by(person)
        return self.filter(Q(person=person) | Q(school__in=managed.values("pk")))


class ClassGroupQuerySet(QuerySet[Any]):
    def led_by(self, person: Reader) -> ClassGroupQuerySet:
        """Classes the person answers for: referent (or delegate until a date), or manager of the school."""
        today = paris.day_of(timezone.now())
        not_over = Q(referents__until_on__isnull=True) | Q(referents__until_on__gte=today)
        as_referent = self.model.objects.filter(
            not_over, referents__membership__person=person, referents__membership__status=MembershipStatus.ACTIVE
        )
        as_manager = self.model.objects.filter(school__in=related(self, "school").managed_by(person).values("pk"))
        # Not one condition with an OR: the database would take half of all classes for one's own, and read all hours.
        return self.filter(pk__in=as_referent.values("pk").union(as_manager.values("pk")))

    def visible_to(self, person: Reader) -> ClassGroupQuerySet:
        """A student's own, a referent's own, all of the school for its managers."""
        if not person.is_authenticated:
            return self.none()
        attended = self.model.objects.filter(
            enrolments__student=person, enrolments__status=EnrolmentStatus.ACTIVE
        )
        led = self.model.objects.led_by(person)
        return self.filter(Q(pk__in=led.values("pk")) | Q(pk__in=attended.values("pk")))


class EnrolmentQuerySet(QuerySet[Any]):
    def of_students_of(self, class_group: Any) -> EnrolmentQuerySet:
        """All enrolments at the class's school in its year, of the students who are active in the class now."""
        here = self.model.objects.active().filter(class_group=class_group).values("student")
        return self.filter(
            student__in=here,
            class_group__school=class_group.school_id,
            class_group__school_year=class_group.school_year_id,
            activated_at__isnull=False,
        )

    def active(self) -> EnrolmentQuerySet:
        return self.filter(status=EnrolmentStatus.ACTIVE)

    def waiting_or_active(self) -> EnrolmentQuerySet:
        """Neither refused nor ended."""
        return self.filter(status__in=[EnrolmentStatus.REQUESTED, EnrolmentStatus.ACTIVE])

    def waiting_since(self, moment: datetime) -> EnrolmentQuerySet:
        """Asked for at that moment or before, and still undecided."""
        return self.filter(status=EnrolmentStatus.REQUESTED, requested_at__lte=moment)

    def with_roster_for(self, person: Reader) -> EnrolmentQuerySet:
        """With what those who answer for the class decide by: `is_led`, and the roster lines nobody has claimed."""
        classes = related(self, "class_group")
        lines = related(classes, "roster_lines").unclaimed().visible_to(person).order_by("id")
        led = classes.led_by(person).filter(pk=OuterRef("class_group"))
        return self.annotate(is_led=Exists(led)).prefetch_related(
            Prefetch("class_group__roster_lines", queryset=lines, to_attr="unclaimed_lines")
        )

    def on_day(self, day: Any) -> EnrolmentQuerySet:
        """In classes of the school year that holds the day."""
        return self.filter(class_group__school_year__starts_on__lte=day, class_group__school_year__ends_on__gte=day)

    def led_by(self, person: Reader) -> EnrolmentQuerySet:
        """In classes the person answers for."""
        return self.filter(class_group__in=related(self, "class_group").led_by(person).values("pk"))

    def visible_to(self, person: Reader) -> EnrolmentQuerySet:
        """A student's own, those of a referent's classes, all of the school for its managers."""
        if not person.is_authenticated:
            return self.none()
        led = related(self, "class_group").led_by(person)
        return self.filter(Q(student=person) | Q(class_group__in=led.values("pk")))


class RosterLineQuerySet(QuerySet[Any]):
    def visible_to(self, person: Reader) -> RosterLineQuerySet:
        """Only those who answer for the class."""
        if not person.is_authenticated:
            return self.none()
        return self.filter(class_group__in=related(self, "class_group").led_by(person).values("pk"))

    def of_year_of(self, day: date) -> RosterLineQuerySet:
        """In classes of the school year that holds the day."""
        return self.filter(class_group__school_year__starts_on__lte=day, class_group__school_year__ends_on__gte=day)

    def unclaimed(self) -> RosterLineQuerySet:
        return self.filter(enrolment__isnull=True)
