"""Who looked at emergency numbers."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Reader
from common import paris
from common.models import Row
from missions.models.sign_ups import SignUp
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


class EmergencyNumberView(Row):
    """An organiser read the numbers of a minor on a shift; `created_at` says when. The numbers are not kept here."""

    sign_up = models.ForeignKey(SignUp, on_delete=models.CASCADE, related_name="emergency_number_views")
    viewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="emergency_number_views"
    )
    viewer_name = models.CharField(max_length=161)

    objects = EmergencyNumberViewQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.id)
