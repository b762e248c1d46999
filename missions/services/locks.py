"""Who is locked before places move, and in which order: people by id, then shifts by id, then sign-ups.

The person, because two shifts at one hour are two rows; the shift, because its places are counted on it and its
waiting list ordered. Nobody who holds a shift waits for a person: there a busy person is passed over (`free_person`).
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.locks import lock_people, lock_person
from missions.models import Mission, Shift, SignUp


def lock_mission(mission_id: UUID) -> Mission:
    """A mission, before the people and the shifts on it; a person who signs up does not wait for it."""
    locked = Mission.objects.select_for_update(of=("self",), no_key=True)
    return locked.select_related("organization").get(pk=mission_id)


def lock_shifts(ids: Iterable[Any]) -> dict[UUID, Shift]:
    """These shifts under their locks, taken by id, each with its mission and organisation as they are now."""
    locked = Shift.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=list(ids)).order_by("pk")
    shifts = {shift.pk: shift for shift in locked}
    # In a statement of its own: what PostgreSQL joins to a row it waited for is as old as the wait.
    ids_of_missions = {shift.mission_id for shift in shifts.values()}
    missions = Mission.objects.select_related("organization").in_bulk(ids_of_missions)
    for shift in shifts.values():
        shift.mission = missions[shift.mission_id]
    return shifts


def lock_shift(shift_id: UUID) -> Shift:
    """One shift, as `lock_shifts`."""
    return lock_shifts([shift_id])[shift_id]


def lock_shift_for_place(shift_id: UUID, *people: Any) -> Shift:
    """The shift on which locked people are about to get places, with those whose offers they may then give back."""
    offered = SignUp.objects.filter(person__in=people).offered().values_list("shift", flat=True)
    return lock_shifts({shift_id, *offered})[shift_id]


def lock_for_decisions(sign_ups: Any) -> dict[UUID, Shift]:
    """The shifts of these sign-ups, after everybody who asked, and with those whose offers they may then give back."""
    people = lock_people(sign_ups.values_list("person", flat=True))
    offered = SignUp.objects.filter(person__in=people).offered().values_list("shift", flat=True)
    return lock_shifts({*sign_ups.filter(person__in=people).values_list("shift", flat=True), *offered})


def lock_sign_up(sign_up: SignUp, *, for_place: bool = False) -> SignUp:
    """A sign-up after its person and its shift; `for_place`, as `lock_shift_for_place`."""
    person = lock_person(sign_up.person_id)
    shift = lock_shift_for_place(sign_up.shift_id, person) if for_place else lock_shift(sign_up.shift_id)
    locked = SignUp.objects.select_for_update(of=("self",)).get(pk=sign_up.pk)
    locked.person, locked.shift = person, shift
    return locked


class _SomebodyCame(Exception):
    """Signed up between the reading of who is there and the lock of the shift."""


def lock_everybody_on(shift_ids: Iterable[Any]) -> list[Shift]:
    """The shifts under their locks, after everybody who has a live sign-up on one of them; by id.

    For what moves many: call it before the shifts are locked in any other way, and read and change them after.
    """
    ids = list(shift_ids)
    there = SignUp.objects.live().filter(shift__in=ids)
    while True:
        try:
            # A savepoint, whose end gives the locks back to whoever came first.
            with transaction.atomic():
                people = lock_people(there.values_list("person", flat=True))
                shifts = lock_shifts(ids)
                if not set(there.values_list("person", flat=True)) <= people.keys():
                    raise _SomebodyCame
                return list(shifts.values())
        except _SomebodyCame:
            continue
