"""Which rows of the notification tables exist for whom, and which are due."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from notifications.states import DeliveryStatus


class OwnedQuerySet(QuerySet[Any]):
    """Rows that belong to one person and are seen by nobody else."""

    owner_field = "person"

    def visible_to(self, person: Any) -> "OwnedQuerySet":
        """Only the owner's."""
        return self.filter(**{self.owner_field: person}) if person.is_authenticated else self.none()


class DeviceQuerySet(OwnedQuerySet):
    def reachable(self) -> "DeviceQuerySet":
        """Whose person may be told things on a phone: neither closed nor suspended."""
        return self.filter(person__is_active=True, person__suspended_at__isnull=True)


class NotificationQuerySet(OwnedQuerySet):
    owner_field = "recipient"

    def unread(self) -> "NotificationQuerySet":
        return self.filter(read_at__isnull=True)


class OutboxMessageQuerySet(QuerySet[Any]):
    def due(self, now: datetime) -> "OutboxMessageQuerySet":
        """Not yet expanded, and not meant for later; oldest first."""
        return self.filter(expanded_at__isnull=True, due_at__lte=now).order_by("due_at", "id")


class DeliveryQuerySet(QuerySet[Any]):
    def due(self, now: datetime) -> "DeliveryQuerySet":
        """Pending, its time come, and under nobody's live lease; oldest first."""
        return self.filter(
            Q(leased_until__isnull=True) | Q(leased_until__lte=now), status=DeliveryStatus.PENDING, due_at__lte=now
        ).order_by("due_at", "id")

    def late(self, now: datetime) -> "DeliveryQuerySet":
        """Pending, and its time come, whoever holds it."""
        return self.filter(status=DeliveryStatus.PENDING, due_at__lte=now)

    def dead_since(self, since: datetime) -> "DeliveryQuerySet":
        """Given up, or refused for good, since then."""
        return self.filter(status=DeliveryStatus.DEAD, finished_at__gte=since)
