"""Reminders of shifts, a day and two hours before, to whoever has a place and may forget it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from missions import notices
from missions.kinds import Kind
from missions.models import Attendance, SignUp
from notifications import outbox, quiet_hours
from notifications.outbox import Notice

A_DAY = timedelta(hours=24)
TWO_HOURS = timedelta(hours=2)
# A beat that was off says it so much later. A shift that was moved nearer than that was told of as it was moved.
A_DAY_MAY_BE_LATE = timedelta(hours=4)
# From then on check-in is open, and says so itself.
TWO_HOURS_MAY_BE_LATE = timedelta(hours=1, minutes=45)
# Letters per statement: a morning's shifts of the whole region are some thousands.
LETTERS_AT_ONCE = 500


def remind_of_shifts() -> None:
    """Reminds, once of each start, those who took their place before the reminder was due. Safe to run twice."""
    now = timezone.now()
    for page in _pages(now, A_DAY, A_DAY_MAY_BE_LATE):
        _tell_each(Kind.SHIFT_IN_A_DAY, notices.shift_in_a_day, page)
    for page in _pages(now, TWO_HOURS, TWO_HOURS_MAY_BE_LATE):
        _tell_each(Kind.SHIFT_IN_TWO_HOURS, notices.shift_in_two_hours, _without_the_sleeping(page))


def _pages(now: datetime, before: timedelta, may_be_late: timedelta) -> list[list[SignUp]]:
    rows = Attendance.objects.expected_between(now + before - may_be_late, now + before)
    places = [row.sign_up for row in rows.select_related("sign_up__person", "sign_up__shift__mission")]
    due = [one for one in places if one.accepted_at is None or one.accepted_at <= one.shift.starts_at - before]
    return [due[first : first + LETTERS_AT_ONCE] for first in range(0, len(due), LETTERS_AT_ONCE)]


def _without_the_sleeping(places: list[SignUp]) -> list[SignUp]:
    """Leaves out whose quiet hours it would be, where the day before was told of already."""
    told = outbox.published(Kind.SHIFT_IN_A_DAY, places)
    hours = quiet_hours.of_people({one.person_id for one in places})
    return [
        one
        for one in places
        if not hours[one.person_id].holds(one.shift.starts_at - TWO_HOURS) or (one.pk, _occasion(one)) not in told
    ]


def _occasion(place: SignUp) -> str:
    # A shift that was moved starts once more.
    return outbox.occasion_of(place.shift.starts_at)


def _tell_each(kind: Kind, say: Callable[[Any], Notice], places: list[SignUp]) -> None:
    told = outbox.published(kind, places)
    with transaction.atomic():
        outbox.publish_many(
            outbox.Letter(say, one, one.person, occasion=_occasion(one))
            for one in places
            if (one.pk, _occasion(one)) not in told
        )
