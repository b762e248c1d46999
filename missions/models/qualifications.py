"""What a person was trained for."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from common import paris
from common.models import Row
from missions.querysets import QualificationQuerySet


class QualificationKind(models.TextChoices):
    """Trainings that missions ask for. PSC was called PSC1 until 2025: `psc1` is read as `psc`."""

    PSC = "psc"
    PSE1 = "pse1"
    PSE2 = "pse2"
    SST = "sst"
    BNSSA = "bnssa"
    BAFA = "bafa"
    BAFD = "bafd"
    DRIVING_LICENCE_B = "driving_licence_b"


class QualificationState(models.TextChoices):
    DECLARED = "declared"
    VERIFIED = "verified"
    EXPIRED = "expired"


FORMER_NAMES = {"psc1": QualificationKind.PSC}
# What may be sent.
QUALIFICATION_NAMES = [*QualificationKind.choices, *((name, name.upper()) for name in FORMER_NAMES)]


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
            models.UniqueConstraint(
                fields=["person", "kind", "issued_on"], name="qualification_once_per_kind_and_day"
            ),
            models.CheckConstraint(
                name="qualification_expires_after_it_was_issued",
                condition=Q(expires_on__isnull=True) | Q(expires_on__gt=F("issued_on")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def state(self) -> str:
        """As others than the person read it, today in Paris: expired, verified, or only declared."""
        if self.expires_on and self.expires_on < paris.day_of(timezone.now()):
            return QualificationState.EXPIRED
        return QualificationState.VERIFIED if self.verified_at else QualificationState.DECLARED
