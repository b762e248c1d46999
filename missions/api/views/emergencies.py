"""Emergency numbers over HTTP: read around the shift, and who read them."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.response import Response

from accounts.models import Reader
from common.api.requests import ApiRequest
from common.api.views import ApiViewSet
from missions.api import serializers
from missions.models import EmergencyNumberView, SignUp
from missions.services import emergencies
from organizations.api.permissions import IsOrganizer
from schools.api.permissions import IsSchoolManager


class EmergencyNumbersViewSet(ApiViewSet):
    """The numbers to call for a minor on a shift."""

    queryset = SignUp.objects.all()
    serializer_class = serializers.EmergencyNumbersOutput
    permission_classes = [IsOrganizer]

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        return SignUp.objects.run_by(person).select_related("person", "shift__mission__organization")

    @extend_schema(responses={200: serializers.EmergencyNumbersOutput})
    def emergency_numbers(self, request: ApiRequest, pk: UUID) -> Response:
        """For organisers of an accepted minor, from 24 h before the shift to 24 h after; each reading is recorded."""
        numbers = emergencies.read_emergency_numbers(self.get_object(), actor=request.user)
        body = {"numbers": [asdict(number) for number in numbers]}
        return Response(self.output(body), headers={"Cache-Control": "no-store"})


class EmergencyNumberViewViewSet(mixins.ListModelMixin, ApiViewSet):
    """Who read emergency numbers of one's school's students."""

    queryset = EmergencyNumberView.objects.all()
    serializer_class = serializers.EmergencyNumberViewOutput
    permission_classes = [IsSchoolManager]

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        return EmergencyNumberView.objects.visible_to(person).select_related(
            "sign_up__person", "sign_up__shift__mission"
        )
