"""Shapes of messages of organisers, and of a guardian's copy of one."""

from rest_framework import serializers

from common.api.fields import StrictCharField, StrictUUIDField
from common.api.serializers import Input, Output
from missions.models import Message, MessageRecipient

LONGEST_TEXT = 2000


class MessageInput(Input):
    """To everybody with a place, or to the one person of `sign_up`."""

    text = StrictCharField(max_length=LONGEST_TEXT)
    sign_up = StrictUUIDField(allow_null=True, default=None)


class MessageOutput(Output):
    mission_title = serializers.CharField(source="mission.title")
    organization = serializers.UUIDField(source="mission.organization_id")
    organization_name = serializers.CharField(source="mission.organization.name")
    author_name = serializers.CharField(source="author.full_name", default="")

    class Meta:
        model = Message
        fields = [
            "id",
            "created_at",
            "mission",
            "mission_title",
            "organization",
            "organization_name",
            "shift",
            "author",
            "author_name",
            "text",
        ]


class MessageRecipientOutput(Output):
    person_name = serializers.CharField(source="sign_up.display_name")

    class Meta:
        model = MessageRecipient
        fields = ["person", "person_name", "sign_up"]


class MessageDetailOutput(MessageOutput):
    """With those of its readers of whom one may know: all for organisers, oneself, a school's own minors."""

    recipients = MessageRecipientOutput(many=True, source="seen_recipients")

    class Meta(MessageOutput.Meta):
        fields = [*MessageOutput.Meta.fields, "recipients"]


class MessageOutcomeOutput(serializers.Serializer):
    """`code` and `detail` say why the person was left out; null where the message was sent."""

    sign_up = serializers.UUIDField(source="sign_up.pk")
    person = serializers.UUIDField(source="sign_up.person_id")
    person_name = serializers.CharField(source="sign_up.display_name")
    code = serializers.CharField(source="error.code", allow_null=True, default=None)
    detail = serializers.CharField(source="error.sentence", allow_null=True, default=None)


class SentMessageOutput(serializers.Serializer):
    message = MessageOutput()
    results = MessageOutcomeOutput(many=True, source="outcomes")


class MessageCopyOutput(serializers.Serializer):
    """What a guardian reads; `text`, `organization` and `mission_title` are empty until their address is confirmed."""

    first_name = serializers.CharField()
    school = serializers.CharField()
    organization = serializers.CharField()
    mission_title = serializers.CharField()
    text = serializers.CharField()
    is_confirmed = serializers.BooleanField()
    is_reported = serializers.BooleanField()


class MessageCopyReportInput(Input):
    text = StrictCharField(max_length=LONGEST_TEXT)
