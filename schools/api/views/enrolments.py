"""Students in classes: admitted, refused, corrected, commented on, gone."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from accounts.models import Reader
from common.api.etags import edits_a_version, etag_of, expected_versions
from common.api.idempotency import idempotent
from common.api.permissions import IsSignedIn
from common.api.requests import ApiRequest
from common.api.serializers import Empty
from common.api.views import ReadViewSet
from schools.api import serializers
from schools.api.permissions import IsSchoolStaff
from schools.models import Enrolment
from schools.services import comments, enrolments


class EnrolmentViewSet(ReadViewSet):
    """Students in classes: one's own, or those of the classes one answers for."""

    queryset = Enrolment.objects.all()
    serializer_class = serializers.EnrolmentOutput
    permission_classes = [IsSignedIn]
    permissions = {
        "admit": [IsSchoolStaff],
        "refuse": [IsSchoolStaff],
        "end": [IsSchoolStaff],
        "change_birth_date": [IsSchoolStaff],
        "comment": [IsSchoolStaff],
        "write_comment": [IsSchoolStaff],
    }
    inputs = {
        "write_comment": serializers.CommentInput,
        "admit": serializers.AdmitInput,
        "refuse": Empty,
        "end": Empty,
        "change_birth_date": serializers.BirthDateInput,
    }

    outputs = {"comment": serializers.CommentOutput, "write_comment": serializers.CommentOutput}

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        if self.action in self.outputs:
            return Enrolment.objects.led_by(person)
        rows = Enrolment.objects.visible_to(person).select_related("student", "class_group")
        return rows.with_roster_for(person) if person.is_authenticated else rows

    @extend_schema(responses={200: serializers.EnrolmentOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def admit(self, request: ApiRequest, pk: UUID) -> Response:
        """Lets a student into the class who was not found on its roster, or was there with another birth date."""
        facts = self.valid_input()
        enrolment = enrolments.admit_enrolment(
            self.get_object(),
            roster_line=facts.get("roster_line"),
            is_line_decided="roster_line" in facts,
            actor=request.user,
        )
        return Response(self.output(enrolment))

    @extend_schema(responses={200: serializers.EnrolmentOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def refuse(self, request: ApiRequest, pk: UUID) -> Response:
        """Refuses a student who was not on the roster; they may ask again."""
        self.valid_input()
        return Response(self.output(enrolments.refuse_enrolment(self.get_object(), actor=request.user)))

    @extend_schema(responses={200: serializers.EnrolmentOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def end(self, request: ApiRequest, pk: UUID) -> Response:
        """The student leaves the class; their record of the year stays readable to the school."""
        self.valid_input()
        return Response(self.output(enrolments.end_enrolment(self.get_object(), actor=request.user)))

    @extend_schema(responses={200: serializers.EnrolmentOutput})
    @action(detail=True, methods=["post"], url_path="change-birth-date")
    @idempotent
    def change_birth_date(self, request: ApiRequest, pk: UUID) -> Response:
        """The school corrects its student's birth date, with a reason that the student reads."""
        enrolment = enrolments.correct_birth_date(self.get_object(), actor=request.user, **self.valid_input())
        return Response(self.output(enrolment))

    @extend_schema(operation_id="enrolments_comment_retrieve", responses={200: serializers.CommentOutput})
    @action(detail=True)
    def comment(self, request: ApiRequest, pk: UUID) -> Response:
        """What those who answer for the class say of the student's year, with its ETag; the student does not see it."""
        comment = comments.comment_of(self.get_object())
        return Response(self.output(comment), headers={"ETag": etag_of(comment)})

    @extend_schema(operation_id="enrolments_comment_update", responses={200: serializers.CommentOutput})
    @comment.mapping.put
    @edits_a_version
    def write_comment(self, request: ApiRequest, pk: UUID) -> Response:
        """Says it anew, for the class's export; needs If-Match."""
        text, expected = self.valid_input()["text"], expected_versions(request)
        comment = comments.write_comment(self.get_object(), text, expected=expected, actor=request.user)
        return Response(self.output(comment), headers={"ETag": etag_of(comment)})
