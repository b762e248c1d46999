"""The public directory of lycées, school years, and who works at a school."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from accounts import invitations
from accounts.api.serializers import InvitationOutput, WithdrawInvitationInput
from accounts.models import Invitation, InvitationKind, Reader
from common.api.idempotency import idempotent
from common.api.permissions import IsRegionStaff
from common.api.requests import ApiRequest
from common.api.serializers import Empty
from common.api.views import ReadViewSet
from schools.api import serializers
from schools.api.filters import SchoolFilter
from schools.api.permissions import IsSchoolManager, IsSchoolStaff
from schools.models import School, SchoolYear, StaffMembership
from schools.services import names, staff


class SchoolViewSet(ReadViewSet):
    """The directory of lycées. Public."""

    queryset = School.objects.all()
    serializer_class = serializers.SchoolOutput
    filterset_class = SchoolFilter
    permission_classes = [AllowAny]
    permissions = {
        "invitations": [IsSchoolManager | IsRegionStaff],
        "withdraw_invitation": [IsSchoolManager | IsRegionStaff],
        "invite": [IsSchoolManager | IsRegionStaff],
        "rename": [IsSchoolManager],
    }
    inputs = {
        "invite": serializers.StaffInvitationInput,
        "withdraw_invitation": WithdrawInvitationInput,
        "rename": serializers.SchoolNameInput,
    }

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        if self.action in ("invitations", "invite", "withdraw_invitation") and not (
            person.is_authenticated and person.is_region_staff
        ):
            return School.objects.managed_by(person)
        if self.action == "rename":
            return School.objects.managed_by(person)
        return School.objects.visible_to(person)

    @extend_schema(responses={200: serializers.SchoolOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def rename(self, request: ApiRequest, pk: UUID) -> Response:
        """A manager puts the accents, capitals and hyphens of their school's name right; empty: the directory's."""
        name = self.valid_input()["name"]
        return Response(self.output(names.correct_name(self.get_object(), name, actor=request.user)))

    @extend_schema(responses={200: InvitationOutput(many=True)}, filters=False)
    @action(detail=True, pagination_class=None)
    def invitations(self, request: ApiRequest, pk: UUID) -> Response:
        """Whom the school has invited and who has not come yet."""
        rows = Invitation.objects.open(timezone.now()).to_target(InvitationKind.SCHOOL_STAFF, self.get_object().pk)
        return Response(InvitationOutput(rows.order_by("id"), many=True).data)

    @extend_schema(responses={201: InvitationOutput})
    @invitations.mapping.post
    @idempotent
    def invite(self, request: ApiRequest, pk: UUID) -> Response:
        """Invites an address as teacher or manager; the region invites a first manager."""
        invitation = staff.invite_staff(self.get_object(), actor=request.user, **self.valid_input())
        return Response(InvitationOutput(invitation).data, status=201)

    @extend_schema(responses={204: None})
    @action(detail=True, methods=["post"], url_path="withdraw-invitation")
    @idempotent
    def withdraw_invitation(self, request: ApiRequest, pk: UUID) -> Response:
        """Takes an invitation back that nobody has accepted, for an address or a role typed wrong."""
        target, kind = self.get_object().pk, InvitationKind.SCHOOL_STAFF
        invitations.withdraw_invitation(self.valid_input()["invitation"], kind=kind, target_id=target)
        return Response(status=204)

    def get_ordering(self) -> tuple[str, ...]:
        return ("distance_km", "id") if "near" in self.request.query_params else ("uai", "id")


class SchoolYearViewSet(ReadViewSet):
    """School years, 1 September to 31 August. Public."""

    queryset = SchoolYear.objects.all()
    serializer_class = serializers.SchoolYearOutput
    permission_classes = [AllowAny]

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        return SchoolYear.objects.visible_to(person)


class StaffMembershipViewSet(ReadViewSet):
    """Who works at a school: one's own memberships; a manager sees the school's."""

    queryset = StaffMembership.objects.all()
    serializer_class = serializers.StaffMembershipOutput
    permission_classes = [IsSchoolStaff]
    inputs = {"end": Empty}

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        return StaffMembership.objects.visible_to(person).select_related("person", "school")

    @extend_schema(responses={200: serializers.StaffMembershipOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def end(self, request: ApiRequest, pk: UUID) -> Response:
        """Ends it; the last manager cannot leave."""
        self.valid_input()
        return Response(self.output(staff.end_staff(self.get_object(), actor=request.user)))
