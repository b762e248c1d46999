"""Organisations over HTTP."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from accounts.api.serializers import InvitationOutput
from accounts.models import Invitation, InvitationKind
from common.api.idempotency import idempotent
from common.api.permissions import IsRegionStaff
from common.api.serializers import Empty
from common.api.views import ReadViewSet
from common.errors import BadInput
from missions.api import serializers
from missions.api.filters import OrganizationMembershipFilter
from missions.api.permissions import IsOrganizationManager, IsOrganizer
from missions.models import Organization, OrganizationMembership
from missions.services import organizations


class OrganizationViewSet(ReadViewSet):
    """Verified organisations are public; members see their own, the region all."""

    queryset = Organization.objects.all()
    serializer_class = serializers.OrganizationOutput
    permission_classes = [AllowAny]
    permissions = {
        "create": [IsRegionStaff],
        "verify": [IsRegionStaff],
        "refuse": [IsRegionStaff],
        "invitations": [IsOrganizationManager | IsRegionStaff],
        "invite": [IsOrganizationManager | IsRegionStaff],
    }
    inputs = {
        "create": serializers.OrganizationInput,
        "verify": Empty,
        "refuse": Empty,
        "invite": serializers.MemberInvitationInput,
    }

    def queryset_for(self, person: Any) -> QuerySet[Any]:
        if self.action in ("invitations", "invite") and not person.is_region_staff:
            return Organization.objects.managed_by(person)
        return Organization.objects.visible_to(person)

    @extend_schema(responses={200: InvitationOutput(many=True)}, filters=False)
    @action(detail=True, pagination_class=None)
    def invitations(self, request: Any, pk: Any) -> Response:
        """Whom the organisation has invited and who has not come yet."""
        target = self.get_object().pk
        rows = Invitation.objects.open(timezone.now()).to_target(InvitationKind.ORGANIZATION_MEMBER, target)
        return Response(InvitationOutput(rows.order_by("id"), many=True).data)

    @extend_schema(responses={201: InvitationOutput})
    @invitations.mapping.post
    @idempotent
    def invite(self, request: Any, pk: Any) -> Response:
        """Invites an address as coordinator or manager."""
        invitation = organizations.invite_member(self.get_object(), actor=request.user, **self.valid_input())
        return Response(InvitationOutput(invitation).data, status=201)

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


class OrganizationMembershipViewSet(ReadViewSet):
    """Who runs an organisation: its members see one another, a manager the subtree, the region all."""

    queryset = OrganizationMembership.objects.all()
    serializer_class = serializers.OrganizationMembershipOutput
    filterset_class = OrganizationMembershipFilter
    permission_classes = [IsOrganizer | IsRegionStaff]
    inputs = {"end": Empty}

    def queryset_for(self, person: Any) -> QuerySet[Any]:
        return OrganizationMembership.objects.visible_to(person).select_related("person", "organization")

    @extend_schema(responses={200: serializers.OrganizationMembershipOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def end(self, request: Any, pk: Any) -> Response:
        """Ends it, one's own or as a manager; the last manager cannot leave."""
        self.valid_input()
        return Response(self.output(organizations.end_membership(self.get_object(), actor=request.user)))
