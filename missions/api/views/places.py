"""Sign-ups over HTTP."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from accounts.models import Reader
from common.api.idempotency import idempotent
from common.api.permissions import IsSignedIn
from common.api.requests import ApiRequest
from common.api.serializers import Empty, ReasonInput
from common.api.views import ReadViewSet
from missions.api import serializers
from missions.api.filters import ShiftSort, SignUpFilter
from missions.models import SignUp
from missions.services import restorations, sign_up_decisions, sign_ups, waiting_list
from missions.states import SignUpStatus
from organizations.api.permissions import IsOrganizer


class SignUpViewSet(ReadViewSet):
    """Places asked for or held: one's own, those on missions one runs, those of one's students."""

    queryset = SignUp.objects.all()
    serializer_class = serializers.SignUpOutput
    filterset_class = SignUpFilter
    permission_classes = [IsSignedIn]
    permissions = {verb: [IsOrganizer] for verb in ("accept", "decline", "remove", "restore", "bulk_decisions")}
    inputs = {
        "accept": Empty,
        "decline": ReasonInput,
        "bulk_decisions": serializers.BulkSignUpDecisionsInput,
        "take": Empty,
        "withdraw": Empty,
        "remove": ReasonInput,
        "restore": Empty,
    }

    def get_ordering(self) -> tuple[str, ...]:
        is_soonest = self.request.query_params.get("sort") == ShiftSort.SOONEST
        return ("shift__starts_at", "id") if is_soonest else super().get_ordering()

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        visible = SignUp.objects.visible_to(person)
        if self.action in self.permissions:
            visible = SignUp.objects.run_by(person)
        elif self.action in ("take", "withdraw"):
            visible = visible.filter(person=person)
        return visible.with_waiting_rank(person).select_related("person", "shift__mission")

    @extend_schema(responses={200: serializers.SignUpOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def accept(self, request: ApiRequest, pk: UUID) -> Response:
        """Gives a pending person the place, or in review mode one who is on the waiting list."""
        self.valid_input()
        return Response(self.output(sign_ups.accept_sign_up(self.get_object(), actor=request.user)))

    @extend_schema(responses={200: serializers.SignUpOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def decline(self, request: ApiRequest, pk: UUID) -> Response:
        """Says no; the reason, if given, is shown to the person."""
        reason = self.valid_input()["reason"]
        return self._ended(sign_ups.decline_sign_up(self.get_object(), reason=reason, actor=request.user))

    @extend_schema(responses={200: serializers.SignUpOutcomesOutput}, operation_id="sign_ups_bulk_decisions")
    @action(detail=False, methods=["post"], url_path="bulk-decisions")
    @idempotent
    def bulk_decisions(self, request: ApiRequest) -> Response:
        """Up to 500 accepted or declined, each with its own result, in the order sent."""
        decisions = [
            sign_up_decisions.Decision(one["sign_up"], one["verb"], one["reason"])
            for one in self.valid_input()["decisions"]
        ]
        outcomes = sign_up_decisions.decide_many(decisions, actor=request.user)
        results = [
            {
                "sign_up": one.sign_up_id,
                "status": one.sign_up.status if one.sign_up else None,
                "code": one.error.code if one.error else None,
                "detail": one.error.sentence if one.error else None,
            }
            for one in outcomes
        ]
        return Response(serializers.SignUpOutcomesOutput({"results": results}).data)

    @extend_schema(responses={200: serializers.SignUpOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def take(self, request: ApiRequest, pk: UUID) -> Response:
        """Takes the place that the waiting list offers."""
        self.valid_input()
        return Response(self.output(waiting_list.take_offer(self.get_object(), actor=request.user)))

    @extend_schema(responses={200: serializers.SignUpOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def remove(self, request: ApiRequest, pk: UUID) -> Response:
        """Takes an accepted place back before the start, with a reason; the person cannot sign up there again."""
        reason = self.valid_input()["reason"]
        return self._ended(sign_ups.remove_sign_up(self.get_object(), reason=reason, actor=request.user))

    @extend_schema(responses={200: serializers.SignUpOutput, 202: serializers.SignUpOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def restore(self, request: ApiRequest, pk: UUID) -> Response:
        """Gives a removed person the place back, before the waiting list, if one is free and the rules allow it.

        202 when a consent is missing that had lapsed: the guardian is asked anew, and the place stays given up.
        """
        self.valid_input()
        row = restorations.restore_sign_up(self.get_object(), actor=request.user)
        return Response(self.output(row), status=200 if row.status == SignUpStatus.ACCEPTED else 202)

    @extend_schema(responses={200: serializers.SignUpOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def withdraw(self, request: ApiRequest, pk: UUID) -> Response:
        """Gives one's place up, before the start."""
        self.valid_input()
        return Response(self.output(sign_ups.withdraw_sign_up(self.get_object(), actor=request.user)))

    def _ended(self, row: SignUp) -> Response:
        row.is_seen_whole = True  # type: ignore[attr-defined]  # the organiser's own reason
        return Response(self.output(row))
