"""A guardian of a minor, and which guardians exist for whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import pgettext_lazy

from accounts.models import Reader
from common.mailboxes import known_address
from common.models import Row
from notifications.bounces import CLOCKS_DIFFER


class GuardianQuerySet(QuerySet[Any]):
    def visible_to(self, person: Reader) -> GuardianQuerySet:
        """One's own guardians."""
        return self.filter(student=person) if person.is_authenticated else self.none()

    def of_students(self, ids: Iterable[UUID] | QuerySet[Any]) -> GuardianQuerySet:
        """Of these people; whether one may see them is the school's app to say."""
        return self.filter(student__in=ids)

    def current(self) -> GuardianQuerySet:
        """Neither replaced nor said to be none."""
        return self.filter(ended_at__isnull=True)

    def reachable(self) -> GuardianQuerySet:
        """With an address that the roster or the school vouches for."""
        return self.current().filter(verified_at__isnull=False).exclude(email="")

    def bounced_by(self, address: str, at: datetime) -> GuardianQuerySet:
        """Reached at an address of which it was known then, and not before, that it takes no mail."""
        reached = self.reachable().filter(email=known_address(address), bounced_at__isnull=True)
        return reached.filter(verified_at__lte=at + CLOCKS_DIFFER)

    def told_of_places(self) -> GuardianQuerySet:
        """Who wants a mail for each place."""
        return self.reachable().filter(wants_place_notices=True)


class GuardianSource(models.TextChoices):
    ROSTER = "roster", pgettext_lazy("guardian", "Named by the class list")
    STUDENT = "student", pgettext_lazy("guardian", "Named by the student")
    SCHOOL = "school", pgettext_lazy("guardian", "Named by the school")


class Guardian(Row):
    """A parent or legal guardian of a student, reached by mail; has no account.

    `ended_at`: they said that it is not their child, or the school replaced them. The row then stays, so that the
    address does not come back from the same list, and goes with the others when the student turns 18.
    """

    student = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="guardians")
    # Empty for a family without one, whose paper the school holds.
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=16, blank=True)
    source = models.CharField(max_length=8, choices=GuardianSource)
    verified_at = models.DateTimeField(null=True)
    wants_place_notices = models.BooleanField(default=True)
    # An address they want instead, until the mail sent there is answered.
    new_email = models.EmailField(blank=True)
    new_email_asked_at = models.DateTimeField(null=True)
    # Since when mail to the address comes back; until it is vouched for anew, or another.
    bounced_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = GuardianQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["student", "email"], condition=~Q(email=""), name="guardian_address_once_per_student"
            ),
            models.CheckConstraint(
                name="guardian_new_address_is_dated",
                condition=Q(new_email="", new_email_asked_at__isnull=True)
                | (~Q(new_email="") & Q(new_email_asked_at__isnull=False)),
            ),
        ]
        indexes = [models.Index(fields=["email"], condition=~Q(email=""), name="guardian_of_address")]

    def __str__(self) -> str:
        return str(self.id)
