"""Which notices about consents are over when they are about to be sent."""

from collections.abc import Iterable
from uuid import UUID

from consents import selectors
from consents.kinds import Kind
from consents.models import Guardian
from notifications.models import OutboxMessage


def obsolete_notices(*, messages: Iterable[OutboxMessage]) -> set[UUID]:
    """Hook `obsolete_notices`: of a refusal that is settled by now. note: causes queries where any is about one."""
    ours = [one for one in messages if one.kind == Kind.REFUSAL_TO_SETTLE]
    if not ours:
        return set()
    students = Guardian.objects.filter(pk__in=[one.subject_id for one in ours]).values_list("student", flat=True)
    against = selectors.refusals_to_settle(students)
    return {one.pk for one in ours if one.subject_id not in against}
