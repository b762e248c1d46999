"""Classes: opened, joined by code, their rosters and who answers for them."""

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from accounts.api.serializers import AcceptedOutput
from accounts.models import Reader
from common import paris
from common.api.idempotency import idempotent
from common.api.permissions import IsSignedIn
from common.api.requests import ApiRequest
from common.api.serializers import Empty
from common.api.throttling import CeilingThrottle
from common.api.views import ReadViewSet
from common.errors import BadInput
from schools.api import serializers
from schools.api.permissions import IsSchoolManager, IsSchoolStaff
from schools.models import ClassGroup, ClassReferent, RosterLine, School
from schools.services import classes, referents

OF_WHO_LEADS = ("students", "add_students", "join_code", "referents", "name_referent", "remove_referent")


class ClassGroupViewSet(ReadViewSet):
    """Classes of a school year."""

    queryset = ClassGroup.objects.all()
    serializer_class = serializers.ClassGroupOutput
    permission_classes = [IsSignedIn]
    permissions = {
        "create": [IsSchoolManager],
        "join": [AllowAny],
        "join_code": [IsSchoolStaff],
        "students": [IsSchoolStaff],
        "add_students": [IsSchoolStaff],
        "referents": [IsSchoolStaff],
        "name_referent": [IsSchoolStaff],
        "remove_referent": [IsSchoolStaff],
    }
    inputs = {
        "create": serializers.ClassGroupInput,
        "join": serializers.JoinInput,
        "join_code": Empty,
        "add_students": serializers.RosterInput,
        "name_referent": serializers.ReferentInput,
        "remove_referent": serializers.ReferentRemovalInput,
    }
    throttle_scope = "sign-in"

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        led = ClassGroup.objects.led_by(person).filter(pk=OuterRef("pk")) if person.is_authenticated else None
        visible = ClassGroup.objects.visible_to(person)
        if self.action in OF_WHO_LEADS:
            return ClassGroup.objects.led_by(person)
        return visible.annotate(is_led=Exists(led)) if led is not None else visible

    def get_throttles(self) -> list[Any]:
        return [CeilingThrottle()] if self.action == "join" else []

    @extend_schema(responses={201: serializers.ClassGroupOutput})
    @idempotent
    def create(self, request: ApiRequest) -> Response:
        """Opens a class of the present school year, with a join code."""
        facts = self.valid_input()
        school = School.objects.managed_by(request.user).filter(pk=facts["school"]).first()
        if school is None:
            said = _("You do not manage this school. Choose one that you manage.")
            raise BadInput(code="school_unknown", fields={"school": said})
        class_group = classes.open_class(
            school=school,
            name=facts["name"],
            capacity=facts["capacity"],
            referent_ids=facts["referents"],
            day=paris.day_of(timezone.now()),
            actor=request.user,
        )
        return Response(self._led(class_group), status=201)

    @extend_schema(responses={202: AcceptedOutput}, auth=[])
    @action(detail=False, methods=["post"], authentication_classes=[])
    def join(self, request: ApiRequest) -> Response:
        """Opens a student's account by a class code. Then sign in: the enrolment says whether the class waits."""
        classes.join_class(address=CeilingThrottle().get_ident(request), **self.valid_input())
        return Response({"detail": _("Sign in with your address and password.")}, status=202)

    @extend_schema(responses={200: serializers.ClassGroupOutput})
    @action(detail=True, methods=["post"], url_path="join-code")
    @idempotent
    def join_code(self, request: ApiRequest, pk: UUID) -> Response:
        """Renews the join code; the old one stops working."""
        self.valid_input()
        return Response(self._led(classes.renew_join_code(self.get_object(), actor=request.user)))

    @extend_schema(responses={200: serializers.RosterLineOutput(many=True)}, filters=False)
    @action(detail=True, pagination_class=None)
    def students(self, request: ApiRequest, pk: UUID) -> Response:
        """The class's roster: whom the school expects, and who came. At most 60 lines."""
        lines = RosterLine.objects.visible_to(request.user).filter(class_group=self.get_object())
        lines = lines.select_related("enrolment__student").order_by("id")
        return Response(serializers.RosterLineOutput(lines, many=True).data)

    @extend_schema(responses={201: serializers.RosterLineOutput(many=True)})
    @students.mapping.post
    @idempotent
    def add_students(self, request: ApiRequest, pk: UUID) -> Response:
        """Adds students to the roster."""
        lines = classes.add_to_roster(self.get_object(), self.valid_input()["students"], actor=request.user)
        return Response(serializers.RosterLineOutput(lines, many=True).data, status=201)

    @extend_schema(responses={200: serializers.ReferentOutput(many=True)}, filters=False)
    @action(detail=True, pagination_class=None)
    def referents(self, request: ApiRequest, pk: UUID) -> Response:
        """Who answers for the class, for good or until a day."""
        return self._referents(self.get_object())

    @extend_schema(responses={201: serializers.ReferentOutput})
    @referents.mapping.post
    @idempotent
    def name_referent(self, request: ApiRequest, pk: UUID) -> Response:
        """Gives the class to a colleague: a manager for good or until a day, a referent until a day."""
        facts = self.valid_input()
        row = referents.name_referent(
            self.get_object(), membership_id=facts["membership"], until_on=facts["until_on"], actor=request.user
        )
        return Response(serializers.ReferentOutput(row).data, status=201)

    @extend_schema(responses={200: serializers.ReferentOutput(many=True)}, filters=False)
    @action(detail=True, methods=["post"], url_path="remove-referent", pagination_class=None)
    @idempotent
    def remove_referent(self, request: ApiRequest, pk: UUID) -> Response:
        """Takes the class back, at the colleague's next request; answers who is left."""
        class_group, membership_id = self.get_object(), self.valid_input()["membership"]
        referents.remove_referent(class_group, membership_id=membership_id, actor=request.user)
        return self._referents(class_group)

    def _referents(self, class_group: ClassGroup) -> Response:
        rows = ClassReferent.objects.filter(class_group=class_group).select_related("membership__person")
        return Response(serializers.ReferentOutput(rows.order_by("id"), many=True).data)

    def _led(self, class_group: ClassGroup) -> Any:
        class_group.is_led = True  # type: ignore[attr-defined]
        return serializers.ClassGroupOutput(class_group).data
