"""What really happened on a shift."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet, Value
from django.utils.translation import pgettext_lazy

from accounts.models import Reader
from common.models import Row
from common.querysets import related
from missions.models.shifts import Shift
from missions.models.sign_ups import SignUp
from missions.states import (
    UNSAID_ATTENDANCE,
    AttendanceStatus,
    AttendanceVerb,
    SignUpStatus,
    Stage,
)

WORST_ACCURACY_METRES = 50


class Direction(models.TextChoices):
    IN = "in", pgettext_lazy("check-in", "Arrival")
    OUT = "out", pgettext_lazy("check-in", "Departure")


class CheckInMethod(models.TextChoices):
    """By the rotating QR, by the code an organiser said aloud, or by the organiser's own list."""

    QR = "qr", pgettext_lazy("check-in", "By QR code")
    SPOKEN = "spoken", pgettext_lazy("check-in", "By a spoken code")
    LIST = "list", pgettext_lazy("check-in", "By the organiser’s list")


class AttendanceFlag(models.TextChoices):
    """What whoever confirms must know. A flag never blocks."""

    OFFLINE = "offline", pgettext_lazy("attendance", "Sent later, without a network")
    DRIFTING = "drifting", pgettext_lazy("attendance", "The phone’s clock was wrong")
    FAR = "far", pgettext_lazy("attendance", "Far from the place")
    IMPRECISE = "imprecise", pgettext_lazy("attendance", "Position not precise")
    CLOSED_BY_JOB = "closed_by_job", pgettext_lazy("attendance", "Departure not noted by the person")
    WALK_IN = "walk_in", pgettext_lazy("attendance", "Came without signing up")
    NO_CHECK_IN = "no_check_in", pgettext_lazy("attendance", "Confirmed without a check-in")


class AttendanceQuerySet(QuerySet[Any]):
    def run_by(self, person: Reader) -> AttendanceQuerySet:
        """On missions of organisations the person runs; seen whole."""
        run = self.filter(sign_up__in=related(self, "sign_up").run_by(person).values("pk"))
        return run.annotate(is_seen_whole=Value(True))

    def visible_to(self, person: Reader) -> AttendanceQuerySet:
        """As the sign-up they belong to.

        Annotated with `is_seen_whole`: flags, and how somebody checked in, are the mission's organisers' alone.
        """
        sign_ups = related(self, "sign_up")
        seen = self.filter(sign_up__in=sign_ups.visible_to(person).values("pk"))
        run = Q(sign_up__in=sign_ups.run_by(person).values("pk")) if person.is_authenticated else Q(pk__in=[])
        return seen.annotate(is_seen_whole=ExpressionWrapper(run, output_field=BooleanField()))

    def in_stage(self, stage: str, now: datetime) -> AttendanceQuerySet:
        """Before the end of their shift, after it without the organiser's word, or with it: each is in one stage."""
        unsaid, is_over = Q(status__in=UNSAID_ATTENDANCE), Q(sign_up__shift__ends_at__lte=now)
        stages = {
            Stage.TO_COME: unsaid & ~is_over,
            Stage.WAITING: unsaid & is_over,
            Stage.PAST: ~unsaid,
        }
        return self.filter(stages[Stage(stage)])

    def to_confirm(self) -> AttendanceQuerySet:
        """Of which the organisers have said nothing."""
        return self.filter(status__in=UNSAID_ATTENDANCE)

    def with_story(self) -> AttendanceQuerySet:
        """With the place, its person and mission, the check-ins and the organisers' words: all that is shown."""
        return self.select_related("sign_up__person", "sign_up__shift__mission").prefetch_related("check_ins", "events")

    def expected_between(self, after: datetime, until: datetime) -> AttendanceQuerySet:
        """Expected on shifts that start after the first instant and not after the second."""
        return self.filter(
            status=AttendanceStatus.EXPECTED,
            sign_up__status=SignUpStatus.ACCEPTED,
            sign_up__shift__starts_at__gt=after,
            sign_up__shift__starts_at__lte=until,
        )

    def never_left(self, ended_before: datetime) -> AttendanceQuerySet:
        """Checked in and not out, on shifts that ended by then."""
        return self.filter(status=AttendanceStatus.CHECKED_IN, sign_up__shift__ends_at__lte=ended_before)


