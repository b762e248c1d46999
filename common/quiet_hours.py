"""The hours in which people are left alone: QUIET_HOURS_START to QUIET_HOURS_END, Paris wall time for everybody."""

from datetime import date, datetime, time, timedelta

from django.conf import settings

from common import paris


def _edge(day: date, wall_time: str) -> datetime:
    return paris.instant(day, time.fromisoformat(wall_time))


def _next(moment: datetime, wall_time: str) -> datetime:
    today = paris.day_of(moment)
    return next(
        edge
        for day in (today, today + timedelta(days=1), today + timedelta(days=2))
        if (edge := _edge(day, wall_time)) > moment
    )


def next_start(moment: datetime) -> datetime:
    """The first time after the moment at which quiet hours begin."""
    return _next(moment, settings.QUIET_HOURS_START)


def next_end(moment: datetime) -> datetime:
    """The first time after the moment at which quiet hours end."""
    return _next(moment, settings.QUIET_HOURS_END)


def holds(moment: datetime) -> bool:
    """Whether the moment is in quiet hours (start included, end not); never, when both edges are one."""
    return settings.QUIET_HOURS_START != settings.QUIET_HOURS_END and next_end(moment) < next_start(moment)
