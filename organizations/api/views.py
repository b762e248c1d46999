"""Organisations over HTTP."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import invitations
from accounts.api.serializers import InvitationOutput, WithdrawInvitationInput
from accounts.models import Invitation, InvitationKind, Reader
from common.api.etags import edits_a_version, etag_of, expected_versions
from common.api.idempotency import idempotent
from common.api.permissions import IsRegionStaff
from common.api.requests import ApiRequest
from common.api.serializers import Empty, ReasonNeededInput
from common.api.views import ReadViewSet
from common.errors import BadInput
from organizations.api import serializers
from organizations.api.filters import OrganizationFilter, OrganizationMembershipFilter
from organizations.api.permissions import IsOrganizationManager, IsOrganizer
from organizations.models import Organization, OrganizationMembership
from organizations.services import memberships, organizations


class OrganizationViewSet(ReadViewSet):
    """Verified organisations are public; members see their own, the region all."""

    queryset = Organization.objects.all()
    serializer_class = serializers.OrganizationOutput
    filterset_class = OrganizationFilter
    permission_classes = [AllowAny]
    permissions = {
        "create": [IsOrganizationManager | IsRegionStaff],
        "partial_update": [IsOrganizationManager | IsRegionStaff],
        "members": [IsOrganizer | IsRegionStaff],
        "invitations": [IsOrganizationManager | IsRegionStaff],
        "withdraw_invitation": [IsOrganizationManager | IsRegionStaff],
        "invite": [IsOrganizationManager | IsRegionStaff],
        **{verb: [IsRegionStaff] for verb in ("verify", "refuse", "trust", "distrust", "suspend", "restore")},
    }
    inputs = {
        "create": serializers.OrganizationInput,
        "partial_update": serializers.OrganizationEditInput,
        "invite": serializers.MemberInvitationInput,
        "withdraw_invitation": WithdrawInvitationInput,
        "suspend": ReasonNeededInput,
        **dict.fromkeys(("verify", "refuse", "trust", "distrust", "restore"), Empty),
    }

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        visible = Organization.objects.visible_to(person)
        if person.is_authenticated and not person.is_region_staff:
            if self.action in ("create", "partial_update", "invitations", "invite", "withdraw_invitation"):
                visible = Organization.objects.managed_by(person)
            elif self.action == "members":
                visible = Organization.objects.run_by(person)
        return visible.with_visible_parent(person)

    def retrieve(self, request: Request, *args: object, **kwargs: object) -> Response:
        """One organisation, with its ETag for an editor."""
        return self._seen(self.get_object())

    def _answer(self, organization: Organization, status: int = 200) -> Response:
        return self._seen(self.get_queryset().get(pk=organization.pk), status)

    def _seen(self, organization: Organization, status: int = 200) -> Response:
        return Response(self.output(organization), status=status, headers={"ETag": etag_of(organization)})

    @extend_schema(responses={200: serializers.OrganizationMembershipOutput(many=True)}, filters=False)
    @action(detail=True, pagination_class=None)
    def members(self, request: ApiRequest, pk: UUID) -> Response:
        """Who runs it now, not counting the managers of those above."""
        rows = OrganizationMembership.objects.active().filter(organization=self.get_object()).select_related("person")
        return Response(serializers.OrganizationMembershipOutput(rows.order_by("id"), many=True).data)

    @extend_schema(responses={200: InvitationOutput(many=True)}, filters=False)
    @action(detail=True, pagination_class=None)
    def invitations(self, request: ApiRequest, pk: UUID) -> Response:
        """Whom the organisation has invited and who has not come yet."""
        target = self.get_object().pk
        rows = Invitation.objects.open(timezone.now()).to_target(InvitationKind.ORGANIZATION_MEMBER, target)
        return Response(InvitationOutput(rows.order_by("id"), many=True).data)

    @extend_schema(responses={201: InvitationOutput})
    @invitations.mapping.post
    @idempotent
    def invite(self, request: ApiRequest, pk: UUID) -> Response:
        """Invites an address as coordinator or manager."""
        invitation = memberships.invite_member(self.get_object(), actor=request.user, **self.valid_input())
        return Response(InvitationOutput(invitation).data, status=201)

    @extend_schema(responses={204: None})
    @action(detail=True, methods=["post"], url_path="withdraw-invitation")
    @idempotent
    def withdraw_invitation(self, request: ApiRequest, pk: UUID) -> Response:
        """Takes an invitation back that nobody has accepted, for an address or a role typed wrong."""
        target, kind = self.get_object().pk, InvitationKind.ORGANIZATION_MEMBER
        invitations.withdraw_invitation(self.valid_input()["invitation"], kind=kind, target_id=target)
        return Response(status=204)

    @extend_schema(responses={201: serializers.OrganizationOutput})
    @idempotent
    def create(self, request: ApiRequest) -> Response:
        """Makes an organisation, unverified; a manager makes one under theirs."""
        facts = self.valid_input()
        parent = self.get_queryset().filter(pk=facts["parent"]).first()
        if parent is None and (facts["parent"] or not request.user.is_region_staff):
            said = _("There is no such organisation. Choose another one.")
            raise BadInput(code="parent_unknown", fields={"parent": said})
        return self._answer(
            organizations.create_organization(**{**facts, "parent": parent}, actor=request.user), 201
        )

    @extend_schema(responses={200: serializers.OrganizationOutput})
    @edits_a_version
    def partial_update(self, request: ApiRequest, pk: UUID) -> Response:
        """Changes what it says of itself; needs If-Match."""
        expected = expected_versions(request)
        changes = self.valid_input()
        row = organizations.edit_organization(self.get_object(), changes, expected=expected, actor=request.user)
        return self._answer(row)

    def _decide(self, verb: str) -> Response:
        self.valid_input()
        return self._answer(organizations.decide_organization(self.get_object(), verb, actor=self.request.user))

    @extend_schema(responses={200: serializers.OrganizationOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def verify(self, request: ApiRequest, pk: UUID) -> Response:
        """The region vouches for the organisation; it may publish."""
        return self._decide("verify")

    @extend_schema(responses={200: serializers.OrganizationOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def refuse(self, request: ApiRequest, pk: UUID) -> Response:
        """The region refuses the organisation."""
        return self._decide("refuse")

    @extend_schema(responses={200: serializers.OrganizationOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def trust(self, request: ApiRequest, pk: UUID) -> Response:
        """Its missions and their changes are published without review."""
        return self._decide("trust")

    @extend_schema(responses={200: serializers.OrganizationOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def distrust(self, request: ApiRequest, pk: UUID) -> Response:
        """Its missions are reviewed again."""
        return self._decide("distrust")

    @extend_schema(responses={200: serializers.OrganizationOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def suspend(self, request: ApiRequest, pk: UUID) -> Response:
        """Its missions leave the feed, the places to come are released, its members are told why."""
        reason = self.valid_input()["reason"]
        row = organizations.suspend_organization(self.get_object(), reason=reason, actor=request.user)
        return self._answer(row)

    @extend_schema(responses={200: serializers.OrganizationOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def restore(self, request: ApiRequest, pk: UUID) -> Response:
        """It is again what it was; released places do not come back."""
        self.valid_input()
        return self._answer(organizations.restore_organization(self.get_object(), actor=request.user))


class OrganizationMembershipViewSet(ReadViewSet):
    """Who runs an organisation: its members see one another, a manager the subtree, the region all."""

    queryset = OrganizationMembership.objects.all()
    serializer_class = serializers.OrganizationMembershipOutput
    filterset_class = OrganizationMembershipFilter
    permission_classes = [IsOrganizer | IsRegionStaff]
    inputs = {"end": Empty}

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        return OrganizationMembership.objects.visible_to(person).select_related("person", "organization")

    @extend_schema(responses={200: serializers.OrganizationMembershipOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def end(self, request: ApiRequest, pk: UUID) -> Response:
        """Ends it, one's own or as a manager; the last manager cannot leave."""
        self.valid_input()
        return Response(self.output(memberships.end_membership(self.get_object(), actor=request.user)))