class Attendance(Row):
    """What really happened to an accepted place. Once confirmed, `arrived_at` and `left_at` are what counts."""

    sign_up = models.OneToOneField(SignUp, on_delete=models.CASCADE, related_name="attendance")
    status = models.CharField(max_length=11, choices=AttendanceStatus, default=AttendanceStatus.EXPECTED)
    # Nobody checked out: closed with the shift's end, until a late check-out says better.
    closed_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    minutes = models.PositiveSmallIntegerField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="attendances_confirmed"
    )

    objects = AttendanceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="attendance_confirmed_iff_its_facts",
                condition=Q(
                    status=AttendanceStatus.CONFIRMED,
                    minutes__isnull=False,
                    confirmed_at__isnull=False,
                    arrived_at__isnull=False,
                    left_at__isnull=False,
                )
                | (
                    ~Q(status=AttendanceStatus.CONFIRMED)
                    & Q(
                        minutes__isnull=True,
                        confirmed_at__isnull=True,
                        arrived_at__isnull=True,
                        left_at__isnull=True,
                    )
                ),
            ),
            models.CheckConstraint(
                name="attendance_closed_was_checked_out",
                condition=Q(closed_at__isnull=True)
                | Q(status__in=[AttendanceStatus.CHECKED_OUT, AttendanceStatus.CONFIRMED]),
            ),
        ]
        indexes = [
            # Who is there now: few among all who ever were.
            models.Index(
                fields=["sign_up"], condition=Q(status=AttendanceStatus.CHECKED_IN), name="attendance_checked_in"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.id}"

    @property
    def is_of_class_session(self) -> bool:
        """Whether the hours of a student whose whole class was signed up stand confirmed; reads the sign-up."""
        return self.status == AttendanceStatus.CONFIRMED and self.sign_up.class_group_id is not None

    @property
    def state_of_check_ins(self) -> AttendanceStatus:
        """Where the check-ins alone put it: what an organiser's word is taken back to."""
        directions = {row.direction for row in self.check_ins.all()}
        if Direction.OUT in directions or self.closed_at is not None:
            return AttendanceStatus.CHECKED_OUT
        return AttendanceStatus.CHECKED_IN if directions else AttendanceStatus.EXPECTED

    @property
    def counted_check_ins(self) -> list[CheckIn]:
        """The check-in and the check-out that count, where there are such; reads `check_ins`."""
        return counted(self.check_ins.all())

    @property
    def flags(self) -> list[AttendanceFlag]:
        """In the order of AttendanceFlag; reads `check_ins` and the sign-up."""
        check_ins = self.counted_check_ins
        raised = {
            AttendanceFlag.OFFLINE: any(row.is_offline for row in check_ins),
            AttendanceFlag.DRIFTING: any(row.is_drifting for row in check_ins),
            AttendanceFlag.FAR: any(row.is_far for row in check_ins),
            AttendanceFlag.IMPRECISE: any(row.is_imprecise for row in check_ins),
            AttendanceFlag.CLOSED_BY_JOB: self.closed_at is not None,
            AttendanceFlag.WALK_IN: self.sign_up.is_walk_in,
            AttendanceFlag.NO_CHECK_IN: self.status == AttendanceStatus.CONFIRMED
            and not any(row.direction == Direction.IN for row in check_ins),
        }
        return [flag for flag, is_raised in raised.items() if is_raised]


class CheckIn(Row):
    """A check-in or check-out with its three times: when it occurred, when the phone sent it, when it came.

    One check-in of an attendance, and any number of check-outs, of which `counted` says the one that counts.
    Of a position only its distance to the mission and its accuracy are kept, in whole metres.
    """

    attendance = models.ForeignKey(Attendance, on_delete=models.CASCADE, related_name="check_ins")
    direction = models.CharField(max_length=3, choices=Direction)
    method = models.CharField(max_length=6, choices=CheckInMethod, default=CheckInMethod.QR)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    occurred_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    received_at = models.DateTimeField()
    is_offline = models.BooleanField(default=False)
    is_drifting = models.BooleanField(default=False)
    distance_metres = models.PositiveIntegerField(null=True)
    accuracy_metres = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["attendance"], condition=Q(direction=Direction.IN), name="check_in_once_per_attendance"
            ),
            models.UniqueConstraint(
                fields=["attendance", "method", "occurred_at"],
                condition=Q(direction=Direction.OUT),
                name="check_out_once_per_method_and_instant",
            ),
            models.CheckConstraint(
                name="check_in_has_distance_iff_accuracy",
                condition=Q(distance_metres__isnull=True, accuracy_metres__isnull=True)
                | Q(distance_metres__isnull=False, accuracy_metres__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.id}"

    @property
    def is_far(self) -> bool:
        return self.distance_metres is not None and self.distance_metres > settings.CHECK_IN_FAR_METRES

    @property
    def is_imprecise(self) -> bool:
        return self.accuracy_metres is not None and self.accuracy_metres > WORST_ACCURACY_METRES


def counted(check_ins: Iterable[CheckIn]) -> list[CheckIn]:
    """Of an attendance's rows those that count: the check-in, and of check-outs the newest that an organiser ticked, or
    without any the latest that the person's phone told, in whatever order they came."""
    rows = list(check_ins)
    came = [row for row in rows if row.direction == Direction.IN]
    left = [row for row in rows if row.direction == Direction.OUT]
    ticked = [row for row in left if row.method == CheckInMethod.LIST]
    if ticked:
        left = [max(ticked, key=lambda row: (row.received_at, row.pk))]
    elif left:
        left = [max(left, key=lambda row: (row.occurred_at, row.pk))]
    return [*came, *left]


class WrongCode(Row):
    """A spoken code that somebody tried and that was not right; kept while it counts against them."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    shift = models.ForeignKey(Shift, on_delete=models.CASCADE, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["shift", "created_at"], name="wrong_code_of_shift"),
            models.Index(fields=["created_at"], name="wrong_code_old"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class AttendanceEvent(Row):
    """An organiser's word on an attendance; appended, never changed."""

    attendance = models.ForeignKey(Attendance, on_delete=models.CASCADE, related_name="events")
    verb = models.CharField(max_length=12, choices=AttendanceVerb)
    minutes = models.PositiveSmallIntegerField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return f"{self.verb} {self.id}"
