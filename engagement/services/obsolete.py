"""Which notices about hours are over when they are about to be sent."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from engagement.kinds import Kind
from engagement.services.waiting_hours import LONG, waiting_in
from notifications.models import OutboxMessage
from schools import selectors as schools

# How long an entry must have waited for whoever is told.
WAITED = {Kind.HOURS_WAITING: timedelta(), Kind.HOURS_WAITING_LONG: LONG}


def obsolete_notices(*, messages: Iterable[OutboxMessage]) -> set[UUID]:
    """Hook `obsolete_notices`. note: causes queries where any is about what waits."""
    return {pk for kind in WAITED for pk in _answered(kind, [one for one in messages if one.kind == kind])}


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
