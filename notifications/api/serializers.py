"""Shapes of what notifications take and give."""

from django.utils.functional import lazy
from rest_framework import serializers

from common.api.fields import StrictCharField
from common.api.serializers import Input, Output
from notifications import registry
from notifications.models import Channel, Device, Notification, Platform


class DeviceInput(Input):
    platform = serializers.ChoiceField(choices=Platform.choices)
    token = StrictCharField(max_length=4096)
    installation_id = StrictCharField(max_length=255, allow_blank=True, default="")


class DeviceOutput(Output):
    """The registration token goes in and never comes out."""

    class Meta:
        model = Device
        fields = ["id", "platform", "installation_id", "seen_at"]


def _known_kinds() -> str:
    kinds = ", ".join(f"`{one.kind}`" for one in registry.registered() if Channel.PUSH in one.channels)
    return f"What it is about: an open enum, show one that you do not know by its title and body. Known: {kinds}."


class NotificationOutput(Output):
    data = serializers.DictField(child=serializers.CharField())  # type: ignore[assignment]

    class Meta:
        model = Notification
        fields = ["id", "kind", "title", "body", "data", "created_at", "read_at"]
        extra_kwargs = {"kind": {"help_text": lazy(_known_kinds, str)()}}


class UnreadOutput(serializers.Serializer):
    unread_count = serializers.IntegerField()
