"""Which exports are whose to read."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Reader
from common.querysets import related


class ExportQuerySet(QuerySet[Any]):
    def visible_to(self, person: Reader) -> ExportQuerySet:
        """One's own; those of the school for its managers."""
        if not person.is_authenticated:
            return self.none()
        managed = related(related(self, "class_group"), "school").managed_by(person)
        return self.filter(Q(exported_by=person) | Q(class_group__school__in=managed.values("pk")))
