"""The organiser's word on what happened: confirmed for so many minutes, no show, excused; and taken back.

Lock order: the people by id, then their attendances by id, then (hooks) records and entries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common import hooks, paris
from common.errors import BadInput, DomainError, NotVisible, next_state
from missions import notices
from missions.models import Attendance, AttendanceEvent, CheckInMethod, Direction
from missions.services.check_in_lists import OwnAttendance
from missions.services.check_in_moves import lock_run_attendances
from missions.services.writing import write_attendance, write_attendances
from missions.states import ATTENDANCE_TRANSITIONS, AttendanceStatus, AttendanceVerb
from notifications import outbox

LONGEST_MINUTES = 720
# An organiser's word, as it stands in the row.
WORD = ("minutes", "arrived_at", "left_at", "confirmed_at", "confirmed_by")


@dataclass(frozen=True)
class Confirmation:
    """What is asked for one attendance; without `minutes`, those between check-in and check-out.

    `as_planned`: of these two the one that nobody told is the shift's own, as on a paper list.
    """

    attendance_id: UUID
    minutes: int | None = None
    as_planned: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of one confirmation: the attendance as it is now, or the refusal."""

    attendance_id: UUID
    attendance: Attendance | None
    error: DomainError | None


@dataclass(frozen=True)
class Span:
    """When somebody was on a shift, as confirmed."""

    shift_starts_at: datetime
    arrived_at: datetime
    left_at: datetime


def attended_span(
    attendance: Attendance,
    minutes: int | None,
    neighbours: Sequence[Span],
    now: datetime,
    *,
    as_planned: bool = False,
) -> tuple[datetime, datetime]:
    """When the person was there: check-in to check-out clipped to the shift ± ATTENDANCE_CLIP_MINUTES, 12 h at most.

    Time that another confirmed attendance of the person covers is not counted again. `minutes` is the organiser's own
    count: it runs from the check-in, or from the shift's start without one, or where it does not fit after a check-in
    that an organiser ticked too late. `as_planned`: until the shift's end, where nobody checked out.

    Raises BadInput: `minutes_needed` when nothing says when it ended, `minutes_impossible` when it would end in the
    future or beyond what can count.
    """
    shift = attendance.sign_up.shift
    rows = {row.direction: row for row in attendance.counted_check_ins}
    times = {direction: row.occurred_at for direction, row in rows.items()}
    clip = timedelta(minutes=settings.ATTENDANCE_CLIP_MINUTES)
    opens_at, closes_at = shift.starts_at - clip, shift.ends_at + clip
    for other in neighbours:
        if other.shift_starts_at < shift.starts_at:
            opens_at = max(opens_at, other.left_at)
        else:
            closes_at = min(closes_at, other.arrived_at)
    arrived_at = max(times.get(Direction.IN, shift.starts_at), opens_at)
    if minutes is not None:
        latest, length = min(closes_at, now), timedelta(minutes=minutes)
        if arrived_at + length > latest and Direction.IN in rows and rows[Direction.IN].method == CheckInMethod.LIST:
            arrived_at = min(arrived_at, max(shift.starts_at, opens_at))
        left_at = arrived_at + length
        if left_at > latest:
            raise BadInput(
                code="minutes_impossible",
                fields={
                    "minutes": _(
                        "This would end in the future, during another attendance, or over half an hour after the "
                        "shift. Give fewer minutes."
                    )
                },
            )
        return arrived_at, left_at
    left = times.get(Direction.OUT, shift.ends_at if attendance.closed_at or as_planned else None)
    if as_planned and left is not None and left > now:
        said = _("The shift is not over yet. Confirm it as planned once it is, or say how many minutes.")
        raise BadInput(code="minutes_impossible", fields={"as_planned": said})
    if left is None:
        raise BadInput(
            code="minutes_needed", fields={"minutes": _("Without check-in and check-out, say how many minutes.")}
        )
    left_at = min(left, closes_at, arrived_at + timedelta(minutes=LONGEST_MINUTES))
    return arrived_at, max(arrived_at, left_at)


