"""Whose statistics are."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from accounts.models import Reader


class TerritoryTotalQuerySet(QuerySet[Any]):
    def visible_to(self, person: Reader) -> TerritoryTotalQuerySet:
        """The region's staff's; what of it may be shown, engagement.statistics says."""
        return self if person.is_authenticated and person.is_region_staff else self.none()
