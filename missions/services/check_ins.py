"""Coming and leaving by a code, live or told late."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.locks import lock_person
from accounts.models import User
from common.errors import DomainError, NotVisible
from common.globe import distance_km
from missions import codes
from missions.models import Attendance, CheckIn, CheckInMethod, Direction, Mission, Shift, SignUp, WrongCode
from missions.services import check_in_moves
from missions.services.check_in_moves import (
    Outcome,
    coming_in,
    ensure_in_window,
    locked_attendances,
    move,
)
from missions.services.writing import write_attendance

# A code older than a step and its grace came from a phone without network, and is marked so.
LIVE_WITHIN = timedelta(seconds=60)
UNKNOWN_ACCURACY_METRES = 1_000_000
DRIFT_FLAGGED_OVER = timedelta(minutes=5)


class CodeWrong(DomainError):
    code = "code_wrong"
    field = "code"
    detail = _(
        "This code is not the one of that shift at that time. Scan it again, or ask the organiser to tick your name."
    )


class TooManyWrongCodes(DomainError):
    """429 with Retry-After: spoken codes were guessed at; the QR and the organiser's list still work."""

    status = 429
    code = "too_many_wrong_codes"
    detail = _("Too many wrong codes. Scan the QR, or ask the organiser to check you in.")
    retry_after_seconds = int(codes.SPOKEN_LIVES.total_seconds())


@dataclass(frozen=True)
class Position:
    """Where a phone says it is, in degrees (WGS 84), give or take `accuracy_metres` (None: it does not know). Never
    stored, never logged."""

    latitude: float | None
    longitude: float | None
    accuracy_metres: float | None


@dataclass(frozen=True)
class Telling:
    """One coming (`in`) or leaving (`out`) as a phone tells it: by the code it saw or heard at `occurred_at`."""

    shift_id: UUID
    direction: str
    code: str
    occurred_at: datetime
    position: Position | None = None


@transaction.atomic
def check_in_many(tellings: Sequence[Telling], *, sent_at: datetime, actor: User) -> list[Outcome]:
    """Records the actor's own comings and leavings; a refused one stops no other. Answers in the order told.

    They may lie in any order and be sent again; of several check-outs the latest counts, unless an organiser has ticked
    one. Nothing is raised, so that a wrong spoken code stays counted:
    refusals are NotVisible (no accepted place), OutsideWindow, CodeWrong, TooManyWrongCodes and WrongState (a
    check-out before a check-in, or when an organiser has already said what happened).
    """
    now = timezone.now()
    lock_person(actor.pk)
    places = SignUp.objects.accepted().filter(person=actor, shift__in={telling.shift_id for telling in tellings})
    theirs = locked_attendances(Attendance.objects.filter(sign_up__in=places))
    attendances = {row.sign_up.shift_id: row for row in theirs}
    known = check_in_moves.known_of(attendances.values())
    outcomes: dict[int, Outcome] = {}
    for index in sorted(range(len(tellings)), key=lambda index: tellings[index].direction == Direction.OUT):
        telling = tellings[index]
        try:
            attendance = attendances.get(telling.shift_id)
            if attendance is None:
                said = _("You have no place on this shift. Sign up first, or ask the organiser to let you in.")
                raise NotVisible(said)
            there = known[attendance.pk]
            row = _told_before(there, telling)
            if row is None:
                row = _tell(attendance, telling, sent_at, now, actor, there)
                there.append(row)
            outcomes[index] = Outcome(row, None)
        except DomainError as error:
            outcomes[index] = Outcome(None, error)
    return [outcomes[index] for index in range(len(tellings))]


def _told_before(there: Iterable[CheckIn], telling: Telling) -> CheckIn | None:
    """What a phone tells again: any check-in, and a check-out of the same instant by the phone's own clock."""
    if telling.direction == Direction.IN:
        return coming_in(there)
    for row in there:
        if row.direction == Direction.OUT and row.method != CheckInMethod.LIST:
            # Of a clock that was wrong the row holds the true time (_true_time).
            by_its_clock = row.sent_at - (row.received_at - row.occurred_at)
            if telling.occurred_at in (row.occurred_at, by_its_clock):
                return row
    return None


