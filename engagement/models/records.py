"""A person's ledger: under a school's option for a student, under none for a citizen; and whose classes read it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.models import Reader
from common.models import Row
from engagement.models.options import EngagementOption
from schools.models import ClassGroup, Enrolment
from schools.states import EnrolmentStatus


def in_led_class(person: Reader, record: str) -> Q:
    """Whether the record is of a student the person answers for in the record's own school and year, or answered for
    when the student left that school: what was handed in there waits for nobody else."""
    there = Enrolment.objects.filter(
        student=OuterRef(f"{record}person"),
        class_group__school=OuterRef(f"{record}option__school"),
        class_group__school_year=OuterRef(f"{record}option__school_year"),
    )
    left = there.filter(status=EnrolmentStatus.ENDED).led_by(person)
    return Q(Exists(there.active().led_by(person))) | Q(~Exists(there.active()), Exists(left))


def classes_led_by(person: Reader) -> list[Any]:
    """The ids of the classes the person answers for: asked once, for the whole of it would stand twice in a statement
    about entries, whose building takes longer than running it. Note: causes a query."""
    return list(ClassGroup.objects.led_by(person).values_list("pk", flat=True)) if person.is_authenticated else []


def in_read_class(led_classes: list[Any], record: str) -> Exists:
    """Whether who leads these classes may read the record: they answer for its student in its year, there or where the
    student has gone since, or did so in its own school until the student left."""
    led = Enrolment.objects.filter(
        class_group__in=led_classes,
        student=OuterRef(f"{record}person"),
        class_group__school_year=OuterRef(f"{record}option__school_year"),
    )
    former = Q(status=EnrolmentStatus.ENDED, class_group__school=OuterRef(f"{record}option__school"))
    return Exists(led.filter(Q(status=EnrolmentStatus.ACTIVE) | former))


class RecordQuerySet(QuerySet[Any]):
    def visible_to(self, person: Reader) -> RecordQuerySet:
        """One's own; those of the students one answers for, or did until they left, of that year."""
        if not person.is_authenticated:
            return self.none()
        own = self.model.objects.filter(person=person)
        return self.filter(pk__in=own.values("pk").union(self.model.objects.read_by(person).values("pk")))

    def moved_since_told(self) -> RecordQuerySet:
        """Under an option, with events that nobody has looked at to tell how far the person has come."""
        return self.filter(option__isnull=False).exclude(event_count=F("told_event_count"))

    def read_by(self, person: Reader) -> RecordQuerySet:
        """Those of the students one answers for, or did until they left, of that year."""
        return self.read_in(classes_led_by(person))

    def read_in(self, led_classes: list[Any]) -> RecordQuerySet:
        """`read_by` who leads these classes."""
        students = Enrolment.objects.filter(class_group__in=led_classes).values("student")
        return self.filter(in_read_class(led_classes, ""), person__in=students)

    def owned_by(self, person: Reader) -> RecordQuerySet:
        """One's own, whoever else may read them."""
        return self.filter(person=person) if person.is_authenticated else self.none()


class Record(Row):
    """A person's ledger: under an option for a student's year, under none the passport. Its row lock orders events."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="records")
    option = models.ForeignKey(EngagementOption, null=True, on_delete=models.PROTECT, related_name="records")
    event_count = models.PositiveIntegerField(default=0)
    head_hash = models.CharField(max_length=64, blank=True)
    # How far the head has been signed and written down outside the database.
    signed_event_count = models.PositiveIntegerField(default=0)
    # How far its progress was looked at, to tell its person.
    told_event_count = models.PositiveIntegerField(default=0)

    objects = RecordQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "option"], name="record_once_per_person_and_option"),
            models.UniqueConstraint(
                fields=["person"], condition=Q(option__isnull=True), name="passport_once_per_person"
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], condition=~Q(event_count=F("signed_event_count")), name="record_head_to_sign"
            ),
            models.Index(
                fields=["id"],
                condition=Q(option__isnull=False) & ~Q(event_count=F("told_event_count")),
                name="record_progress_to_tell",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
