"""What a person was trained for."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from accounts.models import Reader
from common import paris
from common.models import Row
from common.querysets import related
from schools.models import Enrolment


class QualificationKind(models.TextChoices):
    """Trainings that missions ask for. PSC was called PSC1 until 2025: `psc1` is read as `psc`."""

    PSC = "psc", pgettext_lazy("qualification", "First aid (PSC)")
    PSE1 = "pse1", pgettext_lazy("qualification", "First aid in a team, level 1 (PSE 1)")
    PSE2 = "pse2", pgettext_lazy("qualification", "First aid in a team, level 2 (PSE 2)")
    SST = "sst", pgettext_lazy("qualification", "First aid at work (SST)")
    BNSSA = "bnssa", pgettext_lazy("qualification", "Lifeguard (BNSSA)")
    BAFA = "bafa", pgettext_lazy("qualification", "Youth worker (BAFA)")
    BAFD = "bafd", pgettext_lazy("qualification", "Head of a youth camp (BAFD)")
    DRIVING_LICENCE_B = "driving_licence_b", pgettext_lazy("qualification", "Driving licence (B)")


class QualificationState(models.TextChoices):
    DECLARED = "declared", pgettext_lazy("qualification", "Declared, not verified")
    VERIFIED = "verified", pgettext_lazy("qualification", "Verified")
    EXPIRED = "expired", pgettext_lazy("qualification", "Expired")


FORMER_NAMES = {"psc1": QualificationKind.PSC}
# What may be sent.
QUALIFICATION_NAMES = [*QualificationKind.choices, *((name, name.upper()) for name in FORMER_NAMES)]


class QualificationQuerySet(QuerySet[Any]):
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


class Qualification(Row):
    """A training that the person states, with its dates; somebody who saw the paper may have verified it."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="qualifications")
    kind = models.CharField(max_length=20, choices=QualificationKind)
    issued_on = models.DateField()
    expires_on = models.DateField(null=True)
    verified_at = models.DateTimeField(null=True)
    verified_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = QualificationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "kind", "issued_on"], name="qualification_once_per_kind_and_day"),
            models.CheckConstraint(
                name="qualification_expires_after_it_was_issued",
                condition=Q(expires_on__isnull=True) | Q(expires_on__gt=F("issued_on")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    def is_in_force(self, day: date) -> bool:
        """Issued by that day and not expired on it."""
        return self.issued_on <= day and (self.expires_on is None or self.expires_on >= day)

    @property
    def state(self) -> str:
        """As others than the person read it, today in Paris: expired, verified, or only declared."""
        if self.expires_on and self.expires_on < paris.day_of(timezone.now()):
            return QualificationState.EXPIRED
        return QualificationState.VERIFIED if self.verified_at else QualificationState.DECLARED
