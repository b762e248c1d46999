"""People whom the region shuts out."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts import suspensions
from accounts.api import serializers
from accounts.models import Reader, Suspension
from common.api.idempotency import idempotent
from common.api.permissions import IsRegionStaff
from common.api.requests import ApiRequest
from common.api.serializers import Empty
from common.api.views import ReadViewSet


class SuspensionViewSet(ReadViewSet):
    """Whom the region shut out, why, and whether they are let in again."""

    queryset = Suspension.objects.all()
    serializer_class = serializers.SuspensionOutput
    permission_classes = [IsRegionStaff]
    inputs = {"create": serializers.SuspensionInput, "restore": Empty}

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        return Suspension.objects.visible_to(person).select_related("person")

    @extend_schema(responses={201: serializers.SuspensionOutput})
    @idempotent
    def create(self, request: ApiRequest) -> Response:
        """Signs a person out everywhere and keeps them out; their places to come are released."""
        facts = self.valid_input()
        row = suspensions.suspend_person(facts["person"], reason=facts["reason"], actor=request.user)
        return Response(self.output(row), status=201)

    @extend_schema(responses={200: serializers.SuspensionOutput})
    @idempotent
    def restore(self, request: ApiRequest, pk: UUID) -> Response:
        """Lets them in again."""
        self.valid_input()
        return Response(self.output(suspensions.restore_person(self.get_object(), actor=request.user)))