def _locked(attendance: Attendance, actor: User) -> Attendance:
    row = lock_run_attendances([attendance.pk], actor=actor).get(attendance.pk)
    if row is None:
        raise NotVisible
    _ensure_word_possible(row, timezone.now(), actor)
    return row


def _ensure_word_possible(attendance: Attendance, now: datetime, actor: User) -> None:
    if attendance.sign_up.person_id == actor.pk:
        raise OwnAttendance
    if attendance.sign_up.shift.starts_at > now:
        raise DomainError(_("The shift has not started. Try again once it has."), code="not_started")


def confirm_attendance(attendance: Attendance, *, minutes: int | None, actor: User) -> Attendance:
    """The organiser's word that it happened, and for how many minutes; it attests the hours by itself.

    Nobody confirms their own, nor before the shift has started. Raises NotVisible, OwnAttendance, WrongState,
    DomainError (`not_started`), BadInput (see attended_span), and what the ledger refuses.
    """
    (outcome,) = confirm_many([Confirmation(attendance.pk, minutes)], actor=actor)
    if outcome.attendance is None:
        raise outcome.error or NotVisible
    return outcome.attendance


@transaction.atomic
def confirm_many(confirmations: Sequence[Confirmation], *, actor: User) -> list[Outcome]:
    """Confirms up to 500 in one transaction; a refused one stops no other. Answers in the order asked.

    A constant number of queries. An attendance that the ledger refuses (hook `attendances_confirmed`) is not confirmed.
    """
    now = timezone.now()
    rows = lock_run_attendances([one.attendance_id for one in confirmations], actor=actor)
    spans = _neighbours(list(rows.values()))
    outcomes, confirmed = [], []
    for one in confirmations:
        try:
            row = rows.get(one.attendance_id)
            if row is None:
                raise NotVisible
            _confirm(row, one, spans, now, actor)
        except DomainError as error:
            outcomes.append(Outcome(one.attendance_id, None, error))
            continue
        confirmed.append(row)
        outcomes.append(Outcome(one.attendance_id, row, None))
    refused = _refused_by_the_ledger(confirmed, actor)
    if refused:
        confirmed = [row for row in confirmed if row.pk not in refused]
        outcomes = [
            Outcome(one.attendance_id, None, refused[one.attendance_id]) if one.attendance_id in refused else one
            for one in outcomes
        ]
    write_attendances(confirmed, "status", *WORD)
    AttendanceEvent.objects.bulk_create(
        AttendanceEvent(attendance=row, verb=AttendanceVerb.CONFIRM, minutes=row.minutes, actor=actor)
        for row in confirmed
    )
    return outcomes


def _refused_by_the_ledger(confirmed: Sequence[Attendance], actor: User) -> dict[UUID, DomainError]:
    """Tells the ledger of all at once. It refuses by person: what a refused one covers cuts no other short."""
    told = [(row, row.arrived_at, row.left_at) for row in confirmed]
    refused: dict[UUID, DomainError] = {}
    for answer in hooks.attendances_confirmed(confirmed=told, actor=actor):
        refused |= answer
    return refused


def _neighbours(rows: Sequence[Attendance]) -> dict[UUID, list[Span]]:
    """The spans of each person's confirmed attendances that may touch those of the rows, in one query."""
    spans: dict[UUID, list[Span]] = {row.sign_up.person_id: [] for row in rows}
    if rows:
        reach = 2 * timedelta(minutes=settings.ATTENDANCE_CLIP_MINUTES)
        near = Attendance.objects.filter(
            sign_up__person__in=spans,
            left_at__gt=min(row.sign_up.shift.starts_at for row in rows) - reach,
            arrived_at__lt=max(row.sign_up.shift.ends_at for row in rows) + reach,
        )
        columns = ("sign_up__person", "sign_up__shift__starts_at", "arrived_at", "left_at")
        for person_id, shift_starts_at, arrived_at, left_at in near.values_list(*columns):
            spans[person_id].append(Span(shift_starts_at, arrived_at, left_at))
    return spans