def _tell(
    attendance: Attendance, telling: Telling, sent_at: datetime, now: datetime, actor: User, there: list[CheckIn]
) -> CheckIn:
    shift = attendance.sign_up.shift
    occurred_at = _true_time(telling, sent_at, now)
    # The code first: a clock set out of the window buys no guess that is not counted.
    method = _ensure_code_fits(shift, telling, occurred_at, now, actor)
    ensure_in_window(shift, telling.direction, occurred_at, now)
    distance_metres, accuracy_metres = _measured(shift.mission, telling.position)
    check_in = CheckIn(
        attendance=attendance,
        direction=telling.direction,
        method=method,
        occurred_at=occurred_at,
        sent_at=sent_at,
        received_at=now,
        is_offline=now - occurred_at > LIVE_WITHIN,
        is_drifting=abs(now - sent_at) > DRIFT_FLAGGED_OVER,
        distance_metres=distance_metres,
        accuracy_metres=accuracy_metres,
    )
    move(attendance, check_in, there)
    check_in.save(force_insert=True)
    write_attendance(attendance, "status", "closed_at")
    return check_in


def _true_time(telling: Telling, sent_at: datetime, now: datetime) -> datetime:
    """When it occurred: as the phone tells it, unless its clock is wrong.

    A phone that tells at once is live whatever its clock shows: when the code is none of the time told, but is that of
    the server's, the server's counts. A check-in told later needs the code of the time it tells.
    """
    told = telling.occurred_at
    delay = sent_at - told
    if not timedelta() <= delay <= LIVE_WITHIN:
        return told
    if told <= now + codes.STEP and codes.fits(telling.code, telling.shift_id, told):
        return told
    return now - delay if codes.fits(telling.code, telling.shift_id, now - delay) else told


def _ensure_code_fits(
    shift: Shift, telling: Telling, occurred_at: datetime, now: datetime, actor: User
) -> CheckInMethod:
    if not codes.is_spoken(telling.code):
        if not codes.code_fits(telling.code, shift.pk, occurred_at):
            raise CodeWrong
        return CheckInMethod.QR
    recent = WrongCode.objects.filter(shift=shift, created_at__gt=now - codes.SPOKEN_LIVES)
    if recent.filter(person=actor).count() >= settings.WRONG_CODES_PER_PERSON:
        raise TooManyWrongCodes
    # Many people guessing together; a ceiling, so that nobody needs to wait for a lock on the shift.
    if recent.count() >= settings.WRONG_CODES_PER_SHIFT:
        raise TooManyWrongCodes
    if not codes.spoken_code_fits(telling.code, shift.pk, occurred_at):
        WrongCode.objects.create(person=actor, shift=shift)
        raise CodeWrong
    return CheckInMethod.SPOKEN


def _measured(mission: Mission, position: Position | None) -> tuple[int | None, int | None]:
    """Whole metres to the mission and of accuracy; a remote mission has no place to be far from."""
    if position is None or mission.latitude is None or mission.longitude is None:
        return None, None
    if position.latitude is None or position.longitude is None:
        return None, None
    if abs(position.latitude) > 90 or abs(position.longitude) > 180:  # iOS says (-180, -180) when it knows none
        return None, None
    km = distance_km(mission.latitude, mission.longitude, position.latitude, position.longitude)
    return round(km * 1000), _accuracy(position.accuracy_metres)


def _accuracy(metres: float | None) -> int:
    """Whole metres; what a phone does not know, or cannot mean, is as bad as can be."""
    is_known = metres is not None and 0 <= metres <= UNKNOWN_ACCURACY_METRES
    return math.ceil(metres) if is_known and metres is not None else UNKNOWN_ACCURACY_METRES


def forget_wrong_codes() -> None:
    """Deletes what counts against nobody any more."""
    WrongCode.objects.filter(created_at__lte=timezone.now() - codes.SPOKEN_LIVES).delete()
