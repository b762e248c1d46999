"""Which qualifications exist for whom."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Reader
from common import paris
from common.querysets import related
from schools.models import Enrolment


class QualificationQuerySet(QuerySet[Any]):
    def in_force(self, day: date) -> QualificationQuerySet:
        """Issued by that day and not expired on it."""
        return self.filter(Q(expires_on__isnull=True) | Q(expires_on__gte=day), issued_on__lte=day)

    def verified(self) -> QualificationQuerySet:
        return self.filter(verified_at__isnull=False)

    def of_others_for(self, person: Reader) -> QualificationQuerySet:
        """Of who has a live sign-up on a mission the person runs, and of the students they answer for."""
        if not person.is_authenticated:
            return self.none()
        sign_ups = related(related(self, "person"), "sign_ups").run_by(person).live()
        led = Enrolment.objects.active().on_day(paris.day_of(timezone.now())).led_by(person)
        return self.filter(Q(person__in=sign_ups.values("person")) | Q(person__in=led.values("student")))

    def visible_to(self, person: Reader) -> QualificationQuerySet:
        """One's own; of others their state, see `of_others_for`."""
        if not person.is_authenticated:
            return self.none()
        return self.filter(Q(person=person) | Q(pk__in=self.of_others_for(person).values("pk")))
