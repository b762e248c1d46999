"""Reminders of attendances that wait for the organisers' word, one, three and seven days after the shift."""

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from common.local_time import days_before
from missions import notices
from missions.kinds import Kind
from missions.models import Attendance, Shift
from notifications import outbox
from organizations import selectors as organizations

REMINDED_AFTER_DAYS = (1, 3, 7)
# A clock that was off for longer leaves a reminder out: the next one says the same.
MAY_BE_LATE_DAYS = 1
# Shifts per statement: of an evening's shifts of the whole region few wait for a word.
SHIFTS_AT_ONCE = 200


def remind_to_confirm() -> None:
    """Reminds the organisers, once for each of the days, at the hour at which the shift ended. Safe to run twice."""
    now = timezone.now()
    for days in REMINDED_AFTER_DAYS:
        ended = Shift.objects.ended_between(days_before(now, days + MAY_BE_LATE_DAYS), days_before(now, days))
        unsaid = Attendance.objects.to_confirm().filter(sign_up__shift=OuterRef("pk"))
        due = list(ended.filter(Exists(unsaid)).select_related("mission__organization").order_by("pk"))
        for first in range(0, len(due), SHIFTS_AT_ONCE):
            _remind(due[first : first + SHIFTS_AT_ONCE], days)


def _remind(shifts: list[Shift], days: int) -> None:
    occasion = outbox.occasion_of(days)
    told = outbox.published(Kind.ATTENDANCES_TO_CONFIRM, shifts)
    left = [shift for shift in shifts if (shift.pk, occasion) not in told]
    organizers = organizations.organizers_of_each(shift.mission.organization for shift in left)
    with transaction.atomic():
        outbox.publish_many(
            outbox.Letter(notices.attendances_to_confirm, shift, person, occasion=occasion)
            for shift in left
            for person in organizers[shift.mission.organization_id]
        )
