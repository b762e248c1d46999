"""Photos and papers that show an hour was given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import Q

from common.models import Row
from engagement.models.entries import HourEntry, OfWholeEntryQuerySet
from engagement.states import (
    EvidenceKind,
)

LARGEST_EVIDENCE_BYTES = 10_000_000


class EvidenceQuerySet(OfWholeEntryQuerySet):
    def seen_before(self, sha256s: Iterable[str], entry: Any) -> EvidenceQuerySet:
        """The same bytes, shown with another entry, by anyone."""
        return self.filter(sha256__in=sha256s).exclude(entry=entry)


class Evidence(Row):
    """A photo or a PDF of one entry, written anew (common.reading). The name it had is not kept."""

    entry = models.ForeignKey(HourEntry, on_delete=models.PROTECT, related_name="evidence")
    kind = models.CharField(max_length=15, choices=EvidenceKind)
    file = models.FileField(upload_to="evidence")
    size = models.PositiveIntegerField()
    # Of the bytes kept: what is compared with every other photo.
    sha256 = models.CharField(max_length=64, db_index=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="evidence_is_1_byte_to_10_megabytes", condition=Q(size__range=(1, LARGEST_EVIDENCE_BYTES))
            ),
            models.UniqueConstraint(fields=["entry", "sha256"], name="evidence_once_per_entry"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
