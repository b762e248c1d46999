"""A danger that somebody told of."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import BooleanField, Case, Q, QuerySet, Value, When
from django.utils import timezone

from accounts.models import Reader, User
from common import paris
from common.models import Row
from common.querysets import related
from consents.models import Guardian
from missions.models.messages import Message
from missions.models.missions import Mission
from missions.states import ReportStatus
from organizations.models import Organization
from schools.models import Enrolment, School

ADULT_AGE = 18


class ReportQuerySet(QuerySet[Any]):
    def followed_by(self, person: Reader) -> ReportQuerySet:
        """Those the person sees whole: the region all, a school's manager those made by or about its minors.

        Never one about themselves or what they wrote, about an organisation they run, one of its missions or messages.
        """
        if not person.is_authenticated:
            return self.none()
        rows = self.model.objects.all() if person.is_region_staff else self._of_minors_of(person)
        run = related(self, "organization").run_by(person).values("pk")
        about_them = Q(person=person) | Q(organization__in=run) | Q(mission__organization__in=run)
        about_them |= Q(message__author=person) | Q(message__mission__organization__in=run)
        return self.filter(pk__in=rows.values("pk")).exclude(pk__in=self.model.objects.filter(about_them).values("pk"))

    def _of_minors_of(self, person: Reader) -> ReportQuerySet:
        theirs = self._minors_of(person)
        return self.model.objects.filter(
            Q(reporter__in=theirs) | Q(person__in=theirs) | Q(guardian__student__in=theirs)
        )

    def _minors_of(self, person: Reader) -> Any:
        """The ids of the minors of the schools the person manages."""
        today = paris.day_of(timezone.now())
        of_theirs = (
            Enrolment.objects.active()
            .on_day(today)
            .filter(
                class_group__school__in=School.objects.managed_by(person).values("pk"),
                student__birth_date__gt=paris.latest_birth_date(ADULT_AGE, today),
            )
        )
        return of_theirs.values("student")

    def with_what_is_shown_to(self, person: User) -> ReportQuerySet:
        """With `is_followed`, and `names_reporter`: a school learns of the reporter only when that is its own minor."""
        theirs = self._minors_of(person)
        followed = self.model.objects.followed_by(person).values("pk")
        named = Q(reporter__in=theirs) | Q(Value(person.is_region_staff, output_field=BooleanField()))
        return self.annotate(
            is_followed=Case(When(pk__in=followed, then=Value(True)), default=Value(False)),
            names_reporter=Case(When(named, then=Value(True)), default=Value(False)),
        )

    def visible_to(self, person: Reader) -> ReportQuerySet:
        """Those one made, and those one follows."""
        if not person.is_authenticated:
            return self.none()
        followed = self.model.objects.followed_by(person).values("pk")
        return self.filter(Q(reporter=person) | Q(pk__in=followed))


class Report(Row):
    """A danger told of a mission, an organisation, a person or a message of organisers.

    The region's to take up, never the reported's to see. A guardian reports by the link in their mail, without account.
    """

    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="reports_made"
    )
    mission = models.ForeignKey(Mission, null=True, on_delete=models.CASCADE, related_name="reports")
    organization = models.ForeignKey(Organization, null=True, on_delete=models.CASCADE, related_name="reports")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="reports_about"
    )
    message = models.ForeignKey(Message, null=True, on_delete=models.SET_NULL, related_name="reports")
    guardian = models.ForeignKey(Guardian, null=True, on_delete=models.SET_NULL, related_name="reports")
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
                condition=Q(organization__isnull=True, person__isnull=True, message__isnull=True)
                | Q(mission__isnull=True, person__isnull=True, message__isnull=True)
                | Q(mission__isnull=True, organization__isnull=True, message__isnull=True)
                | Q(mission__isnull=True, organization__isnull=True, person__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["message", "guardian"],
                condition=Q(message__isnull=False, guardian__isnull=False),
                name="report_of_a_message_once_per_guardian",
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
