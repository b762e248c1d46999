"""A danger that somebody told of."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.models import Row
from missions.models.missions import Mission
from missions.querysets import ReportQuerySet
from missions.states import ReportStatus
from organizations.models import Organization


class Report(Row):
    """A danger told of a mission, an organisation or a person; the region's to take up, never the reported's to see."""

    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="reports_made"
    )
    mission = models.ForeignKey(Mission, null=True, on_delete=models.CASCADE, related_name="reports")
    organization = models.ForeignKey(Organization, null=True, on_delete=models.CASCADE, related_name="reports")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="reports_about"
    )
    text = models.CharField(max_length=2000)
    status = models.CharField(max_length=6, choices=ReportStatus, default=ReportStatus.OPEN)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    taken_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    # What the region did about it; its own.
    follow_up = models.CharField(max_length=2000, blank=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        constraints = [
            # Of nothing any more, once the person it was about is erased.
            models.CheckConstraint(
                name="report_is_about_one_thing_at_most",
                condition=Q(organization__isnull=True, person__isnull=True)
                | Q(mission__isnull=True, person__isnull=True)
                | Q(mission__isnull=True, organization__isnull=True),
            ),
            models.CheckConstraint(
                name="report_dated_as_far_as_it_has_come",
                condition=Q(status=ReportStatus.OPEN, taken_at__isnull=True, closed_at__isnull=True)
                | Q(status=ReportStatus.TAKEN, taken_at__isnull=False, closed_at__isnull=True)
                | Q(status=ReportStatus.CLOSED, taken_at__isnull=False, closed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.id}"
