"""Shapes of contests."""

from rest_framework import serializers

from common.api.fields import StrictCharField
from common.api.serializers import Input, Output
from engagement.models import Contest


class ContestInput(Input):
    reason = StrictCharField(max_length=2000)


class ContestAnswerInput(Input):
    reason = StrictCharField(max_length=1000)


class ContestOutput(Output):
    person = serializers.UUIDField(source="entry.record.person_id")

    class Meta:
        model = Contest
        fields = ["id", "entry", "person", "subject", "reason", "status", "answer", "decided_at", "created_at"]
