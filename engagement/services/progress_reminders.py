"""Students hear it who are far behind at mid-year, or below their target 30, 7 and 1 days before the deadline."""

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from common.local_time import day_of
from engagement import notices
from engagement.models import EngagementOption
from engagement.notices import DeadlineAhead, Reached
from engagement.progress import Progress, progress_of_class
from engagement.selectors import options_of
from engagement.services.progress_reached import share_of
from engagement.states import ProgressStatus
from notifications import outbox
from notifications.outbox import Letter
from schools.models import ClassGroup, Enrolment, SchoolYear

# The first day on which it is told, and for so many days.
MID_YEAR = (2, 1)
MID_YEAR_DAYS = 3
# Students who came later than that have not had the time.
TIME_TO_BEGIN = timedelta(weeks=6)
# Days before the deadline, and how many fewer they may be where a clock was off.
BEFORE_DEADLINE = {30: 2, 7: 1, 1: 0}


def remind_of_progress() -> None:
    """Each class in a transaction of its own, each student once of each thing. Safe to run twice."""
    today = day_of(timezone.now())
    for year in SchoolYear.objects.holding(today):
        classes = list(ClassGroup.objects.filter(school_year=year).select_related("school", "school_year"))
        options = options_of(classes)
        is_mid_year = 0 <= (today - date(year.ends_on.year, *MID_YEAR)).days < MID_YEAR_DAYS
        for class_group in sorted(classes, key=lambda one: one.pk):
            step = _step(options[class_group.school_id, year.pk], today)
            if is_mid_year or step:
                _remind(class_group, today, step, is_mid_year=is_mid_year)


def _step(option: EngagementOption, today: date) -> int | None:
    if option.deadline_on is None:
        return None
    left = (option.deadline_on - today).days
    return next((days for days, late in BEFORE_DEADLINE.items() if days - late <= left <= days), None)


@transaction.atomic
def _remind(class_group: ClassGroup, today: date, step: int | None, *, is_mid_year: bool) -> None:
    enrolments = {row.student_id: row for row in Enrolment.objects.active().filter(class_group=class_group)}
    letters = []
    for one in progress_of_class(class_group).students:
        enrolment = enrolments.get(one.record.person_id)
        option = one.record.option
        if enrolment is None or option is None or one.status == ProgressStatus.COMPLETE:
            continue
        if step and option.deadline_on:
            reached = Reached(share_of(one), one.counted_minutes, option.target_minutes)
            days = (option.deadline_on - today).days
            ahead = DeadlineAhead(option.deadline_on, days, reached, one.pending_minutes)
            occasion = outbox.occasion_of(str(option.deadline_on), step)
            letters.append(Letter(notices.deadline_near, ahead, one.record.person, enrolment, occasion))
        if is_mid_year and is_far_behind(one) and enrolment.activated_at <= timezone.now() - TIME_TO_BEGIN:
            reached = Reached(share_of(one), one.counted_minutes + one.pending_minutes, option.target_minutes)
            letters.append(Letter(notices.behind_at_mid_year, reached, one.record.person, enrolment))
    # Written once by their identity: what was told is passed over.
    outbox.publish_many(letters)


def is_far_behind(one: Progress) -> bool:
    """Whether what counts and what waits is under half of what is expected by now."""
    return 2 * (one.counted_minutes + one.pending_minutes) < (one.expected_minutes or 0)
