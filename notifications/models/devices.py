"""The phones that want pushes."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from common.models import Row
from notifications.models.owned import OwnedQuerySet

# A phone that was not seen for so long is not counted on: what must arrive goes by mail as well.
ALIVE_FOR = timedelta(days=30)


class Platform(models.TextChoices):
    ANDROID = "android"
    IOS = "ios"
    WEB = "web"


class DeviceQuerySet(OwnedQuerySet):
    def reachable(self) -> "DeviceQuerySet":
        """Whose person may be told things on a phone: neither closed nor suspended."""
        return self.filter(person__is_active=True, person__suspended_at__isnull=True)


class Device(Row):
    """A phone that wants pushes. A registration token belongs to one person: the last who registered it."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="devices")
    platform = models.CharField(max_length=10, choices=Platform)
    token = models.CharField(max_length=4096)
    # The token itself is too long for an index on every database; its SHA-256 is unique in its place.
    token_sha256 = models.CharField(max_length=64, unique=True)
    installation_id = models.CharField(max_length=255, blank=True)
    app_version = models.CharField(max_length=20, blank=True, db_default="")
    # The language of the app, where it is not its person's (BCP 47); nothing is said by it yet.
    locale = models.CharField(max_length=35, blank=True, db_default="")
    # What its system says: without it, what must arrive goes by mail as well.
    notifications_allowed = models.BooleanField(default=True, db_default=True)
    # The last registration or refreshed session.
    seen_at = models.DateTimeField(default=timezone.now)
    # The number of the last push that was meant for it: a phone sees by it what came late, and what is missing.
    last_sequence = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)
    # The sign-in that registered it (a row of an app above): pushes end with it.
    session_id = models.UUIDField(null=True, db_index=True)

    objects = DeviceQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.platform} {self.id}"

    @property
    def is_reachable(self) -> bool:
        """As DeviceQuerySet.reachable."""
        return self.person.is_active and self.person.suspended_at is None

    def hears(self, now: datetime) -> bool:
        """Whether its person can be counted on to see a push: a signed-in request lately, notifications allowed."""
        return self.notifications_allowed and self.seen_at > now - ALIVE_FOR
