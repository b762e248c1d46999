"""Which calendars exist for whom."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from accounts.models import Reader


class CalendarQuerySet(QuerySet[Any]):
    def visible_to(self, person: Reader) -> CalendarQuerySet:
        """One's own."""
        return self.filter(person=person) if person.is_authenticated else self.none()
