"""The picture of a mission over HTTP."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from accounts.models import Reader
from common.api.etags import edits_a_version, etag_of, expected_versions
from common.api.images import (
    ASK_AGAIN,
    PRIVATE,
    PUBLIC,
    ImageRenderer,
    is_known,
    not_modified,
    tag_of,
)
from common.api.requests import ApiRequest
from common.api.uploads import UploadInput, UploadParser, UploadViewMixin, reads_a_file
from common.api.views import ApiViewSet
from common.errors import NotVisible
from common.pictures import mark_of
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
    extra_query_parameters = {"show_image": ("size", "picture")}

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        if self.action == "show_image":
            return Mission.objects.reachable_by(person).select_related("organization")
        return Mission.objects.run_by(person)

    def get_renderers(self) -> list[Any]:
        return [ImageRenderer()] if self.action == "show_image" else super().get_renderers()

    @extend_schema(parameters=[serializers.MissionImageQuery], responses={(200, PICTURE): OpenApiTypes.BINARY})
    def show_image(self, request: ApiRequest, pk: UUID) -> HttpResponse:
        """The picture, a JPEG; with `picture`, as `image` has it, at an address that is no other picture's."""
        query = serializers.MissionImageQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        mission, asked = self.get_object(), query.validated_data
        mark = mark_of(mission.image)
        if not mission.image or asked.get("picture", mark) != mark:
            raise NotVisible
        tag, cached = tag_of(mission.image, asked["size"]), ASK_AGAIN
        if "picture" in asked:
            cached = PUBLIC if mission.is_public else PRIVATE
        if is_known(request, tag):
            return not_modified(tag, cached)
        content = missions.image_of(mission, asked["size"])
        return Response(content, headers={"ETag": tag, "Cache-Control": cached})

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
