"""Shapes of reports of danger."""

from typing import Any

from rest_framework import serializers

from common.api.fields import StrictCharField, StrictUUIDField
from common.api.serializers import Input, Output
from missions.models import Report


class ReportInput(Input):
    """About one of the three."""

    mission = StrictUUIDField(allow_null=True, default=None)
    organization = StrictUUIDField(allow_null=True, default=None)
    person = StrictUUIDField(allow_null=True, default=None)
    text = StrictCharField(max_length=2000)


class FollowUpInput(Input):
    follow_up = StrictCharField(max_length=2000)


class ReportOutput(Output):
    """Its author reads what they wrote; the follow-up is for the region and, for a minor, the school's manager."""

    reporter_name = serializers.CharField(source="reporter.full_name", default="")
    person_name = serializers.CharField(source="person.full_name", default="")

    FOLLOW_UP = ("status", "reporter", "reporter_name", "person_name", "taken_by", "taken_at", "closed_at", "follow_up")

    class Meta:
        model = Report
        fields = [
            "id",
            "created_at",
            "mission",
            "organization",
            "person",
            "text",
            "status",
            "reporter",
            "reporter_name",
            "person_name",
            "taken_by",
            "taken_at",
            "closed_at",
            "follow_up",
        ]

    def get_fields(self) -> dict[str, serializers.Field]:
        declared = super().get_fields()
        for name in self.FOLLOW_UP:
            declared[name].required = False
        return declared

    def to_representation(self, report: Any) -> dict[str, Any]:
        answer = super().to_representation(report)
        if not report.is_followed:
            return {name: value for name, value in answer.items() if name not in self.FOLLOW_UP}
        if not report.names_reporter:
            answer |= {"reporter": None, "reporter_name": ""}
        return answer