def _confirm(
    attendance: Attendance, asked: Confirmation, spans: dict[UUID, list[Span]], now: datetime, actor: User
) -> None:
    _ensure_word_possible(attendance, now, actor)
    status = next_state(ATTENDANCE_TRANSITIONS, "confirm", attendance.status)
    shift, theirs = attendance.sign_up.shift, spans[attendance.sign_up.person_id]
    clip = timedelta(minutes=settings.ATTENDANCE_CLIP_MINUTES)
    touching = [one for one in theirs if one.left_at > shift.starts_at - clip and one.arrived_at < shift.ends_at + clip]
    arrived_at, left_at = attended_span(attendance, asked.minutes, touching, now, as_planned=asked.as_planned)
    attendance.status = status
    attendance.arrived_at, attendance.left_at = arrived_at, left_at
    attendance.minutes = paris.elapsed_minutes(arrived_at, left_at)
    attendance.confirmed_at, attendance.confirmed_by = now, actor
    theirs.append(Span(shift.starts_at, arrived_at, left_at))


@transaction.atomic
def mark_no_show(attendance: Attendance, *, reason: str = "", actor: User) -> Attendance:
    """The person was expected and did not come. Raises NotVisible, OwnAttendance, WrongState, DomainError
    (`not_started`)."""
    return _settle(attendance, AttendanceVerb.MARK_NO_SHOW, reason, actor)


@transaction.atomic
def excuse_attendance(attendance: Attendance, *, reason: str = "", actor: User) -> Attendance:
    """The person did not come, for a good reason. Raises as mark_no_show."""
    return _settle(attendance, AttendanceVerb.EXCUSE, reason, actor)


def _settle(attendance: Attendance, verb: AttendanceVerb, reason: str, actor: User) -> Attendance:
    row = _locked(attendance, actor)
    row.status = next_state(ATTENDANCE_TRANSITIONS, verb, row.status)
    write_attendance(row, "status")
    _write_event(row, verb, reason, actor)
    return row


@transaction.atomic
def reopen_attendance(attendance: Attendance, *, reason: str, actor: User) -> Attendance:
    """Takes an organiser's word back: to the state the check-ins say, and with it the attestation of the hours.

    Raises NotVisible, OwnAttendance, WrongState, BadInput (`reason_needed`), and what the ledger refuses: hours
    that the school has decided on (DomainError `decided_by_school`).
    """
    if not reason.strip():
        raise BadInput(code="reason_needed", fields={"reason": _("Say why: the person reads it.")})
    row = _locked(attendance, actor)
    next_state(ATTENDANCE_TRANSITIONS, "reopen", row.status)
    was_confirmed = row.status == AttendanceStatus.CONFIRMED
    row.status = row.state_of_check_ins
    row.minutes = row.arrived_at = row.left_at = row.confirmed_at = row.confirmed_by = None
    write_attendance(row, "status", *WORD)
    if was_confirmed:
        hooks.attendance_reopened(attendance=row, reason=reason, actor=actor)
    _write_event(row, AttendanceVerb.REOPEN, reason, actor)
    return row


def _write_event(attendance: Attendance, verb: AttendanceVerb, reason: str, actor: User) -> None:
    event = AttendanceEvent.objects.create(attendance=attendance, verb=verb, reason=reason, actor=actor)
    say = {
        AttendanceVerb.MARK_NO_SHOW: notices.marked_no_show,
        AttendanceVerb.EXCUSE: notices.excused,
        AttendanceVerb.REOPEN: notices.attendance_reopened,
    }[verb]
    outbox.publish(say, event, to=attendance.sign_up.person)
