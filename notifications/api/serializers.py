"""Shapes of what notifications take and give."""

from datetime import time
from typing import Any

from django.utils.functional import lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.fields import StrictBooleanField, StrictCharField, StrictListField, whole
from common.api.serializers import Input, Output
from common.territory import COMMUNE_CODE
from notifications import preferences, quiet_hours, registry
from notifications.models import Channel, Device, Digest, Notification, Platform, Preference
from notifications.registry import Topic


class DeviceInput(Input):
    platform = serializers.ChoiceField(choices=Platform.choices)
    token = StrictCharField(max_length=4096)
    installation_id = StrictCharField(max_length=255, allow_blank=True, default="")
    app_version = StrictCharField(max_length=20, allow_blank=True, default="")
    locale = StrictCharField(max_length=35, allow_blank=True, default="")
    notifications_allowed = StrictBooleanField(default=True)


class DeviceOutput(Output):
    """The registration token goes in and never comes out."""

    class Meta:
        model = Device
        fields = [
            "id",
            "platform",
            "installation_id",
            "app_version",
            "locale",
            "notifications_allowed",
            "seen_at",
        ]


def _known_kinds() -> str:
    kinds = ", ".join(f"`{one.kind}`" for one in registry.registered() if Channel.PUSH in one.channels)
    return f"What it is about: an open enum, show one that you do not know by its title and body. Known: {kinds}."


class NotificationDataOutput(serializers.Serializer):
    """Which thing a line of the inbox is about: `kind` says which of these come. A new kind may bring another name."""

    def get_fields(self) -> dict[str, Any]:
        return {name: serializers.UUIDField(required=False) for name in registry.ids_of_the_inbox()}


@extend_schema_field(NotificationDataOutput)
class IdsField(serializers.DictField):
    child = serializers.CharField()


WALL_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]"


class QuietHoursInput(Input):
    begin = StrictCharField(validators=[whole(WALL_TIME)])
    end = StrictCharField(validators=[whole(WALL_TIME)])

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Both, though what holds them may come in part."""
        if missing := set(self.fields) - set(attrs):
            said = self.fields["end"].error_messages["required"]
            raise serializers.ValidationError(dict.fromkeys(sorted(missing), said))
        return attrs


class PreferenceInput(Input):
    refused_pushes = StrictListField(child=StrictCharField(max_length=60), max_length=200, required=False)
    refused_mails = StrictListField(child=StrictCharField(max_length=60), max_length=200, required=False)
    quiet_hours = QuietHoursInput(allow_null=True, required=False)
    digest = serializers.ChoiceField(choices=Digest.choices, allow_null=True, required=False)
    hears_of_needs = StrictBooleanField(required=False)
    near_commune_code = StrictCharField(
        max_length=5, allow_blank=True, required=False, validators=[whole(COMMUNE_CODE)]
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Times of the wall; what is null is as the deployment has it."""
        if "quiet_hours" in attrs:
            hours = attrs["quiet_hours"] or {}
            ends = (hours.get("begin"), hours.get("end"))
            attrs["quiet_hours"] = tuple(time.fromisoformat(end) if end else None for end in ends)
        if "digest" in attrs:
            attrs["digest"] = attrs["digest"] or ""
        return attrs


class QuietHoursOutput(serializers.Serializer):
    """By the clocks of the deployment; the same twice: none."""

    begin = serializers.CharField()
    end = serializers.CharField()


class NoticeChoiceOutput(serializers.Serializer):
    """What may be chosen of one kind."""

    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    topic = serializers.ChoiceField(choices=Topic.choices)
    by_push = serializers.BooleanField()
    by_mail = serializers.BooleanField()
    may_be_refused = serializers.BooleanField()
    digest = serializers.ChoiceField(choices=Digest.choices, allow_null=True)


class PreferenceOutput(Output):
    """What holds for the person; `kinds` is what there is to choose."""

    quiet_hours = serializers.SerializerMethodField()
    has_own_quiet_hours = serializers.SerializerMethodField()
    refused_pushes = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]
    refused_mails = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]
    digest = serializers.SerializerMethodField()
    kinds = serializers.SerializerMethodField()

    class Meta:
        model = Preference
        fields = [
            "refused_pushes",
            "refused_mails",
            "quiet_hours",
            "has_own_quiet_hours",
            "digest",
            "hears_of_needs",
            "near_commune_code",
            "version",
            "kinds",
        ]

    @extend_schema_field(QuietHoursOutput())
    def get_quiet_hours(self, row: Preference) -> dict[str, str]:
        hours = quiet_hours.of_preference(row)
        return {"begin": hours.begin.isoformat("minutes"), "end": hours.end.isoformat("minutes")}

    def get_has_own_quiet_hours(self, row: Preference) -> bool:
        return row.quiet_from is not None

    @extend_schema_field(serializers.ChoiceField(choices=Digest.choices, allow_null=True))
    def get_digest(self, row: Preference) -> str | None:
        return row.digest or None

    @extend_schema_field(NoticeChoiceOutput(many=True))
    def get_kinds(self, row: Preference) -> list[dict[str, Any]]:
        return preferences.choices()


class NotificationOutput(Output):
    data = IdsField()  # type: ignore[assignment]

    class Meta:
        model = Notification
        fields = ["id", "kind", "title", "body", "data", "created_at", "read_at"]
        extra_kwargs = {"kind": {"help_text": lazy(_known_kinds, str)()}}


class UnreadOutput(serializers.Serializer):
    unread_count = serializers.IntegerField()


class UnsubscribeInput(Input):
    """What mail programs send (RFC 8058); the form of the page sends nothing."""

    def make_fields(self) -> dict[str, serializers.Field]:
        # A name that no attribute has.
        return {"List-Unsubscribe": StrictCharField(validators=[whole("One-Click")], required=False)}


class UnsubscribePageOutput(serializers.Serializer):
    """Which mails stop, or have stopped."""

    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    detail = serializers.CharField()
    is_done = serializers.BooleanField()
