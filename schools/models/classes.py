"""A school's year: its classes, who leads them, who is in them, who is expected."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from accounts.models import Reader
from accounts.states import MembershipStatus
from common import paris
from common.models import Row
from common.querysets import related
from schools.models.schools import School, StaffMembership
from schools.states import EnrolmentStatus


class SchoolYearQuerySet(QuerySet[Any]):
    def visible_to(self, person: Reader) -> SchoolYearQuerySet:
        """Everybody's."""
        return self

    def holding(self, day: date) -> SchoolYearQuerySet:
        return self.filter(starts_on__lte=day, ends_on__gte=day)


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

    def on_day(self, day: date | Func) -> EnrolmentQuerySet:
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


class SchoolYear(Row):
    """1 September to 31 August; its edges are Paris midnights."""

    starts_on = models.DateField(unique=True)
    ends_on = models.DateField()

    objects = SchoolYearQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="school_year_ends_after_it_starts", condition=Q(ends_on__gt=F("starts_on"))),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return f"{self.starts_on.year}-{self.ends_on.year}"


class ClassGroup(Row):
    """A class of one school and year ("2nde 4"), with the code its students join by."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="classes")
    school_year = models.ForeignKey(SchoolYear, on_delete=models.PROTECT, related_name="classes")
    name = models.CharField(max_length=40)
    capacity = models.PositiveSmallIntegerField(default=36)
    join_code = models.CharField(max_length=12, blank=True)
    join_code_expires_at = models.DateTimeField(null=True)

    objects = ClassGroupQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "school_year", "name"], name="class_name_once_per_year"),
            models.CheckConstraint(
                name="class_join_code_has_an_end",
                condition=Q(join_code="") | Q(join_code_expires_at__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["join_code"], condition=~Q(join_code=""), name="class_join_code_opens_one_class"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ClassReferentQuerySet(QuerySet[Any]):
    def in_charge(self) -> ClassReferentQuerySet:
        """Of people who work there still, on the day on which it is asked."""
        not_over = Q(until_on__isnull=True) | Q(until_on__gte=paris.day_of(timezone.now()))
        active = {"membership__status": MembershipStatus.ACTIVE, "membership__person__is_active": True}
        return self.filter(not_over, **active)


class ClassReferent(Row):
    """A member of staff who answers for a class; `until_on` makes it a delegation."""

    class_group = models.ForeignKey(ClassGroup, on_delete=models.CASCADE, related_name="referents")
    membership = models.ForeignKey(StaffMembership, on_delete=models.CASCADE, related_name="referent_of")
    until_on = models.DateField(null=True)

    objects = ClassReferentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["class_group", "membership"], name="class_referent_once"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Enrolment(Row):
    """A student in a class for its year."""

    class_group = models.ForeignKey(ClassGroup, on_delete=models.PROTECT, related_name="enrolments")
    student = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="enrolments")
    status = models.CharField(max_length=9, choices=EnrolmentStatus)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="enrolments_decided"
    )
    # The code by which the student asked the last time: those who wait or are in by it are its uses.
    join_code = models.CharField(max_length=12, blank=True)
    # The last time the student asked; a request that waits too long is erased.
    requested_at = models.DateTimeField(default=timezone.now)
    activated_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["class_group", "student"], name="enrolment_once_per_class"),
            models.CheckConstraint(
                name="enrolment_activated_iff_active_or_ended",
                condition=Q(status__in=[EnrolmentStatus.ACTIVE, EnrolmentStatus.ENDED], activated_at__isnull=False)
                | Q(status__in=[EnrolmentStatus.REQUESTED, EnrolmentStatus.REFUSED], activated_at__isnull=True),
            ),
            models.CheckConstraint(
                name="enrolment_ended_iff_dated",
                condition=Q(status=EnrolmentStatus.ENDED, ended_at__isnull=False)
                | (~Q(status=EnrolmentStatus.ENDED) & Q(ended_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["requested_at"], condition=Q(status=EnrolmentStatus.REQUESTED), name="enrolment_waiting"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.id}"


class Comment(Row):
    """What those who answer for a class say of a student's year, for the school's report."""

    enrolment = models.OneToOneField(Enrolment, on_delete=models.CASCADE, related_name="comment")
    text = models.TextField(max_length=500, blank=True)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    version = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.id)


class RosterLine(Row):
    """A student the school expects in a class; claimed by the enrolment whose name and birth date match."""

    class_group = models.ForeignKey(ClassGroup, on_delete=models.CASCADE, related_name="roster_lines")
    first_name = models.CharField(max_length=80)
    # Empty for somebody who has one name alone.
    last_name = models.CharField(max_length=80, blank=True)
    # The full name made comparable (common.names.name_key), by which a join finds its line.
    name_key = models.CharField(max_length=170)
    birth_date = models.DateField()
    guardian_email = models.EmailField(blank=True)
    guardian_phone = models.CharField(max_length=16, blank=True)
    enrolment = models.OneToOneField(Enrolment, null=True, on_delete=models.SET_NULL, related_name="roster_line")

    objects = RosterLineQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["class_group", "name_key", "birth_date"], name="roster_line_once_per_class"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
