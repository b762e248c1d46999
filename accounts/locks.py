"""The locks on people: code that moves somebody's rows takes their lock first, and of several by id."""

from collections.abc import Iterable
from uuid import UUID

from accounts.models import User


def lock_person(person_id: UUID | None) -> User:
    """The person as they are now, under a lock that rows may still point to. Raises User.DoesNotExist."""
    return User.objects.locked().get(pk=person_id)


def lock_person_if_there(person_id: UUID) -> User | None:
    """As `lock_person`; None when they are gone."""
    return User.objects.locked().filter(pk=person_id).first()


def lock_people(ids: Iterable[UUID]) -> dict[UUID, User]:
    """These people under their locks, taken by id."""
    return {person.pk: person for person in User.objects.locked().filter(pk__in=list(ids)).order_by("pk")}


def free_person(person_id: UUID) -> User | None:
    """The person under their lock, or None when another transaction holds it. For who holds a shift already."""
    return User.objects.locked(skip_locked=True).filter(pk=person_id).first()
