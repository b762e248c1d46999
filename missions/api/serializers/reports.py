"""Shapes of reports of danger."""

from typing import Any

from rest_framework import serializers

from common.api.fields import StrictCharField, StrictUUIDField
from common.api.serializers import Input, Output
from missions.models import Report


class ReportInput(Input):
    """About one of the four."""

    mission = StrictUUIDField(allow_null=True, default=None)
    organization = StrictUUIDField(allow_null=True, default=None)
    person = StrictUUIDField(allow_null=True, default=None)
    message = StrictUUIDField(allow_null=True, default=None)
    text = StrictCharField(max_length=2000)


class FollowUpInput(Input):
    follow_up = StrictCharField(max_length=2000)


class ReportOutput(Output):
    """Its author reads what they wrote; the follow-up is for the region and, for a minor, the school's manager."""

    reporter_name = serializers.CharField(source="reporter.full_name", default="")
    person_name = serializers.CharField(source="person.full_name", default="")

    message_text = serializers.CharField(source="message.text", default="")
    message_author = serializers.UUIDField(source="message.author_id", allow_null=True, default=None)
    message_author_name = serializers.CharField(source="message.author.full_name", default="")
    guardian_of = serializers.UUIDField(source="guardian.student_id", allow_null=True, default=None)
    guardian_of_name = serializers.CharField(source="guardian.student.full_name", default="")

    FOLLOW_UP = (
        "status",
        "reporter",
        "reporter_name",
        "guardian_of",
        "guardian_of_name",
        "person_name",
        "message_text",
        "message_author",
        "message_author_name",
        "taken_by",
        "taken_at",
        "closed_at",
        "follow_up",
    )

    class Meta:
        model = Report
        fields = [
            "id",
            "created_at",
            "mission",
            "organization",
            "person",
            "message",
            "text",
            "status",
            "reporter",
            "reporter_name",
            "guardian_of",
            "guardian_of_name",
            "person_name",
            "message_text",
            "message_author",
            "message_author_name",
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
