"""Which calendars exist for whom."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet


class CalendarQuerySet(QuerySet[Any]):
    def visible_to(self, person: Any) -> CalendarQuerySet:
        """One's own."""
        return self.filter(person=person) if person.is_authenticated else self.none()
