"""Who took which list of a shift out of the house."""

from django.conf import settings
from django.db import models

from common.models import Row
from missions.models.shifts import Shift


class ListFormat(models.TextChoices):
    """What the list of a shift is written as: a table, or a page to print."""

    CSV = "csv"
    PDF = "pdf"


class ShiftListExport(Row):
    """One shift's list, taken out by one person: how many lines, and when. Never the lines themselves."""

    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="list_exports")
    file_format = models.CharField(max_length=3, choices=ListFormat)
    line_count = models.PositiveIntegerField()
    exported_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return str(self.id)
