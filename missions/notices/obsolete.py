"""Which notices about places and shifts are over when they are about to be sent."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from missions.kinds import Kind
from missions.models import Attendance, Shift, SignUp
from missions.states import AttendanceStatus, SignUpStatus
from notifications import outbox
from notifications.models import OutboxMessage

# As long as its place is so, a notice of that kind is still true.
TRUE_WHILE: dict[str, frozenset[str]] = {
    Kind.SIGN_UP_ACCEPTED: frozenset({SignUpStatus.ACCEPTED}),
    Kind.SIGN_UP_RESTORED: frozenset({SignUpStatus.ACCEPTED}),
    Kind.PLACE_OFFERED: frozenset({SignUpStatus.OFFERED}),
    Kind.OFFER_LAPSES_SOON: frozenset({SignUpStatus.OFFERED}),
    Kind.SIGN_UP_UNDECIDED: frozenset({SignUpStatus.PENDING}),
    Kind.SHIFT_IN_A_DAY: frozenset({SignUpStatus.ACCEPTED}),
    Kind.SHIFT_IN_TWO_HOURS: frozenset({SignUpStatus.ACCEPTED}),
    Kind.CHECK_IN_OPEN: frozenset({SignUpStatus.ACCEPTED}),
}
# The same of what happened on the spot.
TRUE_WHILE_THERE: dict[str, frozenset[str]] = {
    Kind.SHIFT_IN_A_DAY: frozenset({AttendanceStatus.EXPECTED}),
    Kind.SHIFT_IN_TWO_HOURS: frozenset({AttendanceStatus.EXPECTED}),
    Kind.CHECK_IN_OPEN: frozenset({AttendanceStatus.EXPECTED}),
    Kind.CHECK_OUT_FORGOTTEN: frozenset({AttendanceStatus.CHECKED_IN}),
}
# They say when the shift starts, and their occasion is that start: one that was moved has new ones.
OF_ONE_START = frozenset({Kind.SHIFT_IN_A_DAY, Kind.SHIFT_IN_TWO_HOURS})


def obsolete_notices(*, messages: Iterable[OutboxMessage]) -> set[UUID]:
    """Hook `obsolete_notices`. note: causes queries for each of the three that any is of."""
    messages = list(messages)
    return _of_places(messages) | _to_confirm(messages) | _calls(messages)


def _calls(messages: list[OutboxMessage]) -> set[UUID]:
    """Calls for volunteers to a shift that has enough by now, is cancelled or begins, or where their reader is."""
    ours = [one for one in messages if one.kind == Kind.VOLUNTEERS_NEEDED]
    if not ours:
        return set()
    shifts = {one.subject_id for one in ours}
    needed = Shift.objects.scheduled().filter(pk__in=shifts, minimum__gt=F("taken_count"), starts_at__gt=timezone.now())
    left = set(needed.values_list("pk", flat=True))
    there = set(SignUp.objects.filter(shift__in=shifts).values_list("shift", "person"))
    return {one.pk for one in ours if one.subject_id not in left or (one.subject_id, one.recipient_id) in there}


def _to_confirm(messages: list[OutboxMessage]) -> set[UUID]:
    """Reminders of shifts of which all is said, and of two to one person about the same shift the older."""
    ours = [one for one in messages if one.kind == Kind.ATTENDANCES_TO_CONFIRM]
    if not ours:
        return set()
    wanted = Attendance.objects.to_confirm().filter(sign_up__shift__in={one.subject_id for one in ours})
    waiting = set(wanted.values_list("sign_up__shift", flat=True))
    newest = {(one.subject_id, one.recipient_id): one.pk for one in sorted(ours, key=lambda one: one.pk)}
    return {
        one.pk
        for one in ours
        if one.subject_id not in waiting or newest[one.subject_id, one.recipient_id] != one.pk
    }


def _of_places(messages: list[OutboxMessage]) -> set[UUID]:
    ours = [one for one in messages if one.kind in TRUE_WHILE or one.kind in TRUE_WHILE_THERE]
    if not ours:
        return set()
    rows = SignUp.objects.filter(pk__in=[one.subject_id for one in ours]).select_related("shift", "attendance")
    places = {row.pk: row for row in rows}
    return {one.pk for one in ours if _is_over(one, places.get(one.subject_id))}


def _is_over(message: OutboxMessage, row: SignUp | None) -> bool:
    kind = message.kind
    if row is None or row.status not in TRUE_WHILE.get(kind, {row.status}):
        return True
    if kind == Kind.SIGN_UP_UNDECIDED:
        return row.shift.starts_at <= timezone.now()
    if kind in OF_ONE_START and message.occasion != outbox.occasion_of(row.shift.starts_at):
        return True
    attendance = getattr(row, "attendance", None)
    return kind in TRUE_WHILE_THERE and (attendance is None or attendance.status not in TRUE_WHILE_THERE[kind])
