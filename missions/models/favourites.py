"""Missions that a person keeps to find them again."""

from django.conf import settings
from django.db import models

from common.models import Row
from missions.models.missions import Mission
from missions.querysets import FavouriteQuerySet


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
