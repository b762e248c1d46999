"""Check-ins and attendances over HTTP."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from accounts.models import Reader
from common.api.idempotency import idempotent
from common.api.permissions import IsSignedIn
from common.api.requests import ApiRequest
from common.api.serializers import ReasonInput
from common.api.throttling import CeilingThrottle
from common.api.views import ApiViewSet, ReadViewSet
from common.errors import DomainError
from missions import codes
from missions.api import serializers
from missions.api.filters import AttendanceFilter, ShiftSort
from missions.models import Attendance, CheckIn, Direction
from missions.services import attendances, check_in_lists, check_ins
from missions.services.check_in_moves import Outcome
from organizations.api.permissions import IsOrganizer


class CheckInViewSet(ApiViewSet):
    """Coming and leaving, by the code an organiser shows or says."""

    queryset = CheckIn.objects.none()
    serializer_class = serializers.CheckInOutput
    permission_classes = [IsSignedIn]
    inputs = {"create": serializers.CheckInInput, "batch": serializers.CheckInBatchInput}
    throttle_classes = [CeilingThrottle]
    throttle_scope = "check-in"

    @extend_schema(responses={200: serializers.CheckInOutput})
    @idempotent
    def create(self, request: ApiRequest) -> Response:
        """Checks in or out. One of each per shift: a repeat answers the first."""
        facts = self.valid_input()
        sent_at = facts.pop("sent_at")
        (outcome,) = check_ins.check_in_many([_telling(facts)], sent_at=sent_at, actor=request.user)
        if outcome.error is not None:
            # Answered, not raised: a wrong code stays counted.
            return self.refusal(outcome.error)
        return Response(self.output(outcome.check_in))

    @extend_schema(responses={200: serializers.CheckInBatchOutput}, operation_id="check_ins_batch")
    @action(detail=False, methods=["post"])
    @idempotent
    def batch(self, request: ApiRequest) -> Response:
        """Up to 200 told late, in any order, each with its own result, in the order sent."""
        facts = self.valid_input()
        tellings = [_telling(one) for one in facts["check_ins"]]
        outcomes = check_ins.check_in_many(tellings, sent_at=facts["sent_at"], actor=request.user)
        results = [_told(telling, outcome) for telling, outcome in zip(tellings, outcomes, strict=True)]
        return Response(serializers.CheckInBatchOutput({"results": results}).data)


def _telling(facts: dict[str, Any]) -> check_ins.Telling:
    position = facts["position"]
    return check_ins.Telling(
        shift_id=facts["shift"],
        direction=facts["direction"],
        code=facts["code"],
        occurred_at=facts["occurred_at"],
        position=check_ins.Position(**position) if position else None,
    )


def _told(telling: check_ins.Telling, outcome: Outcome) -> dict[str, Any]:
    check_in = outcome.check_in
    return {
        "shift": telling.shift_id,
        "direction": telling.direction,
        "id": check_in.pk if check_in else None,
        "attendance": check_in.attendance_id if check_in else None,
        "occurred_at": check_in.occurred_at if check_in else None,
        "received_at": check_in.received_at if check_in else None,
        **_refused(outcome.error),
    }


def _refused(error: DomainError | None) -> dict[str, Any]:
    if error is None:
        return {"code": None, "detail": None}
    return {"code": error.code, "detail": error.sentence}


class AttendanceViewSet(ReadViewSet):
    """What really happened."""

    queryset = Attendance.objects.all()
    serializer_class = serializers.AttendanceOutput
    filterset_class = AttendanceFilter
    permission_classes = [IsSignedIn]
    permissions = {
        "check_in": [IsOrganizer],
        "check_out": [IsOrganizer],
        "bulk_check_in": [IsOrganizer],
        "confirm": [IsOrganizer],
        "bulk_confirm": [IsOrganizer],
        "no_show": [IsOrganizer],
        "excuse": [IsOrganizer],
        "reopen": [IsOrganizer],
    }
    inputs = {
        "check_in": serializers.TickInput,
        "check_out": serializers.TickInput,
        "bulk_check_in": serializers.BulkCheckInInput,
        "confirm": serializers.ConfirmInput,
        "bulk_confirm": serializers.BulkConfirmInput,
        "no_show": ReasonInput,
        "excuse": ReasonInput,
        "reopen": serializers.ReopenInput,
    }

    def get_ordering(self) -> tuple[str, ...]:
        is_soonest = self.request.query_params.get("sort") == ShiftSort.SOONEST
        return ("sign_up__shift__starts_at", "id") if is_soonest else super().get_ordering()

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        of_organizers = self.action in self.permissions
        seen = Attendance.objects.run_by(person) if of_organizers else Attendance.objects.visible_to(person)
        return seen.with_story()

    @extend_schema(responses={200: serializers.AttendanceOutput})
    @action(detail=True, methods=["post"], url_path="check-in")
    @idempotent
    def check_in(self, request: ApiRequest, pk: UUID) -> Response:
        """The organiser ticks somebody who came."""
        return self._tick(Direction.IN)

    @extend_schema(responses={200: serializers.AttendanceOutput})
    @action(detail=True, methods=["post"], url_path="check-out")
    @idempotent
    def check_out(self, request: ApiRequest, pk: UUID) -> Response:
        """The organiser ticks somebody who left."""
        return self._tick(Direction.OUT)

    @extend_schema(responses={200: serializers.AttendanceOutcomesOutput}, operation_id="attendances_bulk_check_in")
    @action(detail=False, methods=["post"], url_path="bulk-check-in")
    @idempotent
    def bulk_check_in(self, request: ApiRequest) -> Response:
        """Up to 500 who came or left at one time, each with its own result, in the order sent."""
        facts = self.valid_input()
        outcomes = check_in_lists.check_in_by_list(
            facts["attendances"], direction=facts["direction"], occurred_at=facts["occurred_at"], actor=request.user
        )
        ticked = zip(facts["attendances"], outcomes, strict=True)
        return self._outcomes(
            [(pk, one.check_in.attendance if one.check_in else None, one.error) for pk, one in ticked]
        )

    @extend_schema(responses={200: serializers.AttendanceOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def confirm(self, request: ApiRequest, pk: UUID) -> Response:
        """The organiser's word that it happened; attests the hours."""
        minutes = self.valid_input()["minutes"]
        return self._answer(attendances.confirm_attendance(self.get_object(), minutes=minutes, actor=request.user))

    @extend_schema(responses={200: serializers.AttendanceOutcomesOutput}, operation_id="attendances_bulk_confirm")
    @action(detail=False, methods=["post"], url_path="bulk-confirm")
    @idempotent
    def bulk_confirm(self, request: ApiRequest) -> Response:
        """Up to 500 confirmations, each with its own result, in the order sent."""
        asked = [
            attendances.Confirmation(one["attendance"], one["minutes"], one["as_planned"])
            for one in self.valid_input()["confirmations"]
        ]
        outcomes = attendances.confirm_many(asked, actor=request.user)
        return self._outcomes([(one.attendance_id, one.attendance, one.error) for one in outcomes])

    @extend_schema(responses={200: serializers.AttendanceOutput})
    @action(detail=True, methods=["post"], url_path="no-show")
    @idempotent
    def no_show(self, request: ApiRequest, pk: UUID) -> Response:
        """Expected, and did not come."""
        reason = self.valid_input()["reason"]
        return self._answer(attendances.mark_no_show(self.get_object(), reason=reason, actor=request.user))

    @extend_schema(responses={200: serializers.AttendanceOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def excuse(self, request: ApiRequest, pk: UUID) -> Response:
        """Did not come, for a good reason."""
        reason = self.valid_input()["reason"]
        return self._answer(attendances.excuse_attendance(self.get_object(), reason=reason, actor=request.user))

    @extend_schema(responses={200: serializers.AttendanceOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def reopen(self, request: ApiRequest, pk: UUID) -> Response:
        """Takes confirmation, no-show or excuse back, with a reason; the hours are attested no more."""
        reason = self.valid_input()["reason"]
        return self._answer(attendances.reopen_attendance(self.get_object(), reason=reason, actor=request.user))

    def _tick(self, direction: Direction) -> Response:
        occurred_at = self.valid_input()["occurred_at"]
        attendance = self.get_object()
        (outcome,) = check_in_lists.check_in_by_list(
            [attendance.pk], direction=direction, occurred_at=occurred_at, actor=self.request.user
        )
        if outcome.error is not None:
            raise outcome.error
        return self._answer(attendance)

    def _answer(self, attendance: Attendance) -> Response:
        """As it is now, with its check-ins and events."""
        return Response(self.output(self.get_queryset().get(pk=attendance.pk)))

    @staticmethod
    def _outcomes(outcomes: list[tuple[UUID, Attendance | None, DomainError | None]]) -> Response:
        results = [
            {
                "attendance": pk,
                "status": row.status if row else None,
                "minutes": row.minutes if row else None,
                **_refused(error),
            }
            for pk, row, error in outcomes
        ]
        return Response(serializers.AttendanceOutcomesOutput({"results": results}).data)


class WalkInCodeViewSet(ApiViewSet):
    """The code by which an organiser on the spot lets one in."""

    queryset = Attendance.objects.none()
    serializer_class = serializers.CodeOutput
    permission_classes = [IsSignedIn]

    @extend_schema(responses={200: serializers.CodeOutput})
    def show(self, request: ApiRequest) -> Response:
        """To show as a QR to the organiser; it ends by itself."""
        code, expires_at = codes.make_walk_in_code(request.user.pk, timezone.now())
        return Response(self.output({"code": code, "expires_at": expires_at}), headers={"Cache-Control": "no-store"})
