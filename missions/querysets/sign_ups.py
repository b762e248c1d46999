"""Which places exist for whom."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import (
    BooleanField,
    Case,
    Count,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.db.models.functions import TruncDate

from accounts.models import Reader
from common import paris
from common.changes import Noted, note_changes
from common.querysets import related
from missions.states import HOLDS_A_PLACE, LIVE_SIGN_UP, SignUpStatus
from schools.models import Enrolment


class SignUpQuerySet(QuerySet[Any]):
    def live(self) -> SignUpQuerySet:
        return self.filter(status__in=LIVE_SIGN_UP)

    def accepted(self) -> SignUpQuerySet:
        return self.filter(status=SignUpStatus.ACCEPTED)

    def offered(self) -> SignUpQuerySet:
        return self.filter(status=SignUpStatus.OFFERED)

    def holding_a_place(self) -> SignUpQuerySet:
        """What `taken_count` counts: accepted, and open offers; a walk-in stands beside the places."""
        return self.filter(status__in=HOLDS_A_PLACE, is_walk_in=False)

    def waiting(self) -> SignUpQuerySet:
        """On the waiting list, first come first."""
        return self.filter(status=SignUpStatus.WAITLISTED).order_by("queue_number")

    def with_waiting_rank(self, person: Reader) -> SignUpQuerySet:
        """Annotated with `waiting_rank`: the person's own place in line, 1 for the next; null on every other row."""
        line = self.model.objects.filter(
            shift=OuterRef("shift"), status=SignUpStatus.WAITLISTED, queue_number__lte=OuterRef("queue_number")
        )
        rank = Subquery(line.order_by().values("shift").annotate(rank=Count("pk")).values("rank"))
        return self.annotate(
            waiting_rank=Case(
                When(person=person.pk, status=SignUpStatus.WAITLISTED, then=rank),
                default=None,
                output_field=IntegerField(null=True),
            )
        )

    def overdue(self, now: datetime) -> SignUpQuerySet:
        """Undecided for too long, or still waiting at the start; who asks during a shift may wait until its end."""
        too_old = Q(created_at__lte=now - timedelta(days=settings.SIGN_UP_EXPIRES_DAYS))
        started = Q(shift__starts_at__lte=now, created_at__lt=F("shift__starts_at")) | Q(shift__ends_at__lte=now)
        in_line = Q(status__in=[SignUpStatus.WAITLISTED, SignUpStatus.OFFERED], shift__starts_at__lte=now)
        return self.filter(Q(status=SignUpStatus.PENDING) & (too_old | started) | in_line)

    def lapsing(self, now: datetime) -> SignUpQuerySet:
        """Offers that nobody answered in time."""
        return self.filter(status=SignUpStatus.OFFERED, offer_expires_at__lte=now)

    def undecided_since(self, moment: datetime) -> SignUpQuerySet:
        """Pending, asked for by then, the organisers not yet reminded."""
        return self.filter(status=SignUpStatus.PENDING, created_at__lte=moment, reminded_at__isnull=True)

    def lapsing_soon(self, moment: datetime, *, longer_than: timedelta) -> SignUpQuerySet:
        """Offers that end by the moment and live longer than that, the person not yet reminded."""
        return self.filter(
            status=SignUpStatus.OFFERED,
            offer_expires_at__lte=moment,
            offer_expires_at__gt=F("offered_at") + longer_than,
            reminded_at__isnull=True,
        )

    def overlapping(self, starts_at: datetime, ends_at: datetime) -> SignUpQuerySet:
        """On shifts that share an instant with [starts_at, ends_at)."""
        return self.filter(shift__starts_at__lt=ends_at, shift__ends_at__gt=starts_at)

    def note_changed(self) -> None:
        """Tells the phones of all these people that their place, its shift or its mission is not as it was."""
        noted = []
        for person_id, pk, attendance_id in self.values_list("person", "pk", "attendance"):
            noted.append(Noted(person_id, "sign_up", pk))
            if attendance_id:
                noted.append(Noted(person_id, "attendance", attendance_id))
        note_changes(noted)

    def run_by(self, person: Reader) -> SignUpQuerySet:
        """On missions of organisations the person runs."""
        return self.filter(shift__in=related(self, "shift").run_by(person).values("pk"))

    def visible_to(self, person: Reader) -> SignUpQuerySet:
        """One's own, those on missions one runs, those of the students of classes one answers for.

        Annotated with `is_seen_whole`: why somebody was declined is theirs and the organisers' to read.
        """
        if not person.is_authenticated:
            return self.none()
        run = related(self, "shift").run_by(person)
        # Of the school year the shift is in: last year's teacher has no eye on this year's life.
        starts_at = ExpressionWrapper(OuterRef("shift__starts_at"), output_field=DateTimeField())
        day = TruncDate(starts_at, tzinfo=paris.PARIS)
        led = Enrolment.objects.active().on_day(day).led_by(person).filter(student=OuterRef("person"))
        whole = Q(person=person) | Q(shift__in=run.values("pk"))
        return self.filter(whole | Exists(led)).annotate(
            is_seen_whole=ExpressionWrapper(whole, output_field=BooleanField())
        )
