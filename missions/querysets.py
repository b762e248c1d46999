"""Which organisations, missions, sign-ups and attendances exist for whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import CharField, DateTimeField, Exists, ExpressionWrapper, F, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from common import paris
from common.querysets import NearnessQuerySet, related
from missions.states import (
    LIVE_SIGN_UP,
    ConsentStatus,
    MembershipStatus,
    MissionStatus,
    OrganizationRole,
    OrganizationStatus,
    SignUpStatus,
)
from schools.models import Enrolment


class OrganizationQuerySet(QuerySet[Any]):
    def verified(self) -> OrganizationQuerySet:
        return self.filter(status=OrganizationStatus.VERIFIED)

    def _memberships(self, person: Any) -> Any:
        model = self.model.memberships.rel.related_model
        return model.objects.filter(person=person, status=MembershipStatus.ACTIVE)

    def managed_by(self, person: Any) -> OrganizationQuerySet:
        """The whole subtree of those where the person is a manager."""
        above = (
            self._memberships(person)
            .filter(role=OrganizationRole.MANAGER)
            .annotate(outer_path=ExpressionWrapper(OuterRef("path"), output_field=CharField()))
        )
        return self.filter(Exists(above.filter(outer_path__startswith=F("organization__path"))))

    def run_by(self, person: Any) -> OrganizationQuerySet:
        """Where the person is a coordinator, and the whole subtree where they are a manager."""
        own = self._memberships(person).values("organization")
        managed = self.model.objects.managed_by(person).values("pk")
        return self.filter(Q(pk__in=own) | Q(pk__in=managed))

    def visible_to(self, person: Any) -> OrganizationQuerySet:
        """Verified ones are public; members see their own, the region all."""
        if not person.is_authenticated:
            return self.verified()
        if person.is_region_staff:
            return self
        run = self.model.objects.run_by(person)
        return self.filter(Q(status=OrganizationStatus.VERIFIED) | Q(pk__in=run.values("pk")))


class OrganizationMembershipQuerySet(QuerySet[Any]):
    def active(self) -> OrganizationMembershipQuerySet:
        return self.filter(status=MembershipStatus.ACTIVE)

    def visible_to(self, person: Any) -> OrganizationMembershipQuerySet:
        """Members of the organisations one runs; the region sees all."""
        if not person.is_authenticated:
            return self.none()
        if person.is_region_staff:
            return self
        return self.filter(organization__in=related(self, "organization").run_by(person).values("pk"))


class MissionQuerySet(NearnessQuerySet):
    def published(self) -> MissionQuerySet:
        return self.filter(status=MissionStatus.PUBLISHED, organization__status=OrganizationStatus.VERIFIED)

    def run_by(self, person: Any) -> MissionQuerySet:
        """Of organisations the person runs."""
        return self.filter(organization__in=related(self, "organization").run_by(person).values("pk"))

    def visible_to(self, person: Any) -> MissionQuerySet:
        """Published ones are public; drafts are the organisation's and the region's."""
        if not person.is_authenticated:
            return self.published()
        if person.is_region_staff:
            return self
        run = related(self, "organization").run_by(person)
        public = Q(status=MissionStatus.PUBLISHED, organization__status=OrganizationStatus.VERIFIED)
        return self.filter(public | Q(organization__in=run.values("pk")))

    def with_next_shifts(self, now: datetime) -> MissionQuerySet:
        """Each mission with `next_shifts`: those that are not over, soonest first, and its organisation."""
        shifts = self.model.shifts.rel.related_model.objects.filter(ends_at__gt=now).order_by("starts_at", "id")
        return self.select_related("organization").prefetch_related(
            Prefetch("shifts", queryset=shifts, to_attr="next_shifts")
        )


class ShiftQuerySet(QuerySet[Any]):
    def visible_to(self, person: Any) -> ShiftQuerySet:
        """Those of visible missions."""
        return self.filter(mission__in=related(self, "mission").visible_to(person).values("pk"))

    def with_places(self, now: datetime) -> ShiftQuerySet:
        """Not over, with a place left."""
        return self.filter(ends_at__gt=now, taken_count__lt=F("capacity"))

    def run_by(self, person: Any) -> ShiftQuerySet:
        """Those of organisations the person runs."""
        return self.filter(mission__in=related(self, "mission").run_by(person).values("pk"))


class SignUpQuerySet(QuerySet[Any]):
    def live(self) -> SignUpQuerySet:
        return self.filter(status__in=LIVE_SIGN_UP)

    def accepted(self) -> SignUpQuerySet:
        return self.filter(status=SignUpStatus.ACCEPTED)

    def overlapping(self, starts_at: datetime, ends_at: datetime) -> SignUpQuerySet:
        """On shifts that share an instant with [starts_at, ends_at)."""
        return self.filter(shift__starts_at__lt=ends_at, shift__ends_at__gt=starts_at)

    def run_by(self, person: Any) -> SignUpQuerySet:
        """On missions of organisations the person runs."""
        return self.filter(shift__in=related(self, "shift").run_by(person).values("pk"))

    def visible_to(self, person: Any) -> SignUpQuerySet:
        """One's own, those on missions one runs, those of the students of classes one answers for."""
        if not person.is_authenticated:
            return self.none()
        run = related(self, "shift").run_by(person)
        # Of the school year the shift is in: last year's teacher has no eye on this year's life.
        starts_at = ExpressionWrapper(OuterRef("shift__starts_at"), output_field=DateTimeField())
        day = TruncDate(starts_at, tzinfo=paris.PARIS)
        led = Enrolment.objects.active().on_day(day).led_by(person).filter(student=OuterRef("person"))
        return self.filter(Q(person=person) | Q(shift__in=run.values("pk")) | Exists(led))


class AttendanceQuerySet(QuerySet[Any]):
    def run_by(self, person: Any) -> AttendanceQuerySet:
        """On missions of organisations the person runs."""
        return self.filter(sign_up__in=related(self, "sign_up").run_by(person).values("pk"))

    def visible_to(self, person: Any) -> AttendanceQuerySet:
        """As the sign-up they belong to."""
        return self.filter(sign_up__in=related(self, "sign_up").visible_to(person).values("pk"))


class ConsentQuerySet(QuerySet[Any]):
    def granted(self) -> ConsentQuerySet:
        return self.filter(status=ConsentStatus.GRANTED)

    def refused(self) -> ConsentQuerySet:
        return self.filter(status=ConsentStatus.REFUSED)

    def visible_to(self, person: Any) -> ConsentQuerySet:
        """One's own; of the students of classes one answers for (their state only)."""
        if not person.is_authenticated:
            return self.none()
        led = Enrolment.objects.active().on_day(paris.day_of(timezone.now())).led_by(person)
        return self.filter(Q(student=person) | Q(student__in=led.values("student")))
