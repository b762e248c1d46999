"""Shapes of a phone's queue of operations, and of what became of each."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.fields import StrictCharField, StrictUUIDField
from common.api.serializers import Input
from engagement.api.serializers.entries import HourEntryInput
from engagement.states import HourEntryStatus

MAX_OPERATIONS = 200
OPERATIONS = ["put", "submit", "withdraw", "delete"]


@extend_schema_field(HourEntryInput)
class EntryBodyField(serializers.Field):
    """A body to be looked at with its own operation, so that a wrong one stops no other."""

    default_error_messages = {"invalid": _("Send an object.")}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            self.fail("invalid")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class BatchOperationInput(Input):
    """`entry` with `put` alone; `if_match` as the header of that name, for a `put` that edits, or a `delete`."""

    op = serializers.ChoiceField(choices=OPERATIONS)
    id = StrictUUIDField()
    entry = EntryBodyField(required=False)
    if_match = StrictCharField(max_length=200, required=False)


class BatchInput(Input):
    operations = BatchOperationInput(many=True, min_length=1, max_length=MAX_OPERATIONS)  # type: ignore[call-arg]


class BatchErrorOutput(serializers.Serializer):
    pointer = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class BatchResultOutput(serializers.Serializer):
    """What the operation alone would have answered: its HTTP status, and the problem or the entry's state."""

    id = serializers.UUIDField()
    op = serializers.ChoiceField(choices=OPERATIONS)
    status = serializers.IntegerField()
    etag = serializers.CharField(allow_null=True)
    version = serializers.IntegerField(allow_null=True)
    entry_status = serializers.ChoiceField(choices=HourEntryStatus.choices, allow_null=True)
    claimed_minutes = serializers.IntegerField(allow_null=True)
    code = serializers.CharField(allow_null=True)
    detail = serializers.CharField(allow_null=True)
    conflicting_entry = serializers.UUIDField(allow_null=True)
    errors = BatchErrorOutput(many=True)  # type: ignore[assignment]


class BatchOutput(serializers.Serializer):
    results = BatchResultOutput(many=True)
