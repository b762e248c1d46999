"""Dates as partners write them: ISO 8601, or day and month in an order that the whole feed has to agree on."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

from django.utils.dateparse import parse_datetime

from common import paris

DATE_FIELDS = ("startAt", "endAt", "postedAt")
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Day and month in either order, then the year; a time of day is Paris time.
NUMBERED = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})(?:[ T]+([0-9]{1,2})[:h]([0-9]{2})(?::[0-9]{2})?)?")
MONTHS = 12


class DayOrder(StrEnum):
    """Which comes first in a feed's dates. UNSURE: no date tells, or two tell different things."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"
    UNSURE = "unsure"


def order_of(missions: Iterable[Any]) -> DayOrder:
    """The order that all dates of a feed agree on: a number over 12 is a day, and tells it for the others."""
    told = set()
    for mission in missions:
        values = (mission.get(name) for name in DATE_FIELDS) if isinstance(mission, Mapping) else ()
        for value in values:
            found = NUMBERED.fullmatch(value.strip()) if isinstance(value, str) else None
            if found and int(found[1]) > MONTHS:
                told.add(DayOrder.DAY_FIRST)
            elif found and int(found[3]) > MONTHS:
                told.add(DayOrder.MONTH_FIRST)
    return told.pop() if len(told) == 1 else DayOrder.UNSURE


def instant_of(text: str, order: DayOrder, *, is_end: bool) -> datetime | None:
    """The instant in UTC; of a day alone its start in Paris, or its end. None for what is not sure."""
    try:
        if ISO_DATE.fullmatch(text):
            return _edge_of(date.fromisoformat(text), is_end)
        if found := NUMBERED.fullmatch(text):
            return _of_numbers(found, order, is_end)
        moment = parse_datetime(text) if ISO_DATE.match(text) else parsedate_to_datetime(text)
        # Without its offset a time is one of several.
        return moment.astimezone(UTC) if moment is not None and moment.tzinfo is not None else None
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _of_numbers(found: re.Match[str], order: DayOrder, is_end: bool) -> datetime | None:
    first, second = int(found[1]), int(found[3])
    if order == DayOrder.UNSURE and first != second:
        return None
    day, month = (second, first) if order == DayOrder.MONTH_FIRST else (first, second)
    when = date(int(found[4]), month, day)
    if found[5] is None:
        return _edge_of(when, is_end)
    return datetime.combine(when, time(int(found[5]), int(found[6])), paris.PARIS).astimezone(UTC)


def _edge_of(day: date, is_end: bool) -> datetime:
    # No calendar has the day after the last, and midnight of the first is before it in UTC.
    if not date.min + timedelta(days=1) < day < date.max - timedelta(days=1):
        raise ValueError(day)
    return paris.midnight(paris.next_day(day) if is_end else day)
