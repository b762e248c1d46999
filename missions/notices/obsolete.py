"""Which notices about places are over when they are about to be sent."""

from collections.abc import Iterable
from uuid import UUID

from django.utils import timezone

from missions.kinds import Kind
from missions.models import SignUp
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
    """Hook `obsolete_notices`. note: causes a query where any is about a place."""
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
