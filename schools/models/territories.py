"""Communes, by which a school or a mission lies in a territory."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import pgettext_lazy

from accounts.models import Reader
from common.models import Row


class Territory(models.TextChoices):
    """Where hours are counted: by the density of the commune, or that it holds a priority neighbourhood."""

    URBAN = "urban", pgettext_lazy("territory", "Towns")
    RURAL = "rural", pgettext_lazy("territory", "Countryside")
    PRIORITY = "priority", pgettext_lazy("territory", "Priority neighbourhoods")
    UNKNOWN = "unknown", pgettext_lazy("territory", "Not known")


# From a small rural town on, at INSEE's seven levels.
RURAL_FROM = 5


class CommuneQuerySet(QuerySet[Any]):
    def visible_to(self, person: Reader) -> CommuneQuerySet:
        """Public."""
        return self

    def rural(self) -> CommuneQuerySet:
        return self.filter(density_class__gte=RURAL_FROM)

    def urban(self) -> CommuneQuerySet:
        return self.filter(density_class__lt=RURAL_FROM)

    def with_priority_neighbourhood(self) -> CommuneQuerySet:
        return self.exclude(priority_neighbourhoods=[])


class Commune(Row):
    """A commune, or a district of Paris, Lyon or Marseille, known by its INSEE code: a territory to count hours by.

    A field that the file did not say is null or empty, and stays unknown.
    """

    code = models.CharField(max_length=5, unique=True)
    name = models.CharField(max_length=100)
    # The name as people type it, made comparable (schools.territories.name_key).
    name_key = models.CharField(max_length=100)
    department_code = models.CharField(max_length=3)
    # INSEE's seven levels, from 1 (large urban centre) to 7 (very sparse rural).
    density_class = models.PositiveSmallIntegerField(null=True)
    population = models.PositiveIntegerField(null=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    # Codes of the priority neighbourhoods ("quartiers prioritaires de la ville") that lie in it.
    priority_neighbourhoods = models.JSONField(default=list)

    objects = CommuneQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="commune_density_class_is_1_to_7",
                condition=Q(density_class__isnull=True) | Q(density_class__range=(1, 7)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class CommunePostalCode(Row):
    """One of the postal codes of a commune; a postal code may serve several."""

    commune = models.ForeignKey(Commune, on_delete=models.CASCADE, related_name="postal_codes")
    postal_code = models.CharField(max_length=5, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["commune", "postal_code"], name="commune_once_per_postal_code"),
        ]

    def __str__(self) -> str:
        return self.postal_code
