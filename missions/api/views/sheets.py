"""The list of a shift over HTTP, as a file."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema

from accounts.models import Reader
from common.api.files import PDF, file_response
from common.api.requests import ApiRequest
from common.api.views import ApiViewSet
from common.sheets import MEDIA_TYPES, SheetFormat
from missions.api import serializers
from missions.models import ListFormat, Shift
from missions.services import shift_lists
from organizations.api.permissions import IsOrganizer

TYPES = {ListFormat.CSV: MEDIA_TYPES[SheetFormat.CSV], ListFormat.PDF: PDF}
# The file first: many a generator types an answer by the first of its kinds.
SHAPES = {PDF: OpenApiTypes.BINARY, "text/csv": OpenApiTypes.STR}


class ShiftSheetViewSet(ApiViewSet):
    """Who comes to a shift, as a table or a page to print."""

    queryset = Shift.objects.none()
    serializer_class = serializers.SheetQuery
    permission_classes = [IsOrganizer]
    extra_query_parameters = {"sheet": ("file_format",)}

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        return Shift.objects.run_by(person).select_related("mission__organization")

    @extend_schema(
        operation_id="shifts_sheet",
        parameters=[serializers.SheetQuery],
        responses={(200, kind): shape for kind, shape in SHAPES.items()},
    )
    def sheet(self, request: ApiRequest, pk: UUID) -> HttpResponse:
        """For organisers. Each time is noted, and each reading of emergency numbers, which the page alone shows."""
        query = serializers.SheetQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        file_format = ListFormat(query.validated_data["file_format"])
        content = shift_lists.export_list(self.get_object(), file_format=file_format, actor=request.user)
        return file_response(content, TYPES[file_format], f"liste.{file_format}")
