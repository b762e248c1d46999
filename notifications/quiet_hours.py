"""When a person is left alone: at night by the clocks of the deployment, or between hours of their own."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from common.local_time import day_of, zone
from notifications.models import Preference

MONDAY = 0


@dataclass(frozen=True)
class QuietHours:
    """From `begin` (included) to `end` (not), by the clocks on the wall of LOCAL_TIME_ZONE. The same twice: never.

    On a night when the clocks change they are an hour shorter or longer.
    """

    begin: time
    end: time

    def holds(self, moment: datetime) -> bool:
        """Whether the moment falls in them."""
        return self.begin != self.end and self.next_end(moment) < self.next_begin(moment)

    def next_begin(self, moment: datetime) -> datetime:
        """The first time after the moment at which they begin."""
        return _next(moment, self.begin)

    def next_end(self, moment: datetime) -> datetime:
        """The first time after the moment at which they end."""
        return _next(moment, self.end)

    def first_allowed(self, moment: datetime) -> datetime:
        """The moment, or when the hours end that it falls in."""
        return self.next_end(moment) if self.holds(moment) else moment

    def next_digest(self, moment: datetime, *, is_weekly: bool = False) -> datetime:
        """When the next digest leaves: as they end, every day or every Monday."""
        due = self.next_end(moment)
        while is_weekly and due.astimezone(zone()).weekday() != MONDAY:
            due = self.next_end(due)
        return due


def of_deployment() -> QuietHours:
    """Those of people who chose none."""
    return QuietHours(time.fromisoformat(settings.QUIET_HOURS_START), time.fromisoformat(settings.QUIET_HOURS_END))


def of_preference(preference: Preference | None) -> QuietHours:
    """Those that were chosen, else the deployment's."""
    if preference is None or preference.quiet_from is None or preference.quiet_until is None:
        return of_deployment()
    return QuietHours(preference.quiet_from, preference.quiet_until)


def of_people(ids: Collection[UUID]) -> dict[UUID, QuietHours]:
    """Those of each of these people. note: causes one query."""
    chosen = {row.person_id: row for row in Preference.objects.filter(person__in=ids)}
    return {pk: of_preference(chosen.get(pk)) for pk in ids}


def of_person(person: Any) -> QuietHours:
    """Those of this person. note: causes a query."""
    return of_preference(Preference.objects.filter(person=person).first())


def _instant(day: date, clock: time) -> datetime:
    # In UTC: Python compares two times of one zone by their wall clocks.
    return datetime.combine(day, clock, zone()).astimezone(UTC)


def _next(moment: datetime, clock: time) -> datetime:
    day = day_of(moment)
    while (instant := _instant(day, clock)) <= moment:
        day += timedelta(days=1)
    return instant
