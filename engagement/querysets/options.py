"""Which options exist for whom."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Reader
from schools.models import Enrolment, School


class EngagementOptionQuerySet(QuerySet[Any]):
    def managed_by(self, person: Reader) -> EngagementOptionQuerySet:
        return self.filter(school__in=School.objects.managed_by(person).values("pk"))

    def visible_to(self, person: Reader) -> EngagementOptionQuerySet:
        """Of the schools one works at or is enrolled in."""
        if not person.is_authenticated:
            return self.none()
        staffed = School.objects.staffed_by(person).values("pk")
        attended = Enrolment.objects.active().filter(student=person).values("class_group__school")
        return self.filter(Q(school__in=staffed) | Q(school__in=attended))
