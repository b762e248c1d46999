"""Missions that a person keeps to find them again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Prefetch, QuerySet

from accounts.models import Reader
from common.models import Row
from common.querysets import related
from missions.models.missions import Mission


class FavouriteQuerySet(QuerySet[Any]):
    def visible_to(self, person: Reader) -> FavouriteQuerySet:
        """One's own."""
        return self.filter(person=person) if person.is_authenticated else self.none()

    def with_listed_mission(self, now: datetime) -> FavouriteQuerySet:
        """Each with its `listed_mission`, as the feed shows it; None when it left the feed."""
        listed = related(self, "mission").published().with_next_shifts(now)
        return self.prefetch_related(Prefetch("mission", queryset=listed, to_attr="listed_mission"))


class Favourite(Row):
    """A mission one keeps. Its title as it was then, which stays when the mission leaves the feed."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="favourites")
    mission = models.ForeignKey(Mission, on_delete=models.CASCADE, related_name="favourites")
    title = models.CharField(max_length=120)

    objects = FavouriteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "mission"], name="favourite_once_per_person_and_mission"),
        ]

    def __str__(self) -> str:
        return str(self.id)
