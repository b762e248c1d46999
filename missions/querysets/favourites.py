"""Whose favourites exist for whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet

from accounts.models import Reader
from common.querysets import related


class FavouriteQuerySet(QuerySet[Any]):
    def visible_to(self, person: Reader) -> FavouriteQuerySet:
        """One's own."""
        return self.filter(person=person) if person.is_authenticated else self.none()

    def with_listed_mission(self, now: datetime) -> FavouriteQuerySet:
        """Each with its `listed_mission`, as the feed shows it; None when it left the feed."""
        listed = related(self, "mission").published().with_next_shifts(now)
        return self.prefetch_related(Prefetch("mission", queryset=listed, to_attr="listed_mission"))
