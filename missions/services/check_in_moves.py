"""What every way of checking in has in common: the locks, the window, and the move of the attendance.

One check-in per person and shift: a repeat, by whoever and however, answers the first. Check-outs are all written
until the attendance is confirmed; which one counts is said by `counted` (missions.models).
Lock order: the people by id, then their attendances by id.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.locks import lock_people
from accounts.models import User
from common import readable
from common.errors import DomainError, next_state
from missions import codes
from missions.models import Attendance, CheckIn, Direction, Shift
from missions.states import ATTENDANCE_TRANSITIONS

LATEST = timedelta(hours=72)


class OutsideWindow(DomainError):
    """With `opens_at` or `closes_at` where an hour is why."""

    code = "outside_window"

    @classmethod
    def at(cls, sentence: Any, name: str, moment: datetime) -> "OutsideWindow":
        """The sentence says when (`%(day)s`, in Paris), the fact of that name the same for programs."""
        return cls(sentence % {"day": readable.moment(moment)}, extra={name: moment})


@dataclass(frozen=True)
class Outcome:
    """What became of one telling, or of one line of a list: the check-in, new or known, or the refusal."""

    check_in: CheckIn | None
    error: DomainError | None


# Check-ins and check-outs that are there, by attendance.
Known = dict[UUID, list[CheckIn]]


def locked_attendances(rows: Any) -> list[Attendance]:
    """Attendances under their locks, by id, with all that a check-in looks at."""
    rows = rows.select_for_update(of=("self",)).select_related("sign_up__shift__mission", "sign_up__person")
    return list(rows.prefetch_related("check_ins").order_by("pk"))


def lock_run_attendances(attendance_ids: Sequence[UUID], *, actor: User) -> dict[UUID, Attendance]:
    """Those of missions the actor runs, under the locks of their people and their own."""
    run = Attendance.objects.run_by(actor).filter(pk__in=set(attendance_ids))
    lock_people(run.values_list("sign_up__person", flat=True))
    return {row.pk: row for row in locked_attendances(run)}


def known_of(attendances: Iterable[Attendance]) -> Known:
    return {one.pk: list(one.check_ins.all()) for one in attendances}


def coming_in(there: Iterable[CheckIn]) -> CheckIn | None:
    return next((row for row in there if row.direction == Direction.IN), None)


def ensure_in_window(shift: Shift, direction: str, occurred_at: datetime, now: datetime) -> None:
    """Raises OutsideWindow for a coming or leaving told of a time at which there is none, or too late."""
    is_out = direction == Direction.OUT
    if is_out and occurred_at < shift.starts_at:
        raise OutsideWindow(
            _("The shift has not started yet: check out when you leave it."),
            extra={"opens_at": shift.starts_at},
        )
    opens_at = shift.starts_at - codes.OPENS_BEFORE
    closes_at = shift.ends_at + codes.CLOSES_AFTER if is_out else shift.ends_at
    if occurred_at < opens_at:
        raise OutsideWindow.at(_("Check-in opens on %(day)s, 30 minutes before the start."), "opens_at", opens_at)
    if occurred_at > closes_at:
        late = _("Check-in closed on %(day)s, with the end of the shift: the organiser can still confirm the minutes.")
        if is_out:
            late = _("Check-out closed on %(day)s, 2 hours after the end: the organiser can still confirm the minutes.")
        raise OutsideWindow.at(late, "closes_at", closes_at)
    if occurred_at > now + codes.STEP:
        raise OutsideWindow(_("This time is still to come. Check the clock of the phone."))
    if occurred_at < now - LATEST:
        raise OutsideWindow(_("That was over 72 hours ago: the organiser can still confirm the minutes."))


def move(attendance: Attendance, check_in: CheckIn, there: list[CheckIn]) -> None:
    """Moves the attendance in memory. A true check-out replaces the guess of the job that closed."""
    came = coming_in(there)
    is_out = check_in.direction == Direction.OUT
    status = next_state(ATTENDANCE_TRANSITIONS, "check_out" if is_out else "check_in", attendance.status)
    if is_out and came is not None and check_in.occurred_at < came.occurred_at:
        raise OutsideWindow(_("The check-out is before the check-in. Check the time."))
    attendance.status = status
    attendance.closed_at = None
