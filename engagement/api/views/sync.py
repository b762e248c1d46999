"""One's own data, as a phone follows it, over HTTP."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from common.api.permissions import IsSignedIn
from common.api.requests import ApiRequest
from common.api.views import ApiViewSet
from engagement.api import serializers, sync
from engagement.models import Record

SOME_TEXT = {"type": "string", "minLength": 1}


class SyncViewSet(ApiViewSet):
    """One's own data: all of it, then what changed, oldest change first."""

    queryset = Record.objects.none()
    serializer_class = serializers.SyncOutput
    permission_classes = [IsSignedIn]
    extra_query_parameters = {"follow": ("cursor",)}

    @extend_schema(
        operation_id="sync_follow",
        parameters=[OpenApiParameter("cursor", SOME_TEXT, description="As the last answer gave it; without it: all.")],
        responses={200: serializers.SyncOutput},
    )
    def follow(self, request: ApiRequest) -> Response:
        """What changed since the cursor, removals included, at most 200 things; 410 when it is too old."""
        text = request.query_params.get("cursor")
        cursor = sync.decode(text, request.user) if text is not None else None
        return Response(sync.read(request.user, cursor, self.get_serializer_context()))
