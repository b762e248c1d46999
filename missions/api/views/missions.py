"""Missions and shifts over HTTP."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from common.api.etags import edits_a_version, etag_of, expected_versions
from common.api.idempotency import idempotent
from common.api.permissions import IsRegionStaff, IsSignedIn
from common.api.serializers import Empty
from common.api.views import ReadViewSet
from common.errors import BadInput
from missions import codes, eligibility
from missions.api import serializers
from missions.api.filters import MissionFilter, ShiftFilter
from missions.api.permissions import IsOrganizer
from missions.models import Mission, Organization, Shift, SignUp
from missions.services import missions, sign_ups
from missions.states import Reason


class MissionViewSet(ReadViewSet):
    """Published missions are public; drafts are the organisation's and the region's."""

    queryset = Mission.objects.all()
    serializer_class = serializers.MissionOutput
    filterset_class = MissionFilter
    permission_classes = [AllowAny]
    permissions = {
        "create": [IsOrganizer],
        "partial_update": [IsOrganizer],
        "submit": [IsOrganizer],
        "withdraw": [IsOrganizer],
        "approve": [IsRegionStaff],
        "request_changes": [IsRegionStaff],
    }
    inputs = {
        "create": serializers.MissionInput,
        "partial_update": serializers.MissionEditInput,
        "submit": Empty,
        "withdraw": Empty,
        "approve": Empty,
        "request_changes": serializers.ReasonInput,
    }

    def queryset_for(self, person: Any) -> QuerySet[Any]:
        visible = Mission.objects.visible_to(person)
        if self.action in ("partial_update", "submit", "withdraw"):
            visible = Mission.objects.run_by(person)
        return visible.with_next_shifts(timezone.now())

    def get_ordering(self) -> tuple[str, ...]:
        return ("distance_km", "id") if "near" in self.request.query_params else ("-id",)

    def retrieve(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """One mission, with its ETag for an editor."""
        mission = self.get_object()
        return Response(self.output(mission), headers={"ETag": etag_of(mission)})

    @extend_schema(responses={201: serializers.MissionOutput})
    @idempotent
    def create(self, request: Any) -> Response:
        """A draft."""
        facts = self.valid_input()
        organization = Organization.objects.run_by(request.user).filter(pk=facts.pop("organization")).first()
        if organization is None:
            raise BadInput(code="organization_unknown", fields={"organization": _("Not an organisation you run.")})
        return self._answer(missions.create_mission(organization=organization, actor=request.user, **facts), 201)

    @extend_schema(responses={200: serializers.MissionOutput})
    @edits_a_version
    def partial_update(self, request: Any, pk: Any) -> Response:
        """Changes a draft; needs If-Match."""
        expected = expected_versions(request)
        changes = self.valid_input()
        return self._answer(
            missions.edit_mission(self.get_object(), changes, expected=expected, actor=request.user)
        )

    @extend_schema(responses={200: serializers.MissionOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def submit(self, request: Any, pk: Any) -> Response:
        """Hands the draft to the region."""
        self.valid_input()
        return self._answer(missions.submit_mission(self.get_object(), actor=request.user))

    @extend_schema(responses={200: serializers.MissionOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def withdraw(self, request: Any, pk: Any) -> Response:
        """Takes it back from review."""
        self.valid_input()
        return self._answer(missions.withdraw_mission(self.get_object(), actor=request.user))

    @extend_schema(responses={200: serializers.MissionOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def approve(self, request: Any, pk: Any) -> Response:
        """Publishes it."""
        self.valid_input()
        return self._answer(missions.review_mission(self.get_object(), "approve", actor=request.user))

    @extend_schema(responses={200: serializers.MissionOutput})
    @action(detail=True, methods=["post"], url_path="request-changes")
    @idempotent
    def request_changes(self, request: Any, pk: Any) -> Response:
        """Gives it back with a reason."""
        reason = self.valid_input()["reason"]
        mission = missions.review_mission(self.get_object(), "request_changes", reason=reason, actor=request.user)
        return self._answer(mission)

    def _answer(self, mission: Mission, status: int = 200) -> Response:
        row = Mission.objects.with_next_shifts(timezone.now()).get(pk=mission.pk)
        return Response(self.output(row), status=status, headers={"ETag": etag_of(row)})


class ShiftViewSet(ReadViewSet):
    """When, and how many places."""

    queryset = Shift.objects.all()
    serializer_class = serializers.ShiftOutput
    filterset_class = ShiftFilter
    permission_classes = [AllowAny]
    permissions = {
        "create": [IsOrganizer],
        "eligibility": [IsSignedIn],
        "sign_up": [IsSignedIn],
        "people": [IsOrganizer],
        "check_in_codes": [IsOrganizer],
    }
    inputs = {"create": serializers.ShiftInput, "sign_up": Empty}

    def queryset_for(self, person: Any) -> QuerySet[Any]:
        if self.action in ("people", "check_in_codes"):
            return Shift.objects.run_by(person).select_related("mission__organization")
        return Shift.objects.visible_to(person).select_related("mission__organization")

    @extend_schema(responses={201: serializers.ShiftOutput})
    @idempotent
    def create(self, request: Any) -> Response:
        """Adds a shift to a mission one runs."""
        facts = self.valid_input()
        mission = Mission.objects.run_by(request.user).filter(pk=facts.pop("mission")).first()
        if mission is None:
            raise BadInput(code="mission_unknown", fields={"mission": _("Not a mission you run.")})
        return Response(self.output(missions.add_shift(mission, actor=request.user, **facts)), status=201)

    @extend_schema(responses={200: serializers.EligibilityOutput})
    @action(detail=True)
    def eligibility(self, request: Any, pk: Any) -> Response:
        """Can I sign up? A machine reason; signing up now would do the same."""
        reason = eligibility.reason_for(request.user, self.get_object(), timezone.now())
        return Response({"eligible": reason == Reason.OK, "reason": reason})

    @extend_schema(responses={201: serializers.SignUpOutput})
    @action(detail=True, methods=["post"], url_path="sign-up")
    @idempotent
    def sign_up(self, request: Any, pk: Any) -> Response:
        """Asks for a place; 409 with the machine reason as code when there is none for this person."""
        self.valid_input()
        row = sign_ups.sign_up(self.get_object(), actor=request.user)
        return Response(serializers.SignUpOutput(row).data, status=201)

    @extend_schema(responses={200: serializers.SignUpOutput(many=True)}, filters=False)
    @action(detail=True, url_path="list", pagination_class=None)
    def people(self, request: Any, pk: Any) -> Response:
        """Who asked for and who holds a place (at most some hundreds; not paged, for a printed list)."""
        rows = SignUp.objects.live().filter(shift=self.get_object()).select_related("person", "shift__mission")
        return Response(serializers.SignUpOutput(rows.order_by("id"), many=True).data)

    @extend_schema(responses={200: serializers.CheckInCodesOutput})
    @action(detail=True, url_path="check-in-codes")
    def check_in_codes(self, request: Any, pk: Any) -> Response:
        """The rotating codes of the whole shift, for a phone that will have no network."""
        first_at, listed = codes.codes_of(self.get_object())
        body = {"first_at": first_at, "step_seconds": int(codes.STEP.total_seconds()), "codes": listed}
        return Response(serializers.CheckInCodesOutput(body).data)
