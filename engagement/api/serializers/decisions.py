"""Shapes of decisions, one or many."""


from rest_framework import serializers

from common.api.fields import StrictCharField, StrictIntegerField, StrictUUIDField
from common.api.serializers import Input
from engagement.states import DecisionVerb, HourEntryStatus

MAX_RULINGS = 500


class DecisionInput(Input):
    reason = StrictCharField(max_length=1000, allow_blank=True, default="")


class ApprovalInput(DecisionInput):
    minutes = StrictIntegerField(min_value=1, max_value=720, allow_null=True, default=None)


class RulingInput(ApprovalInput):
    entry = StrictUUIDField()
    verb = serializers.ChoiceField(choices=DecisionVerb.choices)


class BulkDecisionsInput(Input):
    decisions = RulingInput(many=True, min_length=1, max_length=MAX_RULINGS)  # type: ignore[call-arg]


class OutcomeOutput(serializers.Serializer):
    """`status` is the entry's after the decision; without it, `code` and `detail` say why there is none."""

    entry = serializers.UUIDField()
    status = serializers.ChoiceField(choices=HourEntryStatus.choices, allow_null=True)
    approved_minutes = serializers.IntegerField(allow_null=True)
    code = serializers.CharField(allow_null=True)
    detail = serializers.CharField(allow_null=True)


class BulkDecisionsOutput(serializers.Serializer):
    results = OutcomeOutput(many=True)
