"""The organisation's word that it happened."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.models import Row
from engagement.models.entries import HourEntry, OfVisibleEntryQuerySet
from engagement.states import AttestationVerb


class Attestation(Row):
    """The organisation's word on an entry, as it was given: what came later is another row."""

    entry = models.ForeignKey(HourEntry, on_delete=models.PROTECT, related_name="attestations")
    verb = models.CharField(max_length=20, choices=AttestationVerb, default=AttestationVerb.ATTENDANCE)
    minutes = models.PositiveSmallIntegerField(null=True)
    reason = models.CharField(max_length=1000, blank=True)
    # By the link in a mail: nobody with an account gave it.
    by_tutor = models.BooleanField(default=False)
    attested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="attestations"
    )

    objects = OfVisibleEntryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="attestation_gives_minutes_unless_it_denies",
                condition=Q(verb=AttestationVerb.DENY, minutes__isnull=True)
                | (~Q(verb=AttestationVerb.DENY) & Q(minutes__isnull=False)),
            ),
            models.CheckConstraint(
                name="attestation_by_a_tutor_is_nobodys", condition=Q(by_tutor=False) | Q(attested_by__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.id}"
