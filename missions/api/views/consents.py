"""A student has their guardians asked about a mission, over HTTP."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.models import Reader
from common.api.idempotency import idempotent
from common.api.permissions import IsSignedIn
from common.api.requests import ApiRequest
from common.api.serializers import Empty
from common.api.views import ApiViewSet
from consents.api.serializers.consents import ConsentOutput
from consents.models import Consent
from missions.models import Mission
from missions.services import consents


class MissionConsentViewSet(ApiViewSet):
    """Consent to one mission."""

    queryset = Mission.objects.all()
    serializer_class = ConsentOutput
    permission_classes = [IsSignedIn]
    pagination_class = None
    inputs = {"ask_consent": Empty}

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        return Mission.objects.visible_to(person)

    @extend_schema(responses={200: ConsentOutput(many=True)})
    @idempotent
    def ask_consent(self, request: ApiRequest, pk: UUID) -> Response:
        """Has one's guardians asked about this mission, where a consent is needed and none is in force."""
        self.valid_input()
        asked = consents.ask_for_consent(self.get_object(), actor=request.user)
        rows = Consent.objects.visible_to(request.user).select_related("guardian").order_by("id")
        rows = rows.filter(pk__in=[row.pk for row in asked])
        return Response(ConsentOutput(rows, many=True).data)
