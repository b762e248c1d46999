"""Days and nights as people live them: Paris wall time, whatever the instants are stored in."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
NIGHT_STARTS = time(22)
NIGHT_ENDS = time(6)


def instant(day: date, wall_time: time) -> datetime:
    """The UTC instant of a Paris wall time.

    In UTC, because Python subtracts and compares two times of one zone by their wall clocks: across the change
    of summer time that is an hour wrong.
    """
    return datetime.combine(day, wall_time, tzinfo=PARIS).astimezone(UTC)


def midnight(day: date) -> datetime:
    """The UTC instant a Paris day begins."""
    return instant(day, time())


def day_of(moment: datetime) -> date:
    """The Paris day an instant falls on."""
    return moment.astimezone(PARIS).date()


def days_of(start: datetime, end: datetime) -> list[date]:
    """Every Paris day that the time from start (included) to end (excluded) touches."""
    first, last = day_of(start), day_of(end - timedelta(microseconds=1))
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def elapsed_minutes(start: datetime, end: datetime) -> int:
    """Whole minutes (rounded down) that passed from start to end, whatever their clocks showed; negative backwards."""
    return int((end.astimezone(UTC) - start.astimezone(UTC)).total_seconds() // 60)


def minutes_on(day: date, start: datetime, end: datetime) -> int:
    """Whole elapsed minutes (rounded down) of [start, end) that fall on a Paris day."""
    first = max(start.astimezone(UTC), midnight(day))
    last = min(end.astimezone(UTC), midnight(day + timedelta(days=1)))
    return max(0, elapsed_minutes(first, last))


def touches_night(start: datetime, end: datetime) -> bool:
    """Whether [start, end) touches the hours between 22:00 and 06:00 in Paris."""
    for day in days_of(start, end):
        from_midnight = max(start, midnight(day))
        to_midnight = min(end, midnight(day + timedelta(days=1)))
        if from_midnight < instant(day, NIGHT_ENDS) or to_midnight > instant(day, NIGHT_STARTS):
            return True
    return False


def age_on(birth_date: date, day: date) -> int:
    """Age in whole years on a day; a birthday of 29 February is kept on 1 March in common years."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def birthday(birth_date: date, age: int) -> date:
    """The first day on which the person is `age` years old (inverse of age_on)."""
    try:
        return birth_date.replace(year=birth_date.year + age)
    except ValueError:
        return date(birth_date.year + age, 3, 1)


def latest_birth_date(age: int, day: date) -> date:
    """A person born after it is younger than `age` on that day (age_on, as a bound to filter by)."""
    try:
        return day.replace(year=day.year - age)
    except ValueError:
        return date(day.year - age, 2, 28)


def next_day(day: date) -> date:
    """The day after."""
    return day + timedelta(days=1)
