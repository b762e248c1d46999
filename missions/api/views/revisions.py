"""Changes of published missions, waiting for the region, over HTTP."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from accounts.models import Reader
from common.api.idempotency import idempotent
from common.api.permissions import IsRegionStaff
from common.api.requests import ApiRequest
from common.api.serializers import Empty, ReasonNeededInput
from common.api.views import ReadViewSet
from missions.api import serializers
from missions.api.filters import MissionRevisionFilter
from missions.models import MissionRevision
from missions.services import revisions
from organizations.api.permissions import IsOrganizer


class MissionRevisionViewSet(ReadViewSet):
    """Proposed by an edit of a published mission; read, accepted or refused by the region."""

    queryset = MissionRevision.objects.all()
    serializer_class = serializers.MissionRevisionOutput
    filterset_class = MissionRevisionFilter
    permission_classes = [IsOrganizer | IsRegionStaff]
    permissions = {"accept": [IsRegionStaff], "refuse": [IsRegionStaff]}
    inputs = {"accept": Empty, "refuse": ReasonNeededInput}

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        return MissionRevision.objects.visible_to(person)

    @extend_schema(responses={200: serializers.MissionRevisionOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def accept(self, request: ApiRequest, pk: UUID) -> Response:
        """The mission becomes what was proposed; people on it are told."""
        self.valid_input()
        return Response(self.output(revisions.accept_revision(self.get_object(), actor=request.user)))

    @extend_schema(responses={200: serializers.MissionRevisionOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def refuse(self, request: ApiRequest, pk: UUID) -> Response:
        """The mission stays as it was; the organisation reads why."""
        reason = self.valid_input()["reason"]
        return Response(self.output(revisions.refuse_revision(self.get_object(), reason=reason, actor=request.user)))
