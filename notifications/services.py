"""Devices and the inbox."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from common.links import fingerprint
from notifications.models import Device, Notification


@transaction.atomic
def register_device(*, person: Any, platform: str, token: str, installation_id: str = "") -> Device:
    """Makes this phone the person's: a token belongs to one person, the last who registered it."""
    device, _created = Device.objects.update_or_create(
        token_sha256=fingerprint(token),
        defaults={
            "person": person,
            "platform": platform,
            "token": token,
            "installation_id": installation_id,
            "seen_at": timezone.now(),
        },
    )
    return device


def forget_device(device: Device) -> None:
    """No more pushes to this phone."""
    device.delete()


def mark_read(notification: Notification, *, at: datetime | None = None) -> Notification:
    """Marks one line of the inbox read; the first time stays."""
    Notification.objects.unread().filter(pk=notification.pk).update(read_at=at or timezone.now())
    notification.refresh_from_db(fields=["read_at"])
    return notification
