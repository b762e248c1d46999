"""What leaves the house for other systems: a class as a table, a student's text for Parcoursup."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.models import Reader
from common.api.files import file_response
from common.api.requests import ApiRequest
from common.api.views import ApiViewSet, ReadViewSet
from common.sheets import MEDIA_TYPES, SheetFormat
from engagement import parcoursup
from engagement.api import serializers
from engagement.api.permissions import KeepsALedger
from engagement.models import Export, Record
from engagement.services import exports
from schools.api.permissions import IsSchoolStaff
from schools.models import ClassGroup

# A text is one to generated clients; they would take its characters for bytes.
# The file first: many a generator types an answer by the first of its kinds, and a workbook is no text.
SHAPES = {SheetFormat.XLSX: OpenApiTypes.BINARY, SheetFormat.CSV: OpenApiTypes.STR}


class ClassExportViewSet(ApiViewSet):
    """A class as a table, for those who answer for it."""

    queryset = ClassGroup.objects.none()
    serializer_class = serializers.ExportOutput
    permission_classes = [IsSchoolStaff]
    extra_query_parameters = {"export": ("file_format",)}

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        return ClassGroup.objects.led_by(person).select_related("school", "school_year")

    @extend_schema(
        operation_id="classes_export",
        parameters=[serializers.ExportQuery],
        responses={(200, MEDIA_TYPES[kind].split(";")[0]): shape for kind, shape in SHAPES.items()},
    )
    def export(self, request: ApiRequest, pk: UUID) -> HttpResponse:
        """One line for each active student: minutes by domain, where they stand, the comment. Noted each time."""
        query = serializers.ExportQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        file_format = SheetFormat(query.validated_data["file_format"])
        content = exports.export_class(self.get_object(), file_format=file_format, actor=request.user)
        return file_response(content, MEDIA_TYPES[file_format], f"classe.{file_format}")


class ExportViewSet(ReadViewSet):
    """Who took which table out: one's own exports, and the school's for its managers."""

    queryset = Export.objects.all()
    serializer_class = serializers.ExportOutput
    permission_classes = [IsSchoolStaff]

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        return Export.objects.visible_to(person).select_related("class_group", "exported_by")


class ParcoursupViewSet(ApiViewSet):
    """One's own engagement, to be copied into Parcoursup."""

    queryset = Record.objects.none()
    serializer_class = serializers.ParcoursupTextOutput
    permission_classes = [KeepsALedger]

    @extend_schema(operation_id="me_parcoursup_text_retrieve", responses={200: serializers.ParcoursupTextOutput})
    def retrieve(self, request: ApiRequest) -> Response:
        """A draft for "Engagement citoyen" from approved hours and what one wrote of them, at most 1,500 characters."""
        text = parcoursup.text_of(request.user)
        return Response(self.output({"text": text, "character_count": parcoursup.length_of(text)}))
