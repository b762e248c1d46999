"""What an organisation would change of a published mission."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from accounts.models import Reader
from common.models import Row
from common.querysets import related
from missions.models.missions import Mission
from missions.states import (
    MissionRevisionStatus,
)


class MissionRevisionQuerySet(QuerySet[Any]):
    def proposed(self) -> MissionRevisionQuerySet:
        return self.filter(status=MissionRevisionStatus.PROPOSED)

    def visible_to(self, person: Reader) -> MissionRevisionQuerySet:
        """Those of missions one runs; the region sees all."""
        if not person.is_authenticated:
            return self.none()
        if person.is_region_staff:
            return self
        return self.filter(mission__in=related(self, "mission").run_by(person).values("pk"))


class MissionRevision(Row):
    """A change that the region has to read first; until then the mission stays as it was.

    `changes` holds the proposed values by field. An edit while one waits replaces it by another row, so that an id
    always means the same words.
    """

    mission = models.ForeignKey(Mission, on_delete=models.CASCADE, related_name="revisions")
    changes = models.JSONField()
    status = models.CharField(
        max_length=8, choices=MissionRevisionStatus, default=MissionRevisionStatus.PROPOSED
    )
    reason = models.CharField(max_length=500, blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = MissionRevisionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mission"],
                condition=Q(status=MissionRevisionStatus.PROPOSED),
                name="mission_revision_one_proposed_per_mission",
            ),
            models.CheckConstraint(
                name="mission_revision_decided_iff_dated",
                condition=Q(status=MissionRevisionStatus.PROPOSED, decided_at__isnull=True)
                | (~Q(status=MissionRevisionStatus.PROPOSED) & Q(decided_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.id}"
