"""What a person wants to hear, by which channel, and when."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from common.models import Row
from notifications.models.owned import OwnedQuerySet


class Digest(models.TextChoices):
    """How often staff hear of what can wait: each thing at once, or all of them in one message."""

    IMMEDIATE = "immediate", pgettext_lazy("how often", "At once")
    DAILY = "daily", pgettext_lazy("how often", "Every day")
    WEEKLY = "weekly", pgettext_lazy("how often", "Every week")


class Preference(Row):
    """A person's choices; without a row everything is as the deployment has it."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preference")
    # Kinds that are not to come by this channel. Those that nobody may refuse come all the same.
    refused_pushes = models.JSONField(default=list)
    refused_mails = models.JSONField(default=list)
    # In the time zone of the deployment; null: the deployment's. The same twice: none.
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    # Empty: as each kind has it.
    digest = models.CharField(max_length=9, choices=Digest, blank=True)
    # Whether they want to hear of shifts nearby that lack volunteers; near which commune, empty for their school's.
    hears_of_needs = models.BooleanField(default=False)
    near_commune_code = models.CharField(max_length=5, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["near_commune_code"], condition=Q(hears_of_needs=True), name="preference_of_who_hears_needs"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="preference_has_both_ends_of_quiet_hours",
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    def refused(self, channel: Any) -> list[str]:
        """The kinds that the person does not want by this channel."""
        return self.refused_mails if channel == "mail" else self.refused_pushes
