"""Messages and what becomes of them, the phones they go to, and what a person wants to hear."""

from notifications.models.devices import Device, DeviceQuerySet, Platform
from notifications.models.messages import Channel, Delivery, Notification, OutboxMessage, Priority
from notifications.models.preferences import Digest, Preference

__all__ = [
    "Channel",
    "Delivery",
    "Device",
    "DeviceQuerySet",
    "Digest",
    "Notification",
    "OutboxMessage",
    "Platform",
    "Preference",
    "Priority",
]
