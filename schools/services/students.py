"""Students as their school knows them: their civil name is the school's, at any age."""

import structlog
from django.db import transaction
from django.utils import timezone

from accounts import services as accounts
from accounts.locks import lock_person_if_there
from accounts.models import User
from common import paris
from common.errors import BadInput, NotAllowed
from common.names import NAME_NEEDED, in_order, name_key
from common.versions import ensure_version
from schools import selectors
from schools.models import RosterLine

logger = structlog.get_logger("elan.schools")


@transaction.atomic
def correct_name(
    student: User,
    *,
    first_name: str | None = None,
    last_name: str | None = None,
    expected: set[int] | None,
    actor: User,
) -> User:
    """The school corrects the civil name of its student of this year, on the roster too; what is not given stays.

    Certificates that were issued keep the name they bear. Raises NotAllowed, Stale, BadInput (`name_needed`).
    """
    person = lock_person_if_there(student.pk)
    if person is None or not selectors.answers_for(actor, person):
        raise NotAllowed
    ensure_version(person, expected)
    first_name, last_name = in_order(
        person.first_name if first_name is None else first_name, person.last_name if last_name is None else last_name
    )
    if not first_name:
        raise BadInput(code="name_needed", fields={"first_name": NAME_NEEDED})
    accounts.set_name(person, first_name, last_name)
    _correct_lines_of(person)
    logger.info("name_corrected", corrected_person_id=str(person.pk), actor_id=str(actor.pk))
    return person


def _correct_lines_of(person: User) -> None:
    day = paris.day_of(timezone.now())
    key = name_key(person.first_name, person.last_name)
    for line in RosterLine.objects.of_year_of(day).filter(enrolment__student=person):
        same = RosterLine.objects.filter(class_group=line.class_group_id, name_key=key, birth_date=line.birth_date)
        if not same.exclude(pk=line.pk).exists():
            line.first_name, line.last_name, line.name_key = person.first_name, person.last_name, key
            line.save(update_fields=["first_name", "last_name", "name_key"])
