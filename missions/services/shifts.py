"""Shifts: added one by one or week by week, copied, moved, made larger or smaller, cancelled."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common import paris
from common.errors import BadInput, DomainError, NotAllowed, WrongState, ensure_reason
from common.versions import ensure_version
from missions import codes, eligibility
from missions.models import Mission, Shift, SignUp
from missions.services.ends_of_missions import cancel_locked_shift
from missions.services.locks import lock_everybody_on, lock_mission
from missions.services.shift_changes import follow_change
from missions.services.waiting_list import offer_freed_places
from missions.services.writing import write_shift
from missions.states import ENDED_MISSION, AttendanceStatus, MissionStatus, ShiftStatus
from notifications import outbox
from organizations import selectors as organizations

LONGEST_SHIFT = timedelta(hours=12)
# A shift may be written up to a day late, while it happens; not for last month.
OLDEST_START = timedelta(hours=24)
FURTHEST_START = timedelta(days=2 * 366)
# A year of weeks, the first one included.
LONGEST_SERIES = 53


class ShiftImpossible(BadInput):
    code = "shift_impossible"


def _ensure_start(starts_at: datetime, now: datetime) -> None:
    if starts_at < now - OLDEST_START:
        raise ShiftImpossible(fields={"starts_at": _("This shift is over. Choose another one.")})
    if starts_at > now + FURTHEST_START:
        raise ShiftImpossible(fields={"starts_at": _("A shift starts within two years. Choose an earlier day.")})


def _ensure_possible(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    _ensure_start(starts_at, now)
    if ends_at <= starts_at or ends_at - starts_at > LONGEST_SHIFT:
        raise ShiftImpossible(
            fields={
                "ends_at": _("A shift ends after it starts and lasts at most 12 hours. Change one of the two times.")
            }
        )
    if ends_at <= now:
        raise ShiftImpossible(fields={"starts_at": _("This shift is over. Choose another one.")})


def _ensure_minimum(minimum: int | None, capacity: int) -> None:
    if minimum is not None and minimum > capacity:
        raise ShiftImpossible(
            fields={"minimum": _("The minimum is over the number of places. Lower it, or add places.")}
        )


def weekly_times(
    starts_at: datetime, ends_at: datetime, weekly_until: date | None
) -> list[tuple[datetime, datetime]]:
    """The shift's times, then those of each week up to and including the last day: the same wall clock in Paris.

    A start in the hour that summer time skips is an hour later on the clock; an end that would then not be after
    it keeps the length of the first. Raises ShiftImpossible for more than a year of weeks.
    """
    times = [(starts_at, ends_at)]
    first, last = starts_at.astimezone(paris.PARIS), ends_at.astimezone(paris.PARIS)
    while weekly_until is not None:
        week = timedelta(weeks=len(times))
        if first.date() + week > weekly_until:
            break
        if len(times) == LONGEST_SERIES:
            raise ShiftImpossible(fields={"weekly_until": _("Add at most a year of weeks at a time.")})
        start = paris.instant(first.date() + week, first.time())
        end = paris.instant(last.date() + week, last.time())
        times.append((start, end if end > start else start + (ends_at - starts_at)))
    return times


@transaction.atomic
def add_shifts(
    mission: Mission,
    *,
    starts_at: datetime,
    ends_at: datetime,
    capacity: int,
    minimum: int | None = None,
    weekly_until: date | None = None,
    actor: User,
) -> list[Shift]:
    """Adds a shift of at most 12 h that is not over, within two years, and its repeats of each week until a day.

    All of them or none. Raises NotAllowed, WrongState once the mission has ended, ShiftImpossible.
    """
    mission = lock_mission(mission.pk)
    if not organizations.runs(actor, mission.organization):
        raise NotAllowed
    if mission.status in ENDED_MISSION:
        raise WrongState("add_shift", mission.status)
    _ensure_minimum(minimum, capacity)
    now = timezone.now()
    _ensure_possible(starts_at, ends_at, now)
    if weekly_until is not None and weekly_until < paris.day_of(starts_at):
        raise ShiftImpossible(fields={"weekly_until": _("The last week is before the first one. Choose a later day.")})
    times = weekly_times(starts_at, ends_at, weekly_until)
    for start, end in times:
        _ensure_possible(start, end, now)
    if mission.awaits_shift:
        Mission.objects.filter(pk=mission.pk).update(awaits_shift=False)
    return [
        write_shift(Shift(mission=mission, starts_at=start, ends_at=end, capacity=capacity, minimum=minimum))
        for start, end in times
    ]


def copy_shift(
    shift: Shift, *, starts_at: datetime, weekly_until: date | None = None, actor: User
) -> list[Shift]:
    """Another shift as long and as large, at another time, and its weekly repeats. Raises as `add_shifts`."""
    _ensure_start(starts_at, timezone.now())
    return add_shifts(
        shift.mission,
        starts_at=starts_at,
        ends_at=starts_at + (shift.ends_at - shift.starts_at),
        capacity=shift.capacity,
        minimum=shift.minimum,
        weekly_until=weekly_until,
        actor=actor,
    )


def _locked(shift: Shift, actor: User) -> Shift:
    """The shift under its lock, after its mission and everybody on it. Raises NotAllowed."""
    mission = lock_mission(shift.mission_id)
    if not organizations.runs(actor, mission.organization):
        raise NotAllowed
    (row,) = lock_everybody_on([shift.pk])
    row.mission = mission
    return row


def _ensure_alive(shift: Shift, verb: str, now: datetime) -> None:
    if shift.status == ShiftStatus.CANCELLED:
        raise WrongState(verb, shift.status)
    if shift.mission.status in (MissionStatus.CANCELLED, MissionStatus.ARCHIVED):
        raise WrongState(verb, shift.mission.status)
    if shift.is_over(now):
        raise DomainError(_("The shift is over: it can no longer be changed. Add another one."), code="ended")


def _ensure_suits_who_came(shift: Shift, *, has_new_hours: bool) -> None:
    """A person who has checked in leaves by no rule any more, so that they must be allowed there at a new time.

    Raises DomainError: `somebody_came` when it begins over an hour after they did, for then they came for another
    time; the machine reason of a minor who would stay into the night or too long, or of one who has the next place.
    """
    came = SignUp.objects.live().filter(shift=shift).exclude(attendance__check_ins=None)
    if came.filter(attendance__check_ins__occurred_at__lt=shift.starts_at - 2 * codes.OPENS_BEFORE).exists():
        raise DomainError(
            _("Somebody has checked in already. Cancel this shift and add another one."), code="somebody_came"
        )
    still_there = came.filter(attendance__status=AttendanceStatus.CHECKED_IN).select_related("person").distinct()
    for row in still_there if has_new_hours else ():
        reason = eligibility.rule_against_hours(row.person, shift)
        if reason is not None:
            raise DomainError(
                _("Somebody who is there may not be at that time. Check them out first, or add another shift."),
                code=str(reason),
                field="starts_at",
            )


@transaction.atomic
def edit_shift(
    shift: Shift,
    changes: dict[str, Any],
    *,
    expected: set[int] | None,
    accept_losses: bool = False,
    actor: User,
) -> Shift:
    """Moves a shift or changes how many it takes; at a new time everybody is asked about again and told.

    The capacity may grow, and freed places are offered; it never falls under what is taken. Raises NotAllowed, Stale,
    WrongState, ShiftImpossible, DomainError (`ended`, `started`: its start is past, `capacity_under_taken`, and what
    stands against it for one who has checked in), WouldLose unless losses are accepted.
    """
    row = _locked(shift, actor)
    ensure_version(row, expected)
    now = timezone.now()
    _ensure_alive(row, "edit", now)
    before = (row.starts_at, row.ends_at)
    for name, value in changes.items():
        setattr(row, name, value)
    is_moved = (row.starts_at, row.ends_at) != before
    if is_moved:
        _ensure_possible(row.starts_at, row.ends_at, now)
    if row.starts_at != before[0] and min(row.starts_at, before[0]) <= now:
        said = _("The shift has started, or would have. Choose a time to come, or add another shift.")
        raise DomainError(said, code="started", field="starts_at")
    _ensure_minimum(row.minimum, row.capacity)
    if row.capacity < row.taken_count:
        said = _("More places are taken than that. Keep more places, or take somebody's place back first.")
        raise DomainError(said, code="capacity_under_taken", field="capacity")
    if is_moved:
        _ensure_suits_who_came(row, has_new_hours=row.starts_at < before[0] or row.ends_at > before[1])
    row.version += 1
    write_shift(row, *changes, "version")
    if is_moved:
        row.former_starts_at = before[0]
        follow_change(row.mission, [row], occasion=outbox.occasion_of(row.version), accept_losses=accept_losses)
    else:
        offer_freed_places(row)
    row.refresh_from_db()
    return row


@transaction.atomic
def cancel_shift(shift: Shift, *, reason: str, actor: User) -> Shift:
    """It does not take place; everybody on it and guardians of minors are told why.

    Raises NotAllowed, BadInput (`reason_needed`), WrongState, DomainError (`ended`).
    """
    ensure_reason(reason)
    row = _locked(shift, actor)
    _ensure_alive(row, "cancel", timezone.now())
    cancel_locked_shift(row, reason)
    row.refresh_from_db()
    return row
