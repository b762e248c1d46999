"""A school's rules for one year."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q, QuerySet

from accounts.models import Reader
from common.models import Row
from engagement.states import AutomaticApproval
from schools.models import Enrolment, School, SchoolYear


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


class EngagementOption(Row):
    """A school's rules for one year."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="engagement_options")
    school_year = models.ForeignKey(SchoolYear, on_delete=models.PROTECT, related_name="engagement_options")
    target_minutes = models.PositiveIntegerField()
    automatic_approval = models.CharField(
        max_length=20, choices=AutomaticApproval, default=AutomaticApproval.NEVER
    )
    # Minutes by domain: no more than these count; a domain that is not here has no cap.
    domain_caps = models.JSONField(default=dict, blank=True)
    # Whether only what an organisation attested can be approved.
    is_attestation_required = models.BooleanField(default=False)
    # Whether hours of the year from before the student came, here or at another school, count.
    counts_before_enrolment = models.BooleanField(default=True)
    # By when the target is to be reached, which says what is expected; the year's last day without one. Hours given
    # later count like any others, once the school approves them.
    deadline_on = models.DateField(null=True, blank=True)
    # Of the head who agreed, for this year, to stand on its certificates; empty without their word.
    head_name = models.CharField(max_length=120, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = EngagementOptionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "school_year"], name="engagement_option_once_per_year"),
        ]

    def __str__(self) -> str:
        return str(self.id)
