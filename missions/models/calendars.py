"""The secret address at which a person's calendar finds their places."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import QuerySet

from accounts.models import Reader
from common.models import Row


def fresh_nonce() -> str:
    return secrets.token_hex(16)


class CalendarQuerySet(QuerySet[Any]):
    def visible_to(self, person: Reader) -> CalendarQuerySet:
        """One's own."""
        return self.filter(person=person) if person.is_authenticated else self.none()


class Calendar(Row):
    """A person's calendar address: derived from this row (common.links), revoked with it."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar")
    nonce = models.CharField(max_length=32, default=fresh_nonce)

    objects = CalendarQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.id)
