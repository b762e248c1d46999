"""Which notices about hours are over when they are about to be sent."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from engagement.kinds import Kind
from engagement.models import Record
from engagement.notices.progress import WHOLE
from engagement.services.progress_reached import shares_of
from engagement.services.waiting_hours import LONG, waiting_in
from notifications.models import OutboxMessage
from schools import selectors as schools
from schools.models import Enrolment

# How long an entry must have waited for whoever is told.
WAITED = {Kind.HOURS_WAITING: timedelta(), Kind.HOURS_WAITING_LONG: LONG}


def obsolete_notices(*, messages: Iterable[OutboxMessage]) -> set[UUID]:
    """Hook `obsolete_notices`. note: causes queries where any is about what waits or how far somebody has come."""
    by_kind: dict[str, list[OutboxMessage]] = defaultdict(list)
    for one in messages:
        by_kind[one.kind].append(one)
    found = {pk for kind in WAITED for pk in _answered(kind, by_kind[kind])}
    return found | _lost(by_kind[Kind.PROGRESS_REACHED]) | _caught_up(by_kind)


def _lost(ours: list[OutboxMessage]) -> set[UUID]:
    """Shares of a target that do not count any more."""
    shares = {one.record.pk: share for one, share in shares_of({one.subject_id for one in ours})} if ours else {}
    return {one.pk for one in ours if shares.get(one.subject_id, 0) < int(one.occasion)}


def _caught_up(by_kind: dict[str, list[OutboxMessage]]) -> set[UUID]:
    """Reminders of a target that is reached meanwhile, and of students who left their class."""
    ours = [*by_kind[Kind.BEHIND_AT_MID_YEAR], *by_kind[Kind.DEADLINE_NEAR]]
    if not ours:
        return set()
    rows = Enrolment.objects.active().filter(pk__in=[one.subject_id for one in ours])
    places = {
        (student, school, year): pk
        for pk, student, school, year in rows.values_list(
            "pk", "student", "class_group__school", "class_group__school_year"
        )
    }
    records = Record.objects.filter(person__in={student for student, _school, _year in places})
    complete = {
        places.get((one.record.person_id, one.record.option.school_id, one.record.option.school_year_id))
        for one, share in shares_of(list(records.values_list("pk", flat=True)))
        if share == WHOLE and one.record.option
    }
    return {one.pk for one in ours if one.subject_id not in places.values() or one.subject_id in complete}


def _answered(kind: Kind, ours: list[OutboxMessage]) -> set[UUID]:
    """Those of people for whom nothing waits any more, and of two to one person the older."""
    if not ours:
        return set()
    # To a person each: its subject.
    people = {one.subject_id for one in ours}
    led = schools.classes_of_referents(people) if kind == Kind.HOURS_WAITING else schools.classes_of_managers(people)
    waiting = waiting_in({class_id for classes in led.values() for class_id in classes})
    latest = timezone.now() - WAITED[kind]
    still = {class_id for class_id, since in waiting.items() if min(since) <= latest}
    newest = {one.subject_id: one.pk for one in sorted(ours, key=lambda one: one.pk)}
    return {one.pk for one in ours if newest[one.subject_id] != one.pk or still.isdisjoint(led.get(one.subject_id, ()))}
