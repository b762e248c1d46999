"""Rows that belong to one person."""

from typing import Any

from django.db.models import QuerySet


class OwnedQuerySet(QuerySet[Any]):
    """Rows that belong to one person and are seen by nobody else."""

    owner_field = "person"

    def visible_to(self, person: Any) -> "OwnedQuerySet":
        """Only the owner's."""
        return self.filter(**{self.owner_field: person}) if person.is_authenticated else self.none()
