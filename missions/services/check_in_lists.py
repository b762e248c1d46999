"""Coming and leaving by the organiser's list, which stands over what phones tell."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import DomainError, NotVisible
from missions.models import Attendance, CheckIn, CheckInMethod, Direction
from missions.services import check_in_moves
from missions.services.check_in_moves import (
    Outcome,
    coming_in,
    ensure_in_window,
    lock_run_attendances,
    move,
)
from missions.services.writing import write_attendances


class OwnAttendance(DomainError):
    code = "own_attendance"
    detail = _("Somebody else must do this for your own attendance.")


@transaction.atomic
def check_in_by_list(
    attendance_ids: Sequence[UUID], *, direction: str, occurred_at: datetime | None = None, actor: User
) -> list[Outcome]:
    """The organiser ticks who came or left, one or five hundred, at one time (now unless told), in six queries.

    In the same windows as a code. Refusals, per line: NotVisible (not of a mission the actor runs), OwnAttendance,
    OutsideWindow, WrongState. A check-in that is there already is answered as it is; a check-out of another time counts
    in place of those before, until the attendance is confirmed: that is how a wrong one is put right.
    """
    now = timezone.now()
    rows = lock_run_attendances(attendance_ids, actor=actor)
    known = check_in_moves.known_of(rows.values())
    outcomes, made, moved = [], [], {}
    for attendance_id in attendance_ids:
        try:
            attendance = rows.get(attendance_id)
            if attendance is None:
                raise NotVisible
            there = known[attendance.pk]
            row = _ticked_before(there, direction, occurred_at or now)
            if row is None:
                row = _tick(attendance, direction, occurred_at or now, now, actor, there)
                there.append(row)
                made.append(row)
                moved[attendance.pk] = attendance
            outcomes.append(Outcome(row, None))
        except DomainError as error:
            outcomes.append(Outcome(None, error))
    CheckIn.objects.bulk_create(made)
    write_attendances(list(moved.values()), "status", "closed_at")
    return outcomes


def _ticked_before(there: Iterable[CheckIn], direction: str, occurred_at: datetime) -> CheckIn | None:
    """What a list says again: any check-in, and a check-out that an organiser ticked for the same instant."""
    if direction == Direction.IN:
        return coming_in(there)
    ticked = [row for row in there if row.direction == Direction.OUT and row.method == CheckInMethod.LIST]
    return next((row for row in ticked if row.occurred_at == occurred_at), None)


def _tick(
    attendance: Attendance, direction: str, occurred_at: datetime, now: datetime, actor: User, there: list[CheckIn]
) -> CheckIn:
    if attendance.sign_up.person_id == actor.pk:
        raise OwnAttendance
    ensure_in_window(attendance.sign_up.shift, direction, occurred_at, now)
    check_in = CheckIn(
        attendance=attendance,
        direction=direction,
        method=CheckInMethod.LIST,
        recorded_by=actor,
        occurred_at=occurred_at,
        sent_at=now,
        received_at=now,
    )
    move(attendance, check_in, there)
    return check_in
