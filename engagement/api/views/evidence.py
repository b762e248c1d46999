"""The bytes of evidence over HTTP."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import FileResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.models import Reader
from common.api.images import PRIVATE, PictureQuery, is_known, not_modified, tag_of
from common.api.requests import ApiRequest
from common.api.views import ApiViewSet
from common.errors import NotVisible
from common.files import open_file
from common.pictures import PictureSize, name_in_size
from engagement.api import serializers
from engagement.api.permissions import KeepsALedger
from engagement.models import Evidence
from engagement.services import evidence
from engagement.states import EvidenceKind


class EvidenceViewSet(ApiViewSet):
    """One piece of evidence, for those who see the whole of its entry."""

    queryset = Evidence.objects.all()
    serializer_class = serializers.EvidenceOutput
    permission_classes = [KeepsALedger]
    extra_query_parameters = {"retrieve": ("size",)}

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        visible = Evidence.objects.visible_to(person)
        if self.action == "destroy":
            visible = visible.filter(entry__person=person)
        return visible.select_related("entry__record")

    @extend_schema(
        parameters=[PictureQuery],
        responses={(200, str(kind.value)): OpenApiTypes.BINARY for kind in EvidenceKind},
    )
    def retrieve(self, request: ApiRequest, pk: UUID) -> HttpResponseBase:
        """The file, a picture in the size that is asked for, to be opened nowhere near this site."""
        query = PictureQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        row, size = self.get_object(), query.validated_data["size"]
        name = str(row.file.name)
        if row.kind != EvidenceKind.PICTURE:
            return self._file(row, name, "no-store", size)
        tag = tag_of(name, size)
        if is_known(request, tag):
            return not_modified(tag, PRIVATE)
        response = self._file(row, name_in_size(name, size), PRIVATE, size)
        response["ETag"] = tag
        return response

    def _file(self, row: Evidence, name: str, cached: str, size: str) -> FileResponse:
        """Raises NotVisible for a paper in a size, which it has none of."""
        if row.kind != EvidenceKind.PICTURE and size != PictureSize.FULL:
            raise NotVisible
        filename = f"{row.pk}.{name.rpartition('.')[2]}"
        response = FileResponse(open_file(name), as_attachment=True, filename=filename, content_type=row.kind)
        response["Cache-Control"] = cached
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return response

    @extend_schema(responses={204: None})
    def destroy(self, request: ApiRequest, pk: UUID) -> Response:
        """Takes it back, while the entry may be edited."""
        evidence.remove_evidence(self.get_object(), actor=request.user)
        return Response(status=204)
