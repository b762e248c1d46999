"""Schools over HTTP: the public directory, classes, rosters, enrolments."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from accounts.api.serializers import AcceptedOutput, InvitationOutput
from accounts.models import Guardian, Invitation, InvitationKind
from common import paris
from common.api.idempotency import idempotent
from common.api.permissions import IsRegionStaff, IsSignedIn
from common.api.serializers import Empty
from common.api.throttling import CeilingThrottle
from common.api.views import ApiViewSet, ReadViewSet
from common.errors import BadInput
from schools.api import serializers
from schools.api.filters import SchoolFilter
from schools.api.permissions import IsSchoolManager, IsSchoolStaff
from schools.models import ClassGroup, Enrolment, RosterLine, School, SchoolYear, StaffMembership
from schools.services import classes, guardians, staff


class SchoolViewSet(ReadViewSet):
    """The directory of lycées. Public."""

    queryset = School.objects.all()
    serializer_class = serializers.SchoolOutput
    filterset_class = SchoolFilter
    permission_classes = [AllowAny]
    permissions = {
        "invitations": [IsSchoolManager | IsRegionStaff],
        "invite": [IsSchoolManager | IsRegionStaff],
    }
    inputs = {"invite": serializers.StaffInvitationInput}

    def queryset_for(self, person: Any) -> QuerySet[Any]:
        if self.action in ("invitations", "invite") and not person.is_region_staff:
            return School.objects.managed_by(person)
        return School.objects.visible_to(person)

    @extend_schema(responses={200: InvitationOutput(many=True)}, filters=False)
    @action(detail=True, pagination_class=None)
    def invitations(self, request: Any, pk: Any) -> Response:
        """Whom the school has invited and who has not come yet."""
        rows = Invitation.objects.open(timezone.now()).to_target(InvitationKind.SCHOOL_STAFF, self.get_object().pk)
        return Response(InvitationOutput(rows.order_by("id"), many=True).data)

    @extend_schema(responses={201: InvitationOutput})
    @invitations.mapping.post
    @idempotent
    def invite(self, request: Any, pk: Any) -> Response:
        """Invites an address as teacher or manager; the region invites a first manager."""
        invitation = staff.invite_staff(self.get_object(), actor=request.user, **self.valid_input())
        return Response(InvitationOutput(invitation).data, status=201)

    def get_ordering(self) -> tuple[str, ...]:
        return ("distance_km", "id") if "near" in self.request.query_params else ("uai", "id")


class SchoolYearViewSet(ReadViewSet):
    """School years, 1 September to 31 August. Public."""

    queryset = SchoolYear.objects.all()
    serializer_class = serializers.SchoolYearOutput
    permission_classes = [AllowAny]

    def queryset_for(self, person: Any) -> QuerySet[Any]:
        return SchoolYear.objects.visible_to(person)


class StaffMembershipViewSet(ReadViewSet):
    """Who works at a school: one's own memberships; a manager sees the school's."""

    queryset = StaffMembership.objects.all()
    serializer_class = serializers.StaffMembershipOutput
    permission_classes = [IsSchoolStaff]
    inputs = {"end": Empty}

    def queryset_for(self, person: Any) -> QuerySet[Any]:
        return StaffMembership.objects.visible_to(person).select_related("person", "school")

    @extend_schema(responses={200: serializers.StaffMembershipOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def end(self, request: Any, pk: Any) -> Response:
        """Ends it; the last manager cannot leave."""
        self.valid_input()
        return Response(self.output(staff.end_staff(self.get_object(), actor=request.user)))


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
    }
    inputs = {
        "create": serializers.ClassGroupInput,
        "join": serializers.JoinInput,
        "join_code": Empty,
        "add_students": serializers.RosterInput,
    }
    throttle_scope = "sign-in"

    def queryset_for(self, person: Any) -> QuerySet[Any]:
        led = ClassGroup.objects.led_by(person).filter(pk=OuterRef("pk")) if person.is_authenticated else None
        visible = ClassGroup.objects.visible_to(person)
        if self.action in ("students", "add_students", "join_code"):
            return ClassGroup.objects.led_by(person)
        return visible.annotate(is_led=Exists(led)) if led is not None else visible

    def get_throttles(self) -> list[Any]:
        return [CeilingThrottle()] if self.action == "join" else []

    @extend_schema(responses={201: serializers.ClassGroupOutput})
    @idempotent
    def create(self, request: Any) -> Response:
        """Opens a class of the present school year, with a join code."""
        facts = self.valid_input()
        school = School.objects.managed_by(request.user).filter(pk=facts["school"]).first()
        if school is None:
            raise BadInput(code="school_unknown", fields={"school": _("Not a school that you manage.")})
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
    def join(self, request: Any) -> Response:
        """Opens a student's account by a class code. Then sign in: the enrolment says whether the class waits."""
        classes.join_class(address=CeilingThrottle().get_ident(request), **self.valid_input())
        return Response({"detail": _("Sign in with your address and password.")}, status=202)

    @extend_schema(responses={200: serializers.ClassGroupOutput})
    @action(detail=True, methods=["post"], url_path="join-code")
    @idempotent
    def join_code(self, request: Any, pk: Any) -> Response:
        """Renews the join code; the old one stops working."""
        self.valid_input()
        return Response(self._led(classes.renew_join_code(self.get_object(), actor=request.user)))

    @extend_schema(responses={200: serializers.RosterLineOutput(many=True)}, filters=False)
    @action(detail=True, pagination_class=None)
    def students(self, request: Any, pk: Any) -> Response:
        """The class's roster: whom the school expects, and who came. At most 60 lines."""
        lines = RosterLine.objects.visible_to(request.user).filter(class_group=self.get_object()).order_by("id")
        return Response(serializers.RosterLineOutput(lines, many=True).data)

    @extend_schema(responses={201: serializers.RosterLineOutput(many=True)})
    @students.mapping.post
    @idempotent
    def add_students(self, request: Any, pk: Any) -> Response:
        """Adds students to the roster."""
        lines = classes.add_to_roster(self.get_object(), self.valid_input()["students"], actor=request.user)
        return Response(serializers.RosterLineOutput(lines, many=True).data, status=201)

    def _led(self, class_group: ClassGroup) -> Any:
        class_group.is_led = True  # type: ignore[attr-defined]
        return serializers.ClassGroupOutput(class_group).data


