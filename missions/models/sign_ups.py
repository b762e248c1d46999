"""A person's place on a shift."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
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
    Value,
    When,
)
from django.db.models.functions import TruncDate
from django.utils import timezone

from accounts.models import Reader
from common import paris
from common.changes import Noted, note_changes
from common.models import Row
from common.querysets import related
from missions.models.shifts import Shift
from missions.states import (
    HOLDS_A_PLACE,
    LIVE_SIGN_UP,
    UNDECIDED_SIGN_UP,
    SignUpStatus,
    Stage,
)
from schools.models import ClassGroup, Enrolment

PHONE_SHOWN_AFTER_SHIFT = timedelta(hours=24)


class SignUpQuerySet(QuerySet[Any]):
    def own(self, person: Reader) -> SignUpQuerySet:
        """The person's own, seen whole."""
        return self.filter(person=person).annotate(is_seen_whole=Value(True))

    def in_stage(self, stage: str, now: datetime) -> SignUpQuerySet:
        """Places on shifts that are not over, what waits for somebody, or the rest: each sign-up is in one stage."""
        waiting, to_come = Q(status__in=UNDECIDED_SIGN_UP), Q(status=SignUpStatus.ACCEPTED, shift__ends_at__gt=now)
        stages = {Stage.TO_COME: to_come, Stage.WAITING: waiting, Stage.PAST: ~waiting & ~to_come}
        return self.filter(stages[Stage(stage)])

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
        """Undecided for too long, or still waiting at the start; if made during a shift, at its end."""
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


class SignUp(Row):
    """A person's place on a shift, asked for or held."""

    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="sign_ups")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sign_ups")
    status = models.CharField(max_length=10, choices=SignUpStatus)
    reason = models.CharField(max_length=500, blank=True)
    # Signed up with their whole class: what follows is a class session.
    class_group = models.ForeignKey(ClassGroup, null=True, on_delete=models.PROTECT, related_name="+")
    # Came without a place and was let in: stands beside the places, never counted in the shift's taken_count.
    is_walk_in = models.BooleanField(default=False)
    # Organisers may read the telephone of an adult who has the place, until a day after the shift.
    allows_calls = models.BooleanField(default=False)
    # A states.Reason, where a rule ended the sign-up or has a waiting one passed over.
    machine_reason = models.CharField(max_length=20, blank=True)
    # The place in the shift's waiting list: given under the shift's lock, never given twice.
    queue_number = models.PositiveIntegerField(null=True)
    offered_at = models.DateTimeField(null=True)
    offer_expires_at = models.DateTimeField(null=True)
    # Of what still waits for somebody: the organiser's decision, or the person's answer to an offer.
    reminded_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = SignUpQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shift", "person"],
                condition=Q(status__in=LIVE_SIGN_UP),
                name="sign_up_once_live_per_person_and_shift",
            ),
            models.CheckConstraint(
                name="sign_up_accepted_has_its_instant",
                condition=~Q(status=SignUpStatus.ACCEPTED) | Q(accepted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="sign_up_ended_iff_not_live",
                condition=Q(status__in=LIVE_SIGN_UP, ended_at__isnull=True)
                | (~Q(status__in=LIVE_SIGN_UP) & Q(ended_at__isnull=False)),
            ),
            models.UniqueConstraint(fields=["shift", "queue_number"], name="sign_up_waits_alone_at_its_number"),
            models.CheckConstraint(
                name="sign_up_waiting_has_its_number",
                condition=~Q(status__in=[SignUpStatus.WAITLISTED, SignUpStatus.OFFERED])
                | Q(queue_number__isnull=False),
            ),
            models.CheckConstraint(
                name="sign_up_offered_has_its_end",
                condition=~Q(status=SignUpStatus.OFFERED)
                | Q(offered_at__isnull=False, offer_expires_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["shift", "queue_number"],
                condition=Q(status__in=UNDECIDED_SIGN_UP),
                name="sign_up_undecided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.id}"

    @property
    def display_name(self) -> str:
        """The name organisers read in the app: a minor's surname is an initial until the place is theirs."""
        if self.status == SignUpStatus.ACCEPTED or not self._hides_surname:
            return self.person.full_name
        return self.person.short_name

    @property
    def message_name(self) -> str:
        """The name that may leave in a push or a mail: never a minor's surname."""
        return self.person.first_name if self._hides_surname else self.person.full_name

    @property
    def shown_phone(self) -> str:
        """The telephone the organisers read: of an accepted adult who allowed calls, until 24 h after the shift."""
        is_over = timezone.now() > self.shift.ends_at + PHONE_SHOWN_AFTER_SHIFT
        is_shown = self.allows_calls and self.status == SignUpStatus.ACCEPTED and not (is_over or self._hides_surname)
        return self.person.phone if is_shown else ""

    @property
    def _hides_surname(self) -> bool:
        """Of a minor on the day of the shift, or still one today."""
        return self.is_of_a_minor or self.person.is_minor_on(paris.day_of(timezone.now()))

    @property
    def is_of_a_minor(self) -> bool:
        """Under 18 on the Paris day the shift starts."""
        return self.person.is_minor_on(paris.day_of(self.shift.starts_at))
