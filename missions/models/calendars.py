"""The secret address at which a person's calendar finds their places."""

import secrets

from django.conf import settings
from django.db import models

from common.models import Row
from missions.querysets import CalendarQuerySet


def fresh_nonce() -> str:
    return secrets.token_hex(16)


class Calendar(Row):
    """A person's calendar address: derived from this row (common.links), revoked with it."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar")
    nonce = models.CharField(max_length=32, default=fresh_nonce)

    objects = CalendarQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.id)