class EnrolmentViewSet(ReadViewSet):
    """Students in classes: one's own, or those of the classes one answers for."""

    queryset = Enrolment.objects.all()
    serializer_class = serializers.EnrolmentOutput
    permission_classes = [IsSignedIn]
    permissions = {"admit": [IsSchoolStaff], "refuse": [IsSchoolStaff]}
    inputs = {"admit": Empty, "refuse": Empty}

    def queryset_for(self, person: Any) -> QuerySet[Any]:
        return Enrolment.objects.visible_to(person).select_related("student", "class_group")

    @extend_schema(responses={200: serializers.EnrolmentOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def admit(self, request: Any, pk: Any) -> Response:
        """Lets a student who was not on the roster into the class."""
        self.valid_input()
        return Response(self.output(classes.admit_enrolment(self.get_object(), actor=request.user)))

    @extend_schema(responses={200: serializers.EnrolmentOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def refuse(self, request: Any, pk: Any) -> Response:
        """Refuses a student who was not on the roster."""
        self.valid_input()
        return Response(self.output(classes.refuse_enrolment(self.get_object(), actor=request.user)))




class MyGuardianViewSet(mixins.ListModelMixin, ApiViewSet):
    """One's own guardians."""

    queryset = Guardian.objects.all()
    serializer_class = serializers.GuardianOutput
    permission_classes = [IsSignedIn]
    inputs = {"create": serializers.GuardianInput}

    def queryset_for(self, person: Any) -> QuerySet[Any]:
        return Guardian.objects.visible_to(person)

    @extend_schema(responses={201: serializers.GuardianOutput})
    @idempotent
    def create(self, request: Any) -> Response:
        """A student names a guardian; the school confirms the address."""
        guardian = guardians.name_guardian(email=self.valid_input()["email"], actor=request.user)
        return Response(self.output(guardian), status=201)


class GuardianViewSet(ReadViewSet):
    """Guardians of the students one answers for."""

    queryset = Guardian.objects.all()
    serializer_class = serializers.GuardianOutput
    permission_classes = [IsSchoolStaff]
    inputs = {"confirm": Empty}

    def queryset_for(self, person: Any) -> QuerySet[Any]:
        led = Enrolment.objects.active().on_day(paris.day_of(timezone.now())).led_by(person)
        return Guardian.objects.filter(student__in=led.values("student")).select_related("student")

    @extend_schema(responses={200: serializers.GuardianOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def confirm(self, request: Any, pk: Any) -> Response:
        """The school vouches for the address; consent is then asked if it is needed."""
        self.valid_input()
        return Response(self.output(guardians.confirm_guardian(self.get_object(), actor=request.user)))
