"""What really happened: check-in and check-out by code, and the organiser's confirmation."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common import hooks
from common.errors import BadInput, DomainError, NotAllowed, NotVisible, next_state
from missions import codes, selectors
from missions.models import Attendance, CheckIn, Direction, Shift, SignUp
from missions.services.sign_ups import lock_person
from missions.states import ATTENDANCE_TRANSITIONS

# A code older than a step and its grace came from a phone without network, and is marked so.
LIVE_WITHIN = timedelta(seconds=60)
LATEST = timedelta(hours=72)
DRIFT_FLAGGED_OVER = timedelta(minutes=5)
LONGEST_MINUTES = 720


class CheckInRefused(DomainError):
    """409: the code, the time or the place does not fit."""

    code = "check_in_refused"


class CodeWrong(CheckInRefused):
    code = "code_wrong"
    detail = _("This code is not the one of that shift at that time.")


class OutsideWindow(CheckInRefused):
    code = "outside_window"
    detail = _("Check-in opens 30 minutes before the start; check-out closes 2 hours after the end.")


@transaction.atomic
def check_in(
    *, shift_id: Any, direction: str, code: str, occurred_at: datetime, sent_at: datetime, actor: Any
) -> CheckIn:
    """Records that the actor came (`in`) or left (`out`), by the rotating code they saw at `occurred_at`.

    One of each per person and shift: a repeat answers the first. Raises NotVisible without an accepted place,
    OutsideWindow, CodeWrong, WrongState (a check-out before a check-in).
    """
    now = timezone.now()
    lock_person(actor.pk)
    row = SignUp.objects.accepted().select_related("shift").filter(shift_id=shift_id, person=actor).first()
    if row is None:
        raise NotVisible(_("You have no place on this shift."))
    attendance = Attendance.objects.select_for_update(of=("self",)).get(sign_up=row)
    known = CheckIn.objects.filter(attendance=attendance, direction=direction).first()
    if known is not None:
        return known
    _ensure_in_window(row.shift, direction, occurred_at, now)
    if not codes.code_fits(code, row.shift.pk, occurred_at):
        raise CodeWrong
    verb = "check_in" if direction == Direction.IN else "check_out"
    attendance.status = next_state(ATTENDANCE_TRANSITIONS, verb, attendance.status)
    if direction == Direction.OUT and occurred_at < attendance.check_ins.get(direction=Direction.IN).occurred_at:
        raise OutsideWindow(_("The check-out is before the check-in."))
    attendance.save(update_fields=["status"])
    return CheckIn.objects.create(
        attendance=attendance,
        direction=direction,
        occurred_at=occurred_at,
        sent_at=sent_at,
        received_at=now,
        is_offline=now - occurred_at > LIVE_WITHIN,
        is_drifting=abs(now - sent_at) > DRIFT_FLAGGED_OVER,
    )


def _ensure_in_window(shift: Shift, direction: str, occurred_at: datetime, now: datetime) -> None:
    closes_at = shift.ends_at if direction == Direction.IN else shift.ends_at + codes.CLOSES_AFTER
    in_window = shift.starts_at - codes.OPENS_BEFORE <= occurred_at <= closes_at
    plausible = now - LATEST <= occurred_at <= now + codes.STEP
    if not (in_window and plausible):
        raise OutsideWindow


def attended_span(attendance: Attendance, minutes: int | None) -> tuple[datetime, datetime]:
    """When the person was there: check-in to check-out clipped to the shift ± ATTENDANCE_CLIP_MINUTES, 12 h at most.

    `minutes` is the organiser's own count: it runs from the check-in, or from the shift's start without one.
    Raises BadInput (`minutes_needed`) when neither says when it ended.
    """
    times = {row.direction: row.occurred_at for row in attendance.check_ins.all()}
    shift = attendance.sign_up.shift
    clip = timedelta(minutes=settings.ATTENDANCE_CLIP_MINUTES)
    started_at = max(times.get(Direction.IN, shift.starts_at), shift.starts_at - clip)
    if minutes is not None:
        ended_at = started_at + timedelta(minutes=minutes)
        if ended_at > shift.ends_at + clip:
            raise BadInput(
                code="minutes_impossible",
                fields={"minutes": _("This would end more than half an hour after the shift.")},
            )
        return started_at, ended_at
    if Direction.OUT not in times:
        raise BadInput(
            code="minutes_needed", fields={"minutes": _("Without check-in and check-out, say how many minutes.")}
        )
    ended_at = min(times[Direction.OUT], shift.ends_at + clip, started_at + timedelta(minutes=LONGEST_MINUTES))
    return started_at, max(started_at, ended_at)


@transaction.atomic
def confirm_attendance(attendance: Attendance, *, minutes: int | None, actor: Any) -> Attendance:
    """The organiser's word that it happened, and for how many minutes; it attests the hours by itself.

    Without `minutes`, those between check-in and check-out. Nobody confirms their own, nor before the shift
    has started. Raises NotAllowed, WrongState, BadInput (`minutes_needed`), DomainError (`not_started`,
    `own_attendance`).
    """
    lock_person(attendance.sign_up.person_id)
    attendance = (
        Attendance.objects.select_for_update(of=("self",))
        .select_related("sign_up__shift__mission__organization", "sign_up__person")
        .get(pk=attendance.pk)
    )
    if not selectors.runs(actor, attendance.sign_up.shift.mission.organization):
        raise NotAllowed
    if attendance.sign_up.person_id == actor.pk:
        raise DomainError(_("Somebody else must confirm your own attendance."), code="own_attendance")
    status = next_state(ATTENDANCE_TRANSITIONS, "confirm", attendance.status)
    if attendance.sign_up.shift.starts_at > timezone.now():
        raise DomainError(_("The shift has not started."), code="not_started")
    started_at, ended_at = attended_span(attendance, minutes)
    attendance.status = status
    attendance.minutes = int((ended_at - started_at).total_seconds() // 60)
    attendance.confirmed_at = timezone.now()
    attendance.confirmed_by = actor
    attendance.save(update_fields=["status", "minutes", "confirmed_at", "confirmed_by"])
    hooks.attendance_confirmed(attendance=attendance, started_at=started_at, ended_at=ended_at)
    return attendance


