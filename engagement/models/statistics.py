"""What the region's statistics are read from: totals of the ledger, counted anew every few minutes."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q, QuerySet

from accounts.models import Reader
from common.models import Row
from schools.models import SchoolYear, Territory

# They share no commune, and every hour lies in one of them.
DENSITIES = [Territory.URBAN, Territory.RURAL, Territory.UNKNOWN]


class Priority(models.TextChoices):
    """Whether a commune holds a priority neighbourhood, whatever its density."""

    INSIDE = "inside"
    OUTSIDE = "outside"


class TerritoryTotalQuerySet(QuerySet[Any]):
    def visible_to(self, person: Reader) -> TerritoryTotalQuerySet:
        """The region's staff's; what of it may be shown, engagement.statistics says."""
        return self if person.is_authenticated and person.is_region_staff else self.none()


class TerritoryTotal(Row):
    """Hours given in one territory in one school year, as they were at `computed_at`.

    A territory is a density (urban, rural or unknown) crossed with `priority`; empty means all. People are counted
    once in each row, so that rows do not add up to their sum.
    """

    school_year = models.ForeignKey(SchoolYear, on_delete=models.PROTECT, related_name="territory_totals")
    territory = models.CharField(max_length=8, choices=Territory, blank=True)
    priority = models.CharField(max_length=7, choices=Priority, blank=True)
    # With attested minutes, with approved minutes, with either.
    people_count = models.PositiveIntegerField(default=0)
    attested_people_count = models.PositiveIntegerField(default=0)
    approved_people_count = models.PositiveIntegerField(default=0)
    attested_minutes = models.PositiveBigIntegerField(default=0)
    approved_minutes = models.PositiveBigIntegerField(default=0)
    computed_at = models.DateTimeField()

    objects = TerritoryTotalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["school_year", "territory", "priority"], name="territory_total_once_per_year_and_territory"
            ),
            models.CheckConstraint(
                name="territory_total_counts_everybody_with_minutes",
                condition=Q(
                    people_count__gte=F("attested_people_count"),
                    people_count__lte=F("attested_people_count") + F("approved_people_count"),
                )
                & Q(people_count__gte=F("approved_people_count")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.school_year_id} {self.territory or 'all'} {self.priority or 'all'}"
