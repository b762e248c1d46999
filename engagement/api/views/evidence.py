"""The bytes of evidence over HTTP."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.models import Reader
from common.api.requests import ApiRequest
from common.api.views import ApiViewSet
from common.files import open_file
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

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        visible = Evidence.objects.visible_to(person)
        if self.action == "destroy":
            visible = visible.filter(entry__person=person)
        return visible.select_related("entry__record")

    @extend_schema(responses={(200, str(kind.value)): OpenApiTypes.BINARY for kind in EvidenceKind})
    def retrieve(self, request: ApiRequest, pk: UUID) -> FileResponse:
        """The file, to be kept by the reader and opened nowhere near this site."""
        row = self.get_object()
        name = row.file.name
        response = FileResponse(
            open_file(name), as_attachment=True, filename=name.rpartition("/")[2], content_type=row.kind
        )
        response["Cache-Control"] = "no-store"
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return response

    @extend_schema(responses={204: None})
    def destroy(self, request: ApiRequest, pk: UUID) -> Response:
        """Takes it back, while the entry may be edited."""
        evidence.remove_evidence(self.get_object(), actor=request.user)
        return Response(status=204)
