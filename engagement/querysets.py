"""Which options, records and hour entries exist for whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from common.querysets import related
from engagement.states import STANDING_HOUR_ENTRY, HourEntryStatus
from missions.models import Mission
from schools.models import Enrolment, School


def _in_led_class(person: Any, record: str) -> Exists:
    """Whether the record is of a student the person answers for, in the record's own school and year."""
    led = Enrolment.objects.active().led_by(person)
    return Exists(
        led.filter(
            student=OuterRef(f"{record}person"),
            class_group__school=OuterRef(f"{record}option__school"),
            class_group__school_year=OuterRef(f"{record}option__school_year"),
        )
    )


class EngagementOptionQuerySet(QuerySet[Any]):
    def managed_by(self, person: Any) -> EngagementOptionQuerySet:
        return self.filter(school__in=School.objects.managed_by(person).values("pk"))

    def visible_to(self, person: Any) -> EngagementOptionQuerySet:
        """Of the schools one works at or is enrolled in."""
        if not person.is_authenticated:
            return self.none()
        staffed = School.objects.staffed_by(person).values("pk")
        attended = Enrolment.objects.active().filter(student=person).values("class_group__school")
        return self.filter(Q(school__in=staffed) | Q(school__in=attended))


class RecordQuerySet(QuerySet[Any]):
    def visible_to(self, person: Any) -> RecordQuerySet:
        """One's own; those of the students one answers for, of that school and year."""
        if not person.is_authenticated:
            return self.none()
        return self.filter(Q(person=person) | _in_led_class(person, ""))


class HourEntryQuerySet(QuerySet[Any]):
    def decidable_by(self, person: Any) -> HourEntryQuerySet:
        """Of students the person answers for; never a draft."""
        return self.exclude(status=HourEntryStatus.DRAFT).filter(_in_led_class(person, "record__"))

    def visible_to(self, person: Any) -> HourEntryQuerySet:
        """One's own; once submitted, those of one's students and those naming missions one runs.

        Annotated with `is_seen_whole`: organisers read time, minutes and attestation only.
        """
        if not person.is_authenticated:
            return self.none()
        whole = Q(record__person=person) | _in_led_class(person, "record__")
        named = Q(mission__in=Mission.objects.run_by(person).values("pk"))
        return self.filter(
            Q(record__person=person) | (~Q(status=HourEntryStatus.DRAFT) & (whole | named))
        ).annotate(is_seen_whole=Case(When(whole, then=Value(True)), default=Value(False)))

    def standing(self) -> HourEntryQuerySet:
        return self.filter(status__in=STANDING_HOUR_ENTRY)

    def overlapping(self, started_at: datetime, ended_at: datetime) -> HourEntryQuerySet:
        """That share an instant with [started_at, ended_at)."""
        return self.filter(started_at__lt=ended_at, ended_at__gt=started_at)


class OfVisibleRecordQuerySet(QuerySet[Any]):
    def visible_to(self, person: Any) -> OfVisibleRecordQuerySet:
        """As the record it belongs to."""
        return self.filter(record__in=related(self, "record").visible_to(person).values("pk"))


class OfVisibleEntryQuerySet(QuerySet[Any]):
    def visible_to(self, person: Any) -> OfVisibleEntryQuerySet:
        """As the entry it belongs to."""
        return self.filter(entry__in=related(self, "entry").visible_to(person).values("pk"))
