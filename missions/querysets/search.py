"""Keeps the words that search reads beside their missions."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from common import french

BATCH = 500


class MissionSearchQuerySet(QuerySet[Any]):
    def write(self, missions: Iterable[Any]) -> None:
        """Writes the words of these missions anew. note: causes a query per organisation that is not loaded."""
        rows = (
            self.model(
                mission_id=mission.pk,
                title=f" {' '.join(french.stems(mission.title))} ",
                stems=" ".join(french.with_beginnings(french.stems(_words_of(mission)))),
            )
            for mission in missions
        )
        while some := list(islice(rows, BATCH)):
            self.bulk_create(
                some, update_conflicts=True, unique_fields=["mission"], update_fields=["title", "stems"]
            )


def _words_of(mission: Any) -> str:
    return f"{mission.title} {mission.organization.name} {mission.city} {mission.description}"
