"""What text search reads of a mission: the stems of its words, indexed by each database in its own way."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import QuerySet
from django.db.models.lookups import Lookup

from common import french


class StemsField(models.TextField):
    """Stems separated by spaces (common.french). PostgreSQL keeps them as a tsvector, parsed by nothing of its own.

    Compared with a list of stems by `has_all`: the list becomes the database's own query.
    """

    def db_type(self, connection: Any) -> str:
        return "tsvector" if connection.vendor == "postgresql" else "text"

    def get_prep_value(self, value: Any) -> Any:
        return value if isinstance(value, list) else super().get_prep_value(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if not isinstance(value, list):
            return super().get_db_prep_value(value, connection, prepared)
        if connection.vendor == "postgresql":
            return " & ".join(f"'{stem}'" for stem in value)
        return " AND ".join(f'"{stem}"' for stem in value)


@StemsField.register_lookup
class HasAll(Lookup):
    """`stems__has_all=["benevol", "secour"]`: every one of them is there."""

    lookup_name = "has_all"

    def get_db_prep_lookup(self, value: Any, connection: Any) -> Any:
        return "%s", [self.lhs.output_field.get_db_prep_value(value, connection)]

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} @@ {right}::tsquery", [*left_params, *right_params]

    def as_sqlite(self, compiler: Any, connection: Any) -> Any:
        table = connection.ops.quote_name(self.lhs.alias)
        right, params = self.process_rhs(compiler, connection)
        return f"{table}.id IN (SELECT rowid FROM mission_stems WHERE mission_stems MATCH {right})", params  # noqa: S608


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


class MissionSearch(models.Model):
    """One mission's words. Apart from the mission, so that the feed does not carry them along.

    Its number is what SQLite's index (`mission_stems`, FTS5, kept by triggers) knows the row by.
    """

    id = models.BigAutoField(primary_key=True)
    mission = models.OneToOneField("missions.Mission", on_delete=models.CASCADE, related_name="search")
    # Of the title alone, between spaces: what relevance looks at.
    title = models.TextField()
    # Of title, organisation, city and description, with their beginnings (common.french).
    stems = StemsField()

    objects = MissionSearchQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.mission_id)


class SearchKey(models.Model):
    """A word that some mission holds, under one of the keys by which a misspelled one finds it (common.french).

    Words are never taken out: one that no mission holds any more leads to nothing.
    """

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=40)
    word = models.CharField(max_length=40, db_index=True)

    objects = SearchKeyQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "word"], name="search_key_once_per_word")]

    def __str__(self) -> str:
        return f"{self.key} {self.word}"
