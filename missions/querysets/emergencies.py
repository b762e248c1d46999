"""Which views of emergency numbers exist for whom."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Reader
from common import paris
from schools.models import Enrolment, School


class EmergencyNumberViewQuerySet(QuerySet[Any]):
    def visible_to(self, person: Reader) -> EmergencyNumberViewQuerySet:
        """Those of students of the schools one manages, this year."""
        if not person.is_authenticated:
            return self.none()
        managed = School.objects.managed_by(person).values("pk")
        enrolled = Enrolment.objects.active().on_day(paris.day_of(timezone.now()))
        students = enrolled.filter(class_group__school__in=managed).values("student")
        return self.filter(sign_up__person__in=students)
