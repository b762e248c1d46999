"""Who took which table out of the house."""

from django.conf import settings
from django.db import models

from common import paris
from common.models import Row
from common.sheets import SheetFormat
from engagement.querysets import ExportQuerySet
from schools.models import ClassGroup


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
