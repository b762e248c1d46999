"""Shapes of what phones follow."""

from django.db.models import TextChoices
from rest_framework import serializers

from accounts.api.serializers import ProfileOutput
from engagement.api.serializers.certificates import CertificateOutput
from engagement.api.serializers.contests import ContestOutput
from engagement.api.serializers.entries import HourEntryOutput, SyncedRecordOutput
from missions.api.serializers import SyncedAttendanceOutput, SyncedSignUpOutput
from notifications.api.serializers import NotificationOutput


class SyncKind(TextChoices):
    SETTINGS = "settings"
    SIGN_UP = "sign_up"
    ATTENDANCE = "attendance"
    RECORD = "record"
    HOUR_ENTRY = "hour_entry"
    CERTIFICATE = "certificate"
    CONTEST = "contest"
    NOTIFICATION = "notification"


class ChangeOutput(serializers.Serializer):
    """One thing that changed: the member named as its `kind` holds it as it is now, unless it is removed."""

    kind = serializers.ChoiceField(choices=SyncKind.choices)
    id = serializers.UUIDField()
    is_removed = serializers.BooleanField()
    settings = ProfileOutput(required=False)
    sign_up = SyncedSignUpOutput(required=False)
    attendance = SyncedAttendanceOutput(required=False)
    record = SyncedRecordOutput(required=False)
    hour_entry = HourEntryOutput(required=False)
    certificate = CertificateOutput(required=False)
    contest = ContestOutput(required=False)
    notification = NotificationOutput(required=False)


class SyncOutput(serializers.Serializer):
    changes = ChangeOutput(many=True)
    cursor = serializers.CharField()
    has_more = serializers.BooleanField()
