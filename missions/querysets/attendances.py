"""Which attendances exist for whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet, Value

from accounts.models import Reader
from common.querysets import related
from missions.states import AttendanceStatus, SignUpStatus


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

    def with_story(self) -> AttendanceQuerySet:
        """With the place, its person and mission, the check-ins and the organisers' words: all that is shown."""
        return self.select_related("sign_up__person", "sign_up__shift__mission").prefetch_related(
            "check_ins", "events"
        )

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
