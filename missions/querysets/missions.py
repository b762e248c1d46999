"""Which missions and shifts exist for whom."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce, ExtractIsoWeekDay

from accounts.models import Reader
from common import paris
from common.querysets import NearnessQuerySet, related
from missions.states import MissionRevisionStatus, MissionStatus, ShiftStatus
from organizations.states import OPEN_ORGANIZATION

# A shift that is not over began at most this long ago: none is longer.
RUNNING_FOR = timedelta(hours=12)
EVERY_HIT = 10_000_000
MOST_NEEDED_WITHIN = timedelta(days=14)


class MissionQuerySet(NearnessQuerySet):
    def published(self) -> MissionQuerySet:
        return self.filter(status=MissionStatus.PUBLISHED, organization__status__in=OPEN_ORGANIZATION)

    def listed(self) -> MissionQuerySet:
        """What the feed shows: published, and not waiting for another shift after its last one was cancelled."""
        return self.published().filter(awaits_shift=False)

    def listed_to(self, person: Reader) -> MissionQuerySet:
        """Of those that are visible, without the published ones that wait for a shift, but to who runs them."""
        if not person.is_authenticated:
            return self.filter(awaits_shift=False)
        if person.is_region_staff:
            return self
        run = related(self, "organization").run_by(person)
        return self.filter(Q(awaits_shift=False) | Q(organization__in=run.values("pk")))

    def left_without_shifts(self, now: datetime) -> MissionQuerySet:
        """Listed, with shifts, none of which is to come."""
        shifts = self.model.shifts.rel.related_model.objects
        return self.listed().offering(shifts.all()).offering_none(shifts.upcoming(now))

    def run_by(self, person: Reader) -> MissionQuerySet:
        """Of organisations the person runs."""
        return self.filter(organization__in=related(self, "organization").run_by(person).values("pk"))

    def visible_to(self, person: Reader) -> MissionQuerySet:
        """Published ones are public; drafts are the organisation's and the region's."""
        if not person.is_authenticated:
            return self.published()
        if person.is_region_staff:
            return self
        run = related(self, "organization").run_by(person)
        public = Q(status=MissionStatus.PUBLISHED, organization__status__in=OPEN_ORGANIZATION)
        return self.filter(public | Q(organization__in=run.values("pk")))

    def reachable_by(self, person: Reader) -> MissionQuerySet:
        """Visible, or with a place one has or had: who held one may look at it when it is closed or cancelled."""
        visible = self.model.objects.visible_to(person)
        if not person.is_authenticated:
            return self.filter(pk__in=visible.values("pk"))
        mine = self.model.objects.filter(shifts__sign_ups__person=person)
        return self.filter(Q(pk__in=visible.values("pk")) | Q(pk__in=mine.values("pk")))

    def with_what_editors_read(self, person: Reader) -> MissionQuerySet:
        """With `waiting_revision`, the id of the change that the region has not read yet, and `own_contact`.

        Null to who neither runs the mission nor is the region.
        """
        revisions = self.model.revisions.rel.related_model.objects.visible_to(person).proposed()
        edited: Any = self.model.objects.none()
        if person.is_authenticated:
            edited = self.model.objects.all() if person.is_region_staff else self.model.objects.run_by(person)
        return self.annotate(
            waiting_revision=Subquery(revisions.filter(mission=OuterRef("pk")).values("pk")[:1]),
            own_contact=Case(When(pk__in=edited.values("pk"), then=F("contact")), output_field=CharField(null=True)),
        )

    def finished(self, now: datetime) -> MissionQuerySet:
        """Published, and after the last of its shifts."""
        shifts = self.model.shifts.rel.related_model.objects
        return self.filter(
            Exists(shifts.filter(mission=OuterRef("pk"))),
            ~Exists(shifts.filter(mission=OuterRef("pk"), ends_at__gt=now)),
            status=MissionStatus.PUBLISHED,
        )

    def to_archive(self, ended_by: datetime, now: datetime) -> MissionQuerySet:
        """Closed or cancelled by then, with nothing to come that could still be moved or cancelled."""
        ended = self.filter(status__in=[MissionStatus.CLOSED, MissionStatus.CANCELLED], ended_at__lte=ended_by)
        return ended.offering_none(self.model.shifts.rel.related_model.objects.upcoming(now))

    def with_next_shifts(self, now: datetime) -> MissionQuerySet:
        """Each mission with `next_shifts`: those that are not over, soonest first, and its organisation."""
        shifts = self.model.shifts.rel.related_model.objects.upcoming(now).order_by("starts_at", "id")
        return self.select_related("organization").prefetch_related(
            Prefetch("shifts", queryset=shifts, to_attr="next_shifts")
        )

    def with_open_shifts(self, now: datetime) -> MissionQuerySet:
        """Those that have a shift with a place left, each with these as `next_shifts`."""
        shifts = self.model.shifts.rel.related_model.objects.with_places(now)
        return self.offering(shifts).select_related("organization").prefetch_related(
            Prefetch("shifts", queryset=shifts.order_by("starts_at", "id"), to_attr="next_shifts")
        )

    def matching(self, stems: list[str]) -> MissionQuerySet:
        """Whose title, organisation, city and text hold all these stems (ADR 0012)."""
        return self.filter(search__stems__has_all=stems)

    def hit_by(self, stems: Any, limit: int = EVERY_HIT) -> MissionQuerySet:
        """The same missions, by the index of stems whatever the database expects of it; of the newest hits alone.

        The limit, even when it is none, keeps the search apart: nothing but the index answers it there.
        """
        hits = self.model.search.related.related_model.objects.filter(stems__has_all=stems)
        newest = hits.order_by("-mission") if limit < EVERY_HIT else hits
        return self.filter(pk__in=newest.values("mission")[:limit])

    def with_shifts_to_come(self, now: datetime) -> MissionQuerySet:
        """Those with a shift that is neither over nor cancelled."""
        return self.offering(self.model.shifts.rel.related_model.objects.upcoming(now))

    def offering(self, shifts: QuerySet[Any]) -> MissionQuerySet:
        """With one of these shifts at least."""
        return self.filter(Exists(shifts.filter(mission=OuterRef("pk"))))

    def offering_none(self, shifts: QuerySet[Any]) -> MissionQuerySet:
        """With none of these shifts."""
        return self.exclude(Exists(shifts.filter(mission=OuterRef("pk"))))


class MissionRevisionQuerySet(QuerySet[Any]):
    def proposed(self) -> MissionRevisionQuerySet:
        return self.filter(status=MissionRevisionStatus.PROPOSED)

    def visible_to(self, person: Reader) -> MissionRevisionQuerySet:
        """Those of missions one runs; the region sees all."""
        if not person.is_authenticated:
            return self.none()
        if person.is_region_staff:
            return self
        return self.filter(mission__in=related(self, "mission").run_by(person).values("pk"))


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

    def run_by(self, person: Reader) -> ShiftQuerySet:
        """Those of organisations the person runs."""
        return self.filter(mission__in=related(self, "mission").run_by(person).values("pk"))
