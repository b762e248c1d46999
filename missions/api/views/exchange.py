"""The State's mission exchange, and partners' missions, over HTTP."""

import tempfile
import threading
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from accounts.models import Reader
from common.api.requests import ApiRequest
from common.api.throttling import CeilingThrottle
from common.api.views import ApiViewSet, ReadViewSet
from common.errors import DomainError
from missions import publication
from missions.api import serializers
from missions.api.filters import PartnerMissionFilter
from missions.models import Mission, PartnerMission

FEED_CHUNK = 200
MOST_IN_MEMORY = 2_000_000
# In each process: the other threads are for people.
_one_at_a_time = threading.Lock()


class FeedBusy(DomainError):
    """503 with Retry-After: the feed is being written for somebody else."""

    status = 503
    code = "busy"
    detail = _("The feed is being written for somebody else. Try again in a minute.")
    retry_after_seconds = 60


class ExchangeViewSet(ApiViewSet):
    """Our published missions that have places, for other platforms. A feed is the same for whoever reads it."""

    queryset = Mission.objects.all()
    serializer_class = serializers.ExchangeMissionOutput
    permission_classes = [AllowAny]
    authentication_classes = []
    throttle_scope = "feed"

    def get_throttles(self) -> list[Any]:
        """The feed as a whole is costly; a page of it is not."""
        return [CeilingThrottle()] if self.action == "feed" else []

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        return Mission.objects.published().with_open_shifts(timezone.now())

    @extend_schema(operation_id="exchange_missions_list", responses={200: serializers.ExchangeMissionOutput(many=True)})
    def list(self, request: ApiRequest) -> Response:
        """Our missions as API Engagement v2 has them, by pages."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response([publication.exchange_facts(mission) for mission in page or []])

    @extend_schema(operation_id="exchange_missions_retrieve")
    def retrieve(self, request: ApiRequest, pk: UUID) -> Response:
        """One mission as API Engagement v2 has it."""
        return Response(publication.exchange_facts(self.get_object()))

    @extend_schema(
        operation_id="exchange_missions_feed", responses={(200, "application/xml"): OpenApiTypes.STR}, filters=False
    )
    def feed(self, request: ApiRequest) -> FileResponse:
        """All our missions as the exchange's XML feed; one at a time, and some times an hour for each address."""
        if not _one_at_a_time.acquire(blocking=False):
            raise FeedBusy
        try:
            return self._whole()
        finally:
            _one_at_a_time.release()

    def _whole(self) -> FileResponse:
        # Whole before its first byte goes: a database that goes away meanwhile is a 503, not half a document.
        whole: Any = tempfile.SpooledTemporaryFile(MOST_IN_MEMORY)  # noqa: SIM115 (the answer closes it)
        try:
            for piece in publication.as_xml(publication.exchange_facts(mission) for mission in self._all()):
                whole.write(piece.encode())
        except BaseException:
            whole.close()
            raise
        whole.seek(0)
        return FileResponse(whole, content_type="application/xml; charset=utf-8")

    def _all(self) -> Iterator[Mission]:
        return self.get_queryset().order_by("-id").iterator(chunk_size=FEED_CHUNK)


class PartnerMissionViewSet(ReadViewSet):
    """Missions of partners: found here, applied for at their own address. Public."""

    queryset = PartnerMission.objects.all()
    serializer_class = serializers.PartnerMissionOutput
    filterset_class = PartnerMissionFilter
    permission_classes = [AllowAny]

    def get_ordering(self) -> tuple[str, ...]:
        return ("distance_km", "id") if "near" in self.request.query_params else ("-id",)

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        return PartnerMission.objects.visible_to(person)
