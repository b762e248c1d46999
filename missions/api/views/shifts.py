"""Shifts over HTTP."""

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

from accounts.models import Reader
from common.api.etags import edits_a_version, etag_of, expected_versions
from common.api.idempotency import idempotent
from common.api.permissions import IsSignedIn
from common.api.requests import ApiRequest
from common.api.serializers import ReasonNeededInput
from common.api.views import ReadViewSet
from common.errors import BadInput
from missions import codes, eligibility
from missions.api import mine, serializers
from missions.api.filters import ShiftFilter, ShiftSort
from missions.models import Attendance, Mission, Shift, SignUp
from missions.services import class_sign_ups, shifts, sign_ups, walk_ins
from organizations.api.permissions import IsOrganizer
from schools import selectors as schools
from schools.api.permissions import IsSchoolStaff


class ShiftViewSet(ReadViewSet):
    """When, and how many places."""

    queryset = Shift.objects.all()
    serializer_class = serializers.ShiftOutput
    outputs = dict.fromkeys(("retrieve", "partial_update", "cancel"), serializers.ShiftDetailOutput)
    filterset_class = ShiftFilter
    permission_classes = [AllowAny]
    permissions = {
        **{verb: [IsOrganizer] for verb in ("create", "partial_update", "copy", "cancel")},
        "eligibility": [IsSignedIn],
        "sign_up": [IsSignedIn],
        "sign_up_class": [IsOrganizer | IsSchoolStaff],
        "people": [IsOrganizer],
        "check_in_codes": [IsOrganizer],
        "spoken_code": [IsOrganizer],
        "walk_in": [IsOrganizer],
    }
    inputs = {
        "create": serializers.ShiftInput,
        "partial_update": serializers.ShiftEditInput,
        "copy": serializers.ShiftCopyInput,
        "cancel": ReasonNeededInput,
        "sign_up": serializers.SignUpInput,
        "sign_up_class": serializers.ClassSignUpInput,
        "walk_in": serializers.WalkInInput,
    }

    def get_ordering(self) -> tuple[str, ...]:
        is_soonest = self.request.query_params.get("sort") == ShiftSort.SOONEST
        return ("starts_at", "id") if is_soonest else super().get_ordering()

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        rows = Shift.objects.visible_to(person)
        if self.action in ("people", "check_in_codes", "spoken_code", "walk_in", "partial_update", "copy", "cancel"):
            rows = Shift.objects.run_by(person)
        elif self.action in ("retrieve", "eligibility", "sign_up"):
            rows = Shift.objects.reachable_by(person)
        return rows.select_related("mission__organization")

    def retrieve(self, request: Request, *args: object, **kwargs: object) -> Response:
        """One shift and what it is to its reader, with its ETag for an editor."""
        return self._seen(self.get_object())

    def _seen(self, shift: Any) -> Response:
        shift.mine = mine.of_shift(self.request.user, shift)
        return Response(self.output(shift), headers={"ETag": etag_of(shift), "Vary": "Authorization"})

    def _series(self, rows: list[Shift]) -> Response:
        first, *repeats = rows
        first.repeats = repeats  # type: ignore[attr-defined]
        return Response(serializers.ShiftSeriesOutput(first).data, status=201)

    @extend_schema(responses={201: serializers.ShiftSeriesOutput})
    @idempotent
    def create(self, request: ApiRequest) -> Response:
        """Adds a shift to a mission one runs; with `weekly_until`, those of each week until that day as well."""
        facts = self.valid_input()
        mission = Mission.objects.run_by(request.user).filter(pk=facts.pop("mission")).first()
        if mission is None:
            said = _("You do not run this mission. Choose one of yours.")
            raise BadInput(code="mission_unknown", fields={"mission": said})
        return self._series(shifts.add_shifts(mission, actor=request.user, **facts))

    @extend_schema(responses={200: serializers.ShiftDetailOutput})
    @edits_a_version
    def partial_update(self, request: ApiRequest, pk: UUID) -> Response:
        """Moves it or changes how many it takes; at a new time everybody is told. Needs If-Match.

        When somebody would lose their place, 409 `would_lose` with `losses`, until it is sent with `accept_losses`."""
        how = {"expected": expected_versions(request), "actor": request.user}
        changes = self.valid_input()
        how["accept_losses"] = changes.pop("accept_losses", False)
        return self._seen(shifts.edit_shift(self.get_object(), changes, **how))

    @extend_schema(responses={201: serializers.ShiftSeriesOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def copy(self, request: ApiRequest, pk: UUID) -> Response:
        """Another shift as long and as large, at another time, and its weekly repeats."""
        return self._series(shifts.copy_shift(self.get_object(), actor=request.user, **self.valid_input()))

    @extend_schema(responses={200: serializers.ShiftDetailOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: ApiRequest, pk: UUID) -> Response:
        """It does not take place; everybody on it is told why."""
        reason = self.valid_input()["reason"]
        return self._seen(shifts.cancel_shift(self.get_object(), reason=reason, actor=request.user))

    @extend_schema(responses={200: serializers.EligibilityOutput})
    @action(detail=True)
    def eligibility(self, request: ApiRequest, pk: UUID) -> Response:
        """Can I sign up? A machine reason with its sentence and facts; signing up now would do the same.

        With `waitlist`, it joins the list.
        """
        shift = self.get_object()
        body = mine.eligibility_of(eligibility.Standing(request.user, [shift]), shift, timezone.now())
        return Response(serializers.EligibilityOutput(body).data)

    @extend_schema(responses={201: serializers.SignUpOutput})
    @action(detail=True, methods=["post"], url_path="sign-up")
    @idempotent
    def sign_up(self, request: ApiRequest, pk: UUID) -> Response:
        """Asks for a place, or joins the waiting list; 409 with the machine reason as code when neither is possible."""
        allows_calls = self.valid_input()["allows_calls"]
        row = sign_ups.sign_up(self.get_object(), allows_calls=allows_calls, actor=request.user)
        row = SignUp.objects.with_waiting_rank(request.user).select_related("person", "shift__mission").get(pk=row.pk)
        return Response(serializers.SignUpOutput(row).data, status=201)

    @extend_schema(responses={200: serializers.ClassSignUpOutput})
    @action(detail=True, methods=["post"], url_path="sign-up-class")
    @idempotent
    def sign_up_class(self, request: ApiRequest, pk: UUID) -> Response:
        """Signs a class up, all or as many as fit: its referent by `class_group`, an organiser by its `join_code`."""
        facts, shift = self.valid_input(), self.get_object()
        all_or_none = facts.pop("all_or_none")
        class_group = class_sign_ups.class_for(shift, actor=request.user, **facts)
        results = class_sign_ups.sign_up_class(shift, class_group, all_or_none=all_or_none, actor=request.user)
        tells_all = schools.leads(request.user, class_group)
        body = {"signed_up_count": sum(one.sign_up is not None for one in results), "results": results}
        return Response(serializers.ClassSignUpOutput(body, context={"tells_all": tells_all}).data)

    @extend_schema(responses={200: serializers.SignUpOutput(many=True)}, filters=False)
    @action(detail=True, url_path="list", pagination_class=None)
    def people(self, request: ApiRequest, pk: UUID) -> Response:
        """Who asked for and who holds a place (at most some hundreds; not paged, for a printed list)."""
        rows = SignUp.objects.live().filter(shift=self.get_object()).select_related("person", "shift__mission")
        return Response(serializers.SignUpOutput(rows.order_by("id"), many=True).data)

    @extend_schema(responses={200: serializers.CheckInCodesOutput})
    @action(detail=True, url_path="check-in-codes")
    def check_in_codes(self, request: ApiRequest, pk: UUID) -> Response:
        """The rotating codes of the whole shift, for a phone that will have no network."""
        first_at, listed = codes.codes_of(self.get_object())
        body = {"first_at": first_at, "step_seconds": int(codes.STEP.total_seconds()), "codes": listed}
        return Response(serializers.CheckInCodesOutput(body).data)

    @extend_schema(responses={200: serializers.CodeOutput})
    @action(detail=True, url_path="spoken-code")
    def spoken_code(self, request: ApiRequest, pk: UUID) -> Response:
        """A code of six characters to say aloud; it ends by itself after ten minutes."""
        code, expires_at = codes.make_spoken_code(self.get_object().pk, timezone.now())
        body = serializers.CodeOutput({"code": code, "expires_at": expires_at}).data
        return Response(body, headers={"Cache-Control": "no-store"})

    @extend_schema(responses={201: serializers.AttendanceOutput})
    @action(detail=True, methods=["post"], url_path="walk-in")
    @idempotent
    def walk_in(self, request: ApiRequest, pk: UUID) -> Response:
        """Lets in somebody who came without a place, beyond the places if need be, and checks them in."""
        code = self.valid_input()["code"]
        attendance = walk_ins.add_walk_in(self.get_object(), code=code, actor=request.user)
        row = Attendance.objects.run_by(request.user).with_story().get(pk=attendance.pk)
        return Response(serializers.AttendanceOutput(row).data, status=201)
