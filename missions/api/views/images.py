"""The picture of a mission over HTTP."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from accounts.models import Reader
from common.api.etags import edits_a_version, etag_of, expected_versions
from common.api.images import ImageRenderer
from common.api.requests import ApiRequest
from common.api.uploads import UploadInput, UploadParser, UploadViewMixin, reads_a_file
from common.api.views import ApiViewSet
from common.reading import PICTURE, ReadFile
from missions.api import serializers
from missions.models import Mission
from missions.services import missions
from organizations.api.permissions import IsOrganizer


class MissionImageViewSet(UploadViewMixin, ApiViewSet):
    """Public as the mission is; a draft's is its organisation's and the region's."""

    queryset = Mission.objects.all()
    serializer_class = serializers.MissionDetailOutput
    permission_classes = [AllowAny]
    permissions = {"replace_image": [IsOrganizer], "remove_image": [IsOrganizer]}
    parser_classes = [UploadParser]
    file_kinds = (PICTURE,)
    inputs = {"replace_image": UploadInput}

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        if self.action == "show_image":
            return Mission.objects.reachable_by(person)
        return Mission.objects.run_by(person)

    def get_renderers(self) -> list[Any]:
        return [ImageRenderer()] if self.action == "show_image" else super().get_renderers()

    @extend_schema(responses={(200, PICTURE): OpenApiTypes.BINARY})
    def show_image(self, request: ApiRequest, pk: UUID) -> Response:
        """The picture, a JPEG of at most 1600 pixels a side."""
        return Response(missions.image_of(self.get_object()))

    @extend_schema(responses={200: serializers.MissionDetailOutput})
    @reads_a_file
    @edits_a_version
    def replace_image(self, request: ApiRequest, pk: UUID) -> Response:
        """Takes a JPEG, PNG, WebP or HEIC picture, and keeps it written anew; needs If-Match."""
        return self._set(request, self.file)

    @extend_schema(responses={200: serializers.MissionDetailOutput})
    @edits_a_version
    def remove_image(self, request: ApiRequest, pk: UUID) -> Response:
        """Takes the picture away; needs If-Match."""
        return self._set(request, None)

    def _set(self, request: ApiRequest, picture: ReadFile | None) -> Response:
        expected = expected_versions(request)
        mission = missions.set_image(self.get_object(), picture, expected=expected, actor=request.user)
        rows = Mission.objects.with_next_shifts(timezone.now()).with_what_editors_read(request.user)
        return Response(self.output(rows.get(pk=mission.pk)), headers={"ETag": etag_of(mission)})
