"""Schools are told of hours that wait: teachers of what is new and each Monday of all, managers of what waits long."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from common.local_time import day_of
from engagement import notices
from engagement.kinds import Kind
from engagement.models import HourEntry
from engagement.notices import WaitingHours
from notifications import outbox
from notifications.outbox import Notice
from schools import selectors as schools
from schools.models import ClassGroup, Enrolment

LONG = timedelta(days=10)
# A year's hours wait until the end of November of the next one.
YEAR_STAYS_OPEN = timedelta(days=91)
MONDAY = 0

# By class, since when each entry waits.
Waiting = dict[UUID, list[datetime]]


def tell_of_waiting_hours() -> None:
    """Tells each teacher and manager at most once a day. Safe to run twice."""
    now = timezone.now()
    waiting = waiting_in()
    classes = ClassGroup.objects.select_related("school").in_bulk(waiting)
    names = {pk: one.name for pk, one in classes.items()}
    referents = schools.referents_of_each(waiting)
    _tell(Kind.HOURS_WAITING, notices.hours_waiting, referents, waiting, names, timedelta(), now)
    long = {pk: old for pk, since in waiting.items() if (old := [one for one in since if one <= now - LONG])}
    managers = schools.managers_of_each(classes[pk].school_id for pk in long)
    of_class = {pk: managers.get(classes[pk].school_id, []) for pk in long}
    _tell(Kind.HOURS_WAITING_LONG, notices.hours_waiting_long, of_class, long, names, LONG, now)


def waiting_in(classes: Collection[UUID] | None = None) -> Waiting:
    """The entries that wait for a decision in these classes, or in all, of years whose hours are still decided on."""
    entries = HourEntry.objects.waiting_for_school().with_class().filter(
        record__option__school_year__ends_on__gte=day_of(timezone.now() - YEAR_STAYS_OPEN)
    )
    if classes is not None:
        students = Enrolment.objects.filter(class_group__in=classes).values("student")
        entries = entries.filter(person__in=students, class_id__in=classes)
    found: Waiting = defaultdict(list)
    for class_id, since in entries.values_list("class_id", "waits_since").iterator():
        if class_id is not None:
            found[class_id].append(since)
    return dict(found)


def _tell(
    kind: Kind,
    say: Callable[[Any], Notice],
    people_of: dict[UUID, list[Any]],
    waiting: Waiting,
    names: dict[UUID, str],
    after: timedelta,
    now: datetime,
) -> None:
    """Those to whom something is new: it has waited so long since they were told the last time. On Mondays, all."""
    people = {person.pk: person for those in people_of.values() for person in those}
    told, today = outbox.last_written(kind, people), day_of(now)
    occasion = outbox.occasion_of(str(today))
    is_monday = today.weekday() == MONDAY
    counts: dict[UUID, Counter[str]] = defaultdict(Counter)
    with_news = set()
    for class_id, since in waiting.items():
        for person in people_of.get(class_id, []):
            counts[person.pk][names[class_id]] += len(since)
            last = told.get(person.pk)
            if is_monday or last is None or max(since) + after > last:
                with_news.add(person.pk)
    with transaction.atomic():
        outbox.publish_many(
            outbox.Letter(say, WaitingHours(counts[pk]), people[pk], subject=pk, occasion=occasion)
            for pk in sorted(with_news)
            if pk not in told or day_of(told[pk]) < today
        )
