"""Sign-ups, check-ins, attendances and consents over HTTP."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from common.api.idempotency import idempotent
from common.api.pages import PublicLinkMixin
from common.api.permissions import IsSignedIn
from common.api.serializers import Empty
from common.api.throttling import CeilingThrottle
from common.api.views import ApiViewSet, ReadViewSet
from missions.api import serializers
from missions.api.filters import AttendanceFilter, SignUpFilter
from missions.api.permissions import IsOrganizer
from missions.models import Attendance, CheckIn, Consent, SignUp
from missions.services import attendances, consents, sign_ups


class SignUpViewSet(ReadViewSet):
    """Places asked for or held: one's own, those on missions one runs, those of one's students."""

    queryset = SignUp.objects.all()
    serializer_class = serializers.SignUpOutput
    filterset_class = SignUpFilter
    permission_classes = [IsSignedIn]
    permissions = {"accept": [IsOrganizer], "decline": [IsOrganizer]}
    inputs = {"accept": Empty, "decline": serializers.ReasonInput, "withdraw": Empty}

    def queryset_for(self, person: Any) -> QuerySet[Any]:
        visible = SignUp.objects.visible_to(person)
        if self.action in ("accept", "decline"):
            visible = SignUp.objects.run_by(person)
        elif self.action == "withdraw":
            visible = visible.filter(person=person)
        return visible.select_related("person", "shift__mission")

    @extend_schema(responses={200: serializers.SignUpOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def accept(self, request: Any, pk: Any) -> Response:
        """Gives a pending person the place."""
        self.valid_input()
        return Response(self.output(sign_ups.accept_sign_up(self.get_object(), actor=request.user)))

    @extend_schema(responses={200: serializers.SignUpOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def decline(self, request: Any, pk: Any) -> Response:
        """Says no; the reason, if given, is shown to the person."""
        reason = self.valid_input()["reason"]
        return Response(self.output(sign_ups.decline_sign_up(self.get_object(), reason=reason, actor=request.user)))

    @extend_schema(responses={200: serializers.SignUpOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def withdraw(self, request: Any, pk: Any) -> Response:
        """Gives one's place up, before the start."""
        self.valid_input()
        return Response(self.output(sign_ups.withdraw_sign_up(self.get_object(), actor=request.user)))


class CheckInViewSet(ApiViewSet):
    """Coming and leaving, by the code an organiser shows."""

    queryset = CheckIn.objects.none()
    serializer_class = serializers.CheckInOutput
    permission_classes = [IsSignedIn]
    inputs = {"create": serializers.CheckInInput}
    throttle_classes = [CeilingThrottle]
    throttle_scope = "check-in"

    @extend_schema(responses={200: serializers.CheckInOutput})
    @idempotent
    def create(self, request: Any) -> Response:
        """Checks in or out. One of each per shift: a repeat answers the first."""
        facts = self.valid_input()
        row = attendances.check_in(
            shift_id=facts["shift"],
            direction=facts["direction"],
            code=facts["code"],
            occurred_at=facts["occurred_at"],
            sent_at=facts["sent_at"],
            actor=request.user,
        )
        return Response(self.output(row))


class AttendanceViewSet(ReadViewSet):
    """What really happened."""

    queryset = Attendance.objects.all()
    serializer_class = serializers.AttendanceOutput
    filterset_class = AttendanceFilter
    permission_classes = [IsSignedIn]
    permissions = {"confirm": [IsOrganizer]}
    inputs = {"confirm": serializers.ConfirmInput}

    def queryset_for(self, person: Any) -> QuerySet[Any]:
        visible = Attendance.objects.visible_to(person)
        if self.action == "confirm":
            visible = Attendance.objects.run_by(person)
        return visible.select_related("sign_up__person", "sign_up__shift__mission").prefetch_related("check_ins")

    @extend_schema(responses={200: serializers.AttendanceOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def confirm(self, request: Any, pk: Any) -> Response:
        """The organiser's word that it happened; attests the hours."""
        minutes = self.valid_input()["minutes"]
        row = attendances.confirm_attendance(self.get_object(), minutes=minutes, actor=request.user)
        return Response(self.output(row))


class ConsentLinkViewSet(PublicLinkMixin, ApiViewSet):
    """A guardian's link: reading it changes nothing, only a POST decides, once."""

    queryset = Consent.objects.none()
    serializer_class = serializers.ConsentOutput
    permission_classes = [AllowAny]
    template_name = "missions/consent.html"
    inputs = {"decide": serializers.ConsentDecisionInput}

    @extend_schema(responses={200: serializers.ConsentOutput}, auth=[])
    def show(self, request: Any, token: str) -> Response:
        """Exactly what is agreed to."""
        return self._answer(consents.consent_of_token(token))

    @extend_schema(responses={200: serializers.ConsentOutput}, auth=[])
    def decide(self, request: Any, token: str) -> Response:
        """`grant` or `refuse`."""
        return self._answer(consents.decide_consent(token, decision=self.valid_input()["decision"]))

    def _answer(self, consent: Consent) -> Response:
        return Response(self.output(consent))


