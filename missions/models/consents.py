"""A guardian's word."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from common import paris
from common.models import Row
from consents.models import Guardian
from missions.models.missions import Mission
from missions.querysets import ConsentQuerySet
from missions.states import AGAINST_CONSENT, SPOKEN_CONSENT, UNDECIDED_CONSENT, ConsentStatus


class Consent(Row):
    """A guardian's word on all missions of a minor, or on one. What they were shown is named by the text's version.

    `agreed_to` keeps when and where the one mission was when they agreed: {"shifts": {id: [starts, ends]}, "place":
    [latitude, longitude] or null}. A refusal or withdrawal that the school settled (`settled_at`) binds no more.
    """

    student = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="consents")
    guardian = models.ForeignKey(Guardian, on_delete=models.CASCADE, related_name="consents")
    mission = models.ForeignKey(Mission, null=True, on_delete=models.CASCADE, related_name="consents")
    status = models.CharField(max_length=9, choices=ConsentStatus, default=ConsentStatus.REQUESTED)
    text_version = models.CharField(max_length=20)
    # How often it was asked for: each time has a link of its own.
    ask_count = models.PositiveSmallIntegerField(default=1)
    asked_at = models.DateTimeField(default=timezone.now)
    reminder_count = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    agreed_to = models.JSONField(null=True)
    settled_at = models.DateTimeField(null=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["guardian"], condition=Q(mission__isnull=True), name="consent_to_all_once_per_guardian"
            ),
            models.UniqueConstraint(
                fields=["guardian", "mission"],
                condition=Q(mission__isnull=False),
                name="consent_to_one_once_per_guardian_and_mission",
            ),
            models.CheckConstraint(
                name="consent_decided_iff_dated",
                condition=Q(status__in=UNDECIDED_CONSENT, decided_at__isnull=True)
                | Q(status__in=[*SPOKEN_CONSENT, ConsentStatus.LAPSED], decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="consent_to_one_says_what_to",
                condition=~Q(status=ConsentStatus.GRANTED, mission__isnull=False) | Q(agreed_to__isnull=False),
            ),
            models.CheckConstraint(
                name="consent_settled_is_a_no",
                condition=Q(settled_at__isnull=True) | Q(status__in=AGAINST_CONSENT),
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(status=ConsentStatus.REQUESTED), name="consent_requested"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.id}"

    @property
    def is_needed(self) -> bool:
        """Whether its student is below the consent age today."""
        age = self.student.age_on(paris.day_of(timezone.now()))
        return age is not None and age < settings.CONSENT_NEEDED_BELOW_AGE


class ConsentEvent(Row):
    """One move of a consent, kept to be shown: the verb, the text it was about, and who moved it when no link did.

    `note` is what the school wrote of a paper or a settlement.
    """

    consent = models.ForeignKey(Consent, on_delete=models.CASCADE, related_name="events")
    verb = models.CharField(max_length=12)
    text_version = models.CharField(max_length=20)
    language = models.CharField(max_length=2, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    note = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"{self.verb} {self.id}"
