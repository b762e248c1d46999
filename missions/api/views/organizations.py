"""Organisations over HTTP."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from common.api.idempotency import idempotent
from common.api.permissions import IsRegionStaff
from common.api.serializers import Empty
from common.api.views import ReadViewSet
from common.errors import BadInput
from missions.api import serializers
from missions.models import Organization
from missions.services import organizations


class OrganizationViewSet(ReadViewSet):
    """Verified organisations are public; members see their own, the region all."""

    queryset = Organization.objects.all()
    serializer_class = serializers.OrganizationOutput
    permission_classes = [AllowAny]
    permissions = {"create": [IsRegionStaff], "verify": [IsRegionStaff], "refuse": [IsRegionStaff]}
    inputs = {"create": serializers.OrganizationInput, "verify": Empty, "refuse": Empty}

    def queryset_for(self, person: Any) -> QuerySet[Any]:
        return Organization.objects.visible_to(person)

    @extend_schema(responses={201: serializers.OrganizationOutput})
    @idempotent
    def create(self, request: Any) -> Response:
        """Makes an organisation, unverified."""
        facts = self.valid_input()
        parent = self.get_queryset().filter(pk=facts["parent"]).first() if facts["parent"] else None
        if facts["parent"] and parent is None:
            raise BadInput(code="parent_unknown", fields={"parent": _("No such organisation.")})
        row = organizations.create_organization(
            name=facts["name"], kind=facts["kind"], parent=parent, actor=request.user
        )
        return Response(self.output(row), status=201)

    @extend_schema(responses={200: serializers.OrganizationOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def verify(self, request: Any, pk: Any) -> Response:
        """The region vouches for the organisation; it may publish."""
        self.valid_input()
        return Response(self.output(organizations.decide_organization(self.get_object(), "verify", actor=request.user)))

    @extend_schema(responses={200: serializers.OrganizationOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def refuse(self, request: Any, pk: Any) -> Response:
        """The region refuses the organisation."""
        self.valid_input()
        return Response(self.output(organizations.decide_organization(self.get_object(), "refuse", actor=request.user)))
