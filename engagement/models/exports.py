"""Who took which table out of the house."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from accounts.models import Reader
from common import paris
from common.models import Row
from common.querysets import related
from common.sheets import SheetFormat
from schools.models import ClassGroup


class ExportQuerySet(QuerySet[Any]):
    def visible_to(self, person: Reader) -> ExportQuerySet:
        """One's own; those of the school for its managers."""
        if not person.is_authenticated:
            return self.none()
        managed = related(related(self, "class_group"), "school").managed_by(person)
        return self.filter(Q(exported_by=person) | Q(class_group__school__in=managed.values("pk")))


class Export(Row):
    """One class's table, taken out by one person: how many lines, and when. Never the lines themselves."""

    class_group = models.ForeignKey(ClassGroup, on_delete=models.PROTECT, related_name="exports")
    file_format = models.CharField(max_length=4, choices=SheetFormat)
    line_count = models.PositiveIntegerField()
    exported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="exports"
    )

    objects = ExportQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.class_group_id} {paris.day_of(self.created_at)}"
