"""Keeps the words that search reads beside their missions."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from django.apps import apps
from django.db.models import QuerySet

from common import french

BATCH = 500


class MissionSearchQuerySet(QuerySet[Any]):
    def write(self, missions: Iterable[Any]) -> None:
        """Writes the words of these missions anew. note: causes a query per organisation that is not loaded."""
        words: set[str] = set()
        left = iter(missions)
        while some := list(islice(left, BATCH)):
            rows = [
                self.model(
                    mission_id=mission.pk,
                    title=f" {' '.join(french.stems(mission.title))} ",
                    stems=" ".join(french.with_beginnings(french.stems(_words_of(mission)))),
                )
                for mission in some
            ]
            self.bulk_create(
                rows, update_conflicts=True, unique_fields=["mission"], update_fields=["title", "stems"]
            )
            words.update(word for mission in some for word in french.words(_words_of(mission)))
        keys: Any = apps.get_model("missions", "SearchKey").objects
        keys.learn(words)


class SearchKeyQuerySet(QuerySet[Any]):
    def learn(self, words: Iterable[str]) -> None:
        """Keeps the keys of the words that are new, all at once and in one order: two writers never block each other.

        note: causes a query per thousand words.
        """
        left = iter(sorted(set(words)))
        known: set[str] = set()
        asked: list[str] = []
        while some := list(islice(left, 2 * BATCH)):
            asked += some
            known.update(self.filter(word__in=some).values_list("word", flat=True).distinct())
        new = sorted((key, word) for word in asked if word not in known for key in french.sound_keys(word))
        self.bulk_create((self.model(key=key, word=word) for key, word in new), BATCH, ignore_conflicts=True)


def _words_of(mission: Any) -> str:
    return f"{mission.title} {mission.organization.name} {mission.postal_code} {mission.city} {mission.description}"
