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
from common.api.etags import edits_a_version, etag_of, expected_versions
from common.api.idempotency import idempotent
from common.api.permissions import IsRegionStaff, IsSignedIn
from common.api.serializers import Empty
from common.api.throttling import CeilingThrottle
from common.api.views import ApiViewSet, ReadViewSet
from common.errors import BadInput
from schools.api import serializers
from schools.api.filters import SchoolFilter
from schools.api.permissions import IsSchoolManager, IsSchoolStaff
from schools.models import ClassGroup, ClassReferent, Enrolment, RosterLine, School, SchoolYear, StaffMembership
from schools.services import classes, comments, enrolments, guardians, referents, staff

OF_WHO_LEADS = ("students", "add_students", "join_code", "referents", "name_referent", "remove_referent")


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

    def queryset_for(self, person: Any) -> QuerySet[Any]:
        led = ClassGroup.objects.led_by(person).filter(pk=OuterRef("pk")) if person.is_authenticated else None
        visible = ClassGroup.objects.visible_to(person)
        if self.action in OF_WHO_LEADS:
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

    @extend_schema(responses={200: serializers.ReferentOutput(many=True)}, filters=False)
    @action(detail=True, pagination_class=None)
    def referents(self, request: Any, pk: Any) -> Response:
        """Who answers for the class, for good or until a day."""
        return self._referents(self.get_object())

    @extend_schema(responses={201: serializers.ReferentOutput})
    @referents.mapping.post
    @idempotent
    def name_referent(self, request: Any, pk: Any) -> Response:
        """Gives the class to a colleague: a manager for good or until a day, a referent until a day."""
        facts = self.valid_input()
        row = referents.name_referent(
            self.get_object(), membership_id=facts["membership"], until_on=facts["until_on"], actor=request.user
        )
        return Response(serializers.ReferentOutput(row).data, status=201)

    @extend_schema(responses={200: serializers.ReferentOutput(many=True)}, filters=False)
    @action(detail=True, methods=["post"], url_path="remove-referent", pagination_class=None)
    @idempotent
    def remove_referent(self, request: Any, pk: Any) -> Response:
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


class EnrolmentViewSet(ReadViewSet):
    """Students in classes: one's own, or those of the classes one answers for."""

    queryset = Enrolment.objects.all()
    serializer_class = serializers.EnrolmentOutput
    permission_classes = [IsSignedIn]
    permissions = {
        "admit": [IsSchoolStaff],
        "refuse": [IsSchoolStaff],
        "end": [IsSchoolStaff],
        "change_birth_date": [IsSchoolStaff],
        "comment": [IsSchoolStaff],
        "write_comment": [IsSchoolStaff],
    }
    inputs = {
        "write_comment": serializers.CommentInput,
        "admit": serializers.AdmitInput,
        "refuse": Empty,
        "end": Empty,
        "change_birth_date": serializers.BirthDateInput,
    }

    outputs = {"comment": serializers.CommentOutput, "write_comment": serializers.CommentOutput}

    def queryset_for(self, person: Any) -> QuerySet[Any]:
        if self.action in self.outputs:
            return Enrolment.objects.led_by(person)
        rows = Enrolment.objects.visible_to(person).select_related("student", "class_group")
        return rows.with_roster_for(person) if person.is_authenticated else rows

    @extend_schema(responses={200: serializers.EnrolmentOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def admit(self, request: Any, pk: Any) -> Response:
        """Lets a student into the class who was not found on its roster, or was there with another birth date."""
        facts = self.valid_input()
        enrolment = enrolments.admit_enrolment(
            self.get_object(),
            roster_line=facts.get("roster_line"),
            is_line_decided="roster_line" in facts,
            actor=request.user,
        )
        return Response(self.output(enrolment))

    @extend_schema(responses={200: serializers.EnrolmentOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def refuse(self, request: Any, pk: Any) -> Response:
        """Refuses a student who was not on the roster; they may ask again."""
        self.valid_input()
        return Response(self.output(enrolments.refuse_enrolment(self.get_object(), actor=request.user)))

    @extend_schema(responses={200: serializers.EnrolmentOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def end(self, request: Any, pk: Any) -> Response:
        """The student leaves the class; their record of the year stays readable to the school."""
        self.valid_input()
        return Response(self.output(enrolments.end_enrolment(self.get_object(), actor=request.user)))

    @extend_schema(responses={200: serializers.EnrolmentOutput})
    @action(detail=True, methods=["post"], url_path="change-birth-date")
    @idempotent
    def change_birth_date(self, request: Any, pk: Any) -> Response:
        """The school corrects its student's birth date, with a reason that the student reads."""
        enrolment = enrolments.correct_birth_date(self.get_object(), actor=request.user, **self.valid_input())
        return Response(self.output(enrolment))

    @extend_schema(operation_id="enrolments_comment_retrieve", responses={200: serializers.CommentOutput})
    @action(detail=True)
    def comment(self, request: Any, pk: Any) -> Response:
        """What those who answer for the class say of the student's year, with its ETag; the student does not see it."""
        comment = comments.comment_of(self.get_object())
        return Response(self.output(comment), headers={"ETag": etag_of(comment)})

    @extend_schema(operation_id="enrolments_comment_update", responses={200: serializers.CommentOutput})
    @comment.mapping.put
    @edits_a_version
    def write_comment(self, request: Any, pk: Any) -> Response:
        """Says it anew, for the class's export; needs If-Match."""
        text, expected = self.valid_input()["text"], expected_versions(request)
        comment = comments.write_comment(self.get_object(), text, expected=expected, actor=request.user)
        return Response(self.output(comment), headers={"ETag": etag_of(comment)})



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
        """A student names a guardian; the school confirms the address. The same address again changes the number."""
        guardian = guardians.name_guardian(actor=request.user, **self.valid_input())
        return Response(self.output(guardian), status=201)


class GuardianViewSet(ReadViewSet):
    """Guardians of the students one answers for."""

    queryset = Guardian.objects.all()
    serializer_class = serializers.GuardianOutput
    permission_classes = [IsSchoolStaff]
    permissions = {"create": [IsSchoolManager]}
    inputs = {"create": serializers.SchoolGuardianInput, "confirm": Empty}

    def queryset_for(self, person: Any) -> QuerySet[Any]:
        led = Enrolment.objects.active().on_day(paris.day_of(timezone.now())).led_by(person)
        return Guardian.objects.of_students(led.values("student")).select_related("student")

    @extend_schema(responses={201: serializers.GuardianOutput})
    @idempotent
    def create(self, request: Any) -> Response:
        """The school names a guardian it knows, perhaps one without an address."""
        facts = self.valid_input()
        enrolments = Enrolment.objects.active().on_day(paris.day_of(timezone.now())).led_by(request.user)
        enrolment = enrolments.filter(student=facts.pop("student")).select_related("student").first()
        if enrolment is None:
            raise BadInput(code="student_unknown", fields={"student": _("Not a student of your school.")})
        guardian = guardians.add_guardian(enrolment.student, actor=request.user, **facts)
        return Response(self.output(guardian), status=201)

    @extend_schema(responses={200: serializers.GuardianOutput})
    @action(detail=True, methods=["post"])
    @idempotent
    def confirm(self, request: Any, pk: Any) -> Response:
        """The school vouches for the address; consent is then asked if it is needed."""
        self.valid_input()
        return Response(self.output(guardians.confirm_guardian(self.get_object(), actor=request.user)))
