"""What the clock does about check-ins: says that they are open, reminds of a check-out, closes without one."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.locks import lock_person
from common.errors import DomainError, next_state
from missions import codes, notices
from missions.kinds import Kind
from missions.models import Attendance
from missions.services.check_in_moves import locked_attendances
from missions.services.writing import write_attendance
from missions.states import ATTENDANCE_TRANSITIONS
from notifications import outbox
from notifications.outbox import Notice

REMINDED_AFTER = timedelta(minutes=30)
OPEN_TOLD_BEFORE = timedelta(minutes=15)
# Letters per statement: a morning's shifts of the whole region are some thousands.
LETTERS_AT_ONCE = 500


@transaction.atomic
def close_attendance(attendance: Attendance) -> None:
    """Checks out, with the shift's end, anyone who has not two hours after it.

    Raises WrongState, DomainError (`not_over`).
    """
    lock_person(attendance.sign_up.person_id)
    (row,) = locked_attendances(Attendance.objects.filter(pk=attendance.pk))
    status = next_state(ATTENDANCE_TRANSITIONS, "close", row.status)
    now = timezone.now()
    if row.sign_up.shift.ends_at + codes.CLOSES_AFTER > now:
        raise DomainError(_("The shift is not over for long enough. Try again later."), code="not_over")
    row.status = status
    row.closed_at = now
    write_attendance(row, "status", "closed_at")


def close_forgotten() -> None:
    """Closes every attendance whose check-out is two hours overdue. Safe to run twice."""
    for row in Attendance.objects.never_left(timezone.now() - codes.CLOSES_AFTER).select_related("sign_up"):
        with suppress(DomainError):  # checked out, or moved, since it was listed
            close_attendance(row)


def remind_forgotten() -> None:
    """Reminds, once, those who have not checked out half an hour after the end. Safe to run twice."""
    now = timezone.now()
    late = Attendance.objects.never_left(now - REMINDED_AFTER).filter(
        sign_up__shift__ends_at__gt=now - codes.CLOSES_AFTER
    )
    _tell_each(Kind.CHECK_OUT_FORGOTTEN, notices.check_out_forgotten, late)


def tell_check_in_open() -> None:
    """Tells, once, those expected within fifteen minutes that they can check in. Safe to run twice."""
    now = timezone.now()
    soon = Attendance.objects.expected_between(now, now + OPEN_TOLD_BEFORE)
    _tell_each(Kind.CHECK_IN_OPEN, notices.check_in_open, soon)


def _tell_each(kind: Kind, say: Callable[[Any], Notice], rows: QuerySet[Attendance]) -> None:
    found = [row.sign_up for row in rows.select_related("sign_up__person", "sign_up__shift__mission")]
    for first in range(0, len(found), LETTERS_AT_ONCE):
        # A shift that was moved opens, and ends, once more.
        page = [(row, outbox.occasion_of(row.shift.starts_at)) for row in found[first : first + LETTERS_AT_ONCE]]
        told = outbox.published(kind, (row for row, _occasion in page))
        with transaction.atomic():
            outbox.publish_many(
                outbox.Letter(say, row, row.person, occasion=occasion)
                for row, occasion in page
                if (row.pk, occasion) not in told
            )
