"""When a mission takes place, and how many it takes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, ExtractIsoWeekDay

from accounts.models import Reader
from common import paris
from common.models import Row
from common.querysets import related
from missions.models.missions import Mission
from missions.states import ShiftStatus

# A shift that is not over began at most this long ago: none is longer.
RUNNING_FOR = timedelta(hours=12)
MOST_NEEDED_WITHIN = timedelta(days=14)


class ShiftQuerySet(QuerySet[Any]):
    def reachable_by(self, person: Reader) -> ShiftQuerySet:
        """Those of missions that are reachable."""
        return self.filter(mission__in=related(self, "mission").reachable_by(person).values("pk"))

    def scheduled(self) -> ShiftQuerySet:
        return self.filter(status=ShiftStatus.SCHEDULED)

    def upcoming(self, now: datetime) -> ShiftQuerySet:
        """Neither over nor cancelled."""
        return self.scheduled().filter(ends_at__gt=now)

    def in_order(self, now: datetime) -> ShiftQuerySet:
        """Upcoming, said in a way that an index on the start answers: what is not over began not long ago."""
        return self.upcoming(now).filter(starts_at__gt=now - RUNNING_FOR)

    def visible_to(self, person: Reader) -> ShiftQuerySet:
        """Those of visible missions."""
        return self.filter(mission__in=related(self, "mission").visible_to(person).values("pk"))

    def with_places(self, now: datetime) -> ShiftQuerySet:
        """Neither over nor cancelled, with a place left."""
        return self.upcoming(now).filter(taken_count__lt=F("capacity"))

    def starting(self, first: date | None, last: date | None) -> ShiftQuerySet:
        """Between two Paris days, both included; None is without end."""
        rows = self
        if first is not None:
            rows = rows.filter(starts_at__gte=paris.midnight(first))
        if last is not None:
            rows = rows.filter(starts_at__lt=paris.midnight(paris.next_day(last)))
        return rows

    def first_of(self, missions: QuerySet[Any]) -> ShiftQuerySet:
        """Of each of these missions the first of these shifts, with its `need`.

        The need is how much of the minimum (of the capacity, without one) is filled, in percent.
        """
        starts_at = OuterRef("starts_at")
        earlier = Q(starts_at__lt=starts_at) | Q(starts_at=starts_at, pk__lt=OuterRef("pk"))
        need = F("taken_count") * 100 / Coalesce(F("minimum"), F("capacity"))
        return self.filter(
            ~Exists(self.filter(earlier, mission=OuterRef("mission"))), mission__in=missions.values("pk")
        ).annotate(need=need)

    def starting_soon(self, now: datetime) -> ShiftQuerySet:
        """Soon enough that help is most needed."""
        return self.filter(starts_at__lt=now + MOST_NEEDED_WITHIN)

    def on_weekdays(self, days: list[int]) -> ShiftQuerySet:
        """That start on one of these days of the week in Paris, 1 for Monday."""
        return self.alias(weekday=ExtractIsoWeekDay("starts_at", tzinfo=paris.PARIS)).filter(weekday__in=days)

    def ended_between(self, after: datetime, until: datetime) -> ShiftQuerySet:
        """Scheduled, and over after the first instant and not after the second; an index on the start answers it."""
        ended = self.scheduled().filter(ends_at__gt=after, ends_at__lte=until)
        return ended.filter(starts_at__gt=after - RUNNING_FOR, starts_at__lt=until)

    def run_by(self, person: Reader) -> ShiftQuerySet:
        """Those of organisations the person runs."""
        return self.filter(mission__in=related(self, "mission").run_by(person).values("pk"))


class Shift(Row):
    """When, and how many places. `taken_count` (accepted but walk-ins, and open offers) never passes the capacity."""

    mission = models.ForeignKey(Mission, on_delete=models.PROTECT, related_name="shifts")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    capacity = models.PositiveSmallIntegerField()
    taken_count = models.PositiveSmallIntegerField(default=0)
    # Below this many the shift lacks people; null asks for none.
    minimum = models.PositiveSmallIntegerField(null=True)
    status = models.CharField(max_length=9, choices=ShiftStatus, default=ShiftStatus.SCHEDULED)
    cancel_reason = models.CharField(max_length=500, blank=True)
    cancelled_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    # Of one that was moved just now, when it would have started: not a column.
    former_starts_at: datetime | None = None

    objects = ShiftQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="shift_ends_after_it_starts", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(name="shift_is_never_oversold", condition=Q(taken_count__lte=F("capacity"))),
            models.CheckConstraint(name="shift_capacity_is_1_to_500", condition=Q(capacity__range=(1, 500))),
            models.CheckConstraint(
                name="shift_minimum_is_1_to_capacity",
                condition=Q(minimum__isnull=True) | Q(minimum__gte=1, minimum__lte=F("capacity")),
            ),
            models.CheckConstraint(
                name="shift_cancelled_iff_dated_and_said_why",
                condition=(Q(status=ShiftStatus.CANCELLED, cancelled_at__isnull=False) & ~Q(cancel_reason=""))
                | Q(status=ShiftStatus.SCHEDULED, cancelled_at__isnull=True, cancel_reason=""),
            ),
        ]
        indexes = [
            models.Index(fields=["mission", "starts_at"], name="shift_of_mission"),
            models.Index(fields=["starts_at"], name="shift_by_start"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    def is_over(self, now: datetime) -> bool:
        return self.ends_at <= now
