"""The school's word that it counts, and the student's word against it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Reader
from common.models import Row
from engagement.models.entries import HourEntry, OfVisibleEntryQuerySet, OfWholeEntryQuerySet
from engagement.states import (
    PRIVATE_HOUR_ENTRY,
    ContestStatus,
    ContestSubject,
    DecisionVerb,
)
from schools.models import School


class Decision(Row):
    """The school's word that it counts, or not; by a person, or by the policy of the school's option."""

    entry = models.ForeignKey(HourEntry, on_delete=models.PROTECT, related_name="decisions")
    verb = models.CharField(max_length=7, choices=DecisionVerb)
    minutes = models.PositiveSmallIntegerField(null=True)
    reason = models.CharField(max_length=1000, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="decisions"
    )
    by_policy = models.BooleanField(default=False)
    # Of hours that whoever decided had attested themselves: allowed in a bulk, for a class session alone.
    class_session = models.BooleanField(default=False)

    objects = OfVisibleEntryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="decision_gives_minutes_iff_it_approves",
                condition=Q(verb=DecisionVerb.APPROVE, minutes__isnull=False)
                | (~Q(verb=DecisionVerb.APPROVE) & Q(minutes__isnull=True)),
            ),
            models.CheckConstraint(
                name="decision_by_policy_approves_or_revokes_and_is_nobodys",
                condition=Q(by_policy=False)
                | Q(verb__in=[DecisionVerb.APPROVE, DecisionVerb.REVOKE], decided_by__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.id}"


class ContestQuerySet(OfWholeEntryQuerySet):
    def decidable_by(self, person: Reader) -> ContestQuerySet:
        """Of the schools the person manages, unless the hours were taken back meanwhile."""
        schools = School.objects.managed_by(person).values("pk")
        handed_in = self.exclude(entry__status__in=PRIVATE_HOUR_ENTRY)
        return handed_in.filter(entry__record__option__school__in=schools)


class Contest(Row):
    """A student's word against a rejection, a partial approval or a denial, once per entry; the manager decides."""

    entry = models.OneToOneField(HourEntry, on_delete=models.PROTECT, related_name="contest")
    subject = models.CharField(max_length=16, choices=ContestSubject)
    reason = models.CharField(max_length=2000)
    status = models.CharField(max_length=9, choices=ContestStatus, default=ContestStatus.OPEN)
    answer = models.CharField(max_length=1000, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="contests_decided"
    )
    decided_at = models.DateTimeField(null=True)

    objects = ContestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="contest_decided_iff_dated",
                condition=Q(status=ContestStatus.OPEN, decided_at__isnull=True)
                | (~Q(status=ContestStatus.OPEN) & Q(decided_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.id}"
