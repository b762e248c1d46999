"""What missions answers to the hooks of consents: facts and ids, never rows of theirs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Reader, User
from common import hooks


@dataclass(frozen=True)
class ShiftFacts:
    id: UUID
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class MissionFacts:
    """A mission as its guardians are told of it, and its shifts that are neither over nor cancelled, first come first.

    `place` is latitude and longitude in degrees (WGS 84), None where people take part from home. `is_published`: the
    mission is, and so is its organisation.
    """

    id: UUID
    title: str
    organization: str
    address: str
    postal_code: str
    city: str
    place: tuple[float, float] | None
    is_published: bool
    shifts: tuple[ShiftFacts, ...]

    @property
    def is_to_come(self) -> bool:
        return self.is_published and bool(self.shifts)


@dataclass(frozen=True)
class PlaceFacts:
    """A place that a student has on a shift."""

    mission: MissionFacts
    shift: ShiftFacts


@dataclass(frozen=True)
class SeenByOrganizer:
    """The ids, as subqueries, of the missions somebody runs and of the students with a place there, now or lately."""

    missions: QuerySet[Any]
    students: QuerySet[Any]


def missions_of(ids: Iterable[UUID]) -> dict[UUID, MissionFacts]:
    """These missions by their ids; they are archived, never deleted."""
    wanted = set(ids)
    answers: list[dict[UUID, MissionFacts]] = hooks.mission_facts(ids=wanted) if wanted else []
    return {mission_id: facts for answer in answers for mission_id, facts in answer.items()}


def places_to_come_of(student: User) -> list[PlaceFacts]:
    """The student's accepted places on shifts that are not over, first come first."""
    answers: list[list[PlaceFacts]] = hooks.places_to_come(student=student)
    return [place for answer in answers for place in answer]


def seen_by_organizer(person: Reader) -> list[SeenByOrganizer]:
    """Whose consents a person reads the state of because they run missions."""
    answers: list[SeenByOrganizer] = hooks.consents_of_places(person=person)
    return answers
