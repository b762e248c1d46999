"""What an app asks at each start: is it served, what is offered, what things are called and how much is taken."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.labels import labelled_enums


class FeaturesOutput(serializers.Serializer):
    push = serializers.BooleanField()


class TextsOutput(serializers.Serializer):
    welcome = serializers.CharField()


class PageLimitsOutput(serializers.Serializer):
    default_size = serializers.IntegerField()
    largest_size = serializers.IntegerField()


class FileLimitsOutput(serializers.Serializer):
    largest_bytes = serializers.IntegerField()
    media_types = serializers.ListField(child=serializers.CharField())


class EvidenceLimitsOutput(FileLimitsOutput):
    most_per_entry = serializers.IntegerField()


class HourLimitsOutput(serializers.Serializer):
    fewest_minutes = serializers.IntegerField()
    most_minutes = serializers.IntegerField()
    longest_reflection = serializers.IntegerField()
    days_to_submit = serializers.IntegerField()
    days_to_contest = serializers.IntegerField()


class BatchLimitsOutput(serializers.Serializer):
    hour_entries = serializers.IntegerField()
    check_ins = serializers.IntegerField()
    decisions = serializers.IntegerField()
    confirmations = serializers.IntegerField()


class LimitsOutput(serializers.Serializer):
    """What the server refuses beyond, so that an app can say so before it sends."""

    pages = PageLimitsOutput()
    largest_body_bytes = serializers.IntegerField()
    mission_image = FileLimitsOutput()
    evidence = EvidenceLimitsOutput()
    hours = HourLimitsOutput()
    batches = BatchLimitsOutput()
    hours_to_send_check_ins = serializers.IntegerField()
    most_pending_sign_ups = serializers.IntegerField()


@extend_schema_field({"$ref": "#/components/schemas/ValueLabels"})
class ValueLabelsField(serializers.DictField):
    """Value to label, of one enum."""

    child = serializers.CharField()


class LabelsOutput(serializers.Serializer):
    """What people call the values of each enum of the answers, in the language that the request asked for."""

    def get_fields(self) -> dict[str, Any]:
        return {
            name: ValueLabelsField(help_text=f"Of each value of `{kind.__name__}`.")
            for name, kind in sorted(labelled_enums().items())
        }


class AppConfigOutput(serializers.Serializer):
    """What the app asks first."""

    minimum_version = serializers.CharField()
    features = FeaturesOutput()
    texts = TextsOutput()
    limits = LimitsOutput()
    labels = LabelsOutput()
