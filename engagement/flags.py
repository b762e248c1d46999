"""What a teacher should look at in an entry. A flag never refuses, and its student never sees it."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from common import paris
from common.globe import distance_km
from engagement.models import Evidence, HourEntry
from engagement.states import EntryFlag
from missions.models import CheckIn, counted

LONG_DAY_MINUTES = 8 * 60
TOO_FAST_KM_PER_HOUR = 90
# Two points of one town are no journey.
SHORTEST_JOURNEY_KM = 1
# No two places of the country are farther apart than two days at that speed.
NEIGHBOURS_WITHIN = timedelta(days=2)


def flags_of(entry: HourEntry, *, evidence: Iterable[str]) -> list[str]:
    """The flags of an entry as it is handed in, sorted; that of a tutor's quick answer stays as it is."""
    flags = {EntryFlag.QUICK_ANSWER} & set(entry.flags)
    neighbours = _neighbours(entry)
    if any(_minutes_on(day, entry, neighbours) > LONG_DAY_MINUTES for day in _days_of(entry)):
        flags.add(EntryFlag.LONG_DAY)
    if _is_too_fast(entry, neighbours):
        flags.add(EntryFlag.TOO_FAST)
    if evidence and Evidence.objects.seen_before(evidence, entry).exists():
        flags.add(EntryFlag.PHOTO_SEEN)
    if entry.attendance_id:
        for row in counted(CheckIn.objects.filter(attendance=entry.attendance_id)):
            flags |= {EntryFlag.OFFLINE_CHECK_IN} if row.is_offline else set()
            flags |= {EntryFlag.DRIFTING_CHECK_IN} if row.is_drifting else set()
    return sorted(str(flag) for flag in flags)


def with_quick_answer(entry: HourEntry) -> list[str]:
    """The entry's flags and that of a tutor who answered at once, as only somebody with their mailbox open does."""
    return sorted({*entry.flags, str(EntryFlag.QUICK_ANSWER)})


def _neighbours(entry: HourEntry) -> list[HourEntry]:
    """The person's other entries that stand, around this one, by time."""
    others = HourEntry.objects.sharing_time_with(entry, within=NEIGHBOURS_WITHIN)
    return list(others.select_related("mission").order_by("started_at"))


def _days_of(entry: HourEntry) -> list[Any]:
    return paris.days_of(entry.started_at, entry.ended_at)


def _minutes_on(day: Any, entry: HourEntry, neighbours: list[HourEntry]) -> int:
    return sum(
        min(one.claimed_minutes, paris.minutes_on(day, one.started_at, one.ended_at)) for one in [entry, *neighbours]
    )


def _is_too_fast(entry: HourEntry, neighbours: list[HourEntry]) -> bool:
    before = [one for one in neighbours if one.ended_at <= entry.started_at][-1:]
    after = [one for one in neighbours if one.started_at >= entry.ended_at][:1]
    journeys = [*((one, entry) for one in before), *((entry, one) for one in after)]
    return any(_is_journey_too_fast(*journey) for journey in journeys)


def _is_journey_too_fast(first: HourEntry, second: HourEntry) -> bool:
    points = [(one.mission.latitude, one.mission.longitude) for one in (first, second) if one.mission]
    if len(points) < 2 or None in (*points[0], *points[1]):
        return False
    km = distance_km(*points[0], *points[1])  # type: ignore[arg-type]
    hours = (second.started_at - first.ended_at).total_seconds() / 3600
    return km > max(SHORTEST_JOURNEY_KM, TOO_FAST_KM_PER_HOUR * hours)
