"""Shapes of what schools take and give."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.serializers import NamesInput
from accounts.models import EmailState, Language, User
from common import paris
from common.api.fields import (
    MailAddressField,
    NameField,
    PasswordField,
    StrictBooleanField,
    StrictCharField,
    StrictDateField,
    StrictIntegerField,
    StrictListField,
    StrictUUIDField,
)
from common.api.serializers import Input, Output
from schools.models import (
    ClassGroup,
    ClassReferent,
    Comment,
    Enrolment,
    RosterLine,
    School,
    SchoolYear,
    StaffMembership,
)
from schools.services.enrolments import lines_like
from schools.states import EnrolmentStatus, StaffRole

MAX_ROSTER_LINES = 60


class SchoolOutput(Output):
    distance_km = serializers.FloatField(read_only=True, allow_null=True, default=None)

    class Meta:
        model = School
        fields = [
            "id",
            "uai",
            "name",
            "sector",
            "address",
            "postal_code",
            "commune_name",
            "department_code",
            "latitude",
            "longitude",
            "is_closing",
            "mother_school",
            "distance_km",
        ]


class SchoolNameInput(Input):
    """`name` holds words of the directory's label alone; empty takes the school's own spelling back."""

    name = StrictCharField(max_length=200, allow_blank=True)


class SchoolYearOutput(Output):
    label = serializers.CharField()  # type: ignore[assignment]

    class Meta:
        model = SchoolYear
        fields = ["id", "label", "starts_on", "ends_on"]


class StaffMembershipOutput(Output):
    name = serializers.CharField(source="person.full_name")
    email_state = serializers.ChoiceField(choices=EmailState.choices, source="person.email_state", read_only=True)

    class Meta:
        model = StaffMembership
        fields = ["id", "school", "person", "name", "email_state", "role", "status"]


class StaffInvitationInput(Input):
    email = MailAddressField()
    role = serializers.ChoiceField(choices=StaffRole.choices)


class ClassGroupInput(Input):
    school = StrictUUIDField()
    name = NameField(max_length=40)
    capacity = StrictIntegerField(min_value=1, max_value=60, default=36)
    referents = StrictListField(child=StrictUUIDField(), max_length=20, default=list)


class ClassGroupOutput(Output):
    """The join code is shown to those who answer for the class, while it lives."""

    join_code = serializers.SerializerMethodField()
    join_code_expires_at = serializers.SerializerMethodField()

    class Meta:
        model = ClassGroup
        fields = ["id", "school", "school_year", "name", "capacity", "join_code", "join_code_expires_at"]

    def _shows_code(self, class_group: Any) -> bool:
        expires_at = class_group.join_code_expires_at
        return class_group.is_led and expires_at is not None and expires_at > timezone.now()

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_join_code(self, class_group: ClassGroup) -> str | None:
        return class_group.join_code if self._shows_code(class_group) else None

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_join_code_expires_at(self, class_group: ClassGroup) -> Any:
        return class_group.join_code_expires_at if self._shows_code(class_group) else None


class ReferentInput(Input):
    membership = StrictUUIDField()
    until_on = StrictDateField(allow_null=True, default=None)


class ReferentRemovalInput(Input):
    membership = StrictUUIDField()


class ReferentOutput(Output):
    """`until_on`: the last day of a delegation, null for good."""

    person = serializers.UUIDField(source="membership.person_id")
    name = serializers.CharField(source="membership.person.full_name")

    class Meta:
        model = ClassReferent
        fields = ["id", "membership", "person", "name", "until_on"]


class JoinInput(NamesInput):
    join_code = StrictCharField(max_length=40)
    email = MailAddressField()
    password = PasswordField()
    birth_date = StrictDateField()
    language = serializers.ChoiceField(choices=Language.choices, default=Language.FRENCH)
    # Of a device that has signed in before, as in auth/token.
    device_key = StrictCharField(max_length=120, default="", allow_blank=True)


class RosterLineInput(NamesInput):
    birth_date = StrictDateField()
    guardian_email = MailAddressField(allow_null=True, default=None)
    guardian_phone = StrictCharField(max_length=40, allow_blank=True, default="")


class RosterInput(Input):
    students = RosterLineInput(many=True, min_length=1, max_length=MAX_ROSTER_LINES)  # type: ignore[call-arg]


class RosterLineOutput(Output):
    guardian_email = serializers.CharField()
    is_claimed = serializers.SerializerMethodField()
    email_state = serializers.SerializerMethodField()

    class Meta:
        model = RosterLine
        fields = ["id", "first_name", "last_name", "birth_date", "guardian_email", "is_claimed", "email_state"]

    @extend_schema_field(bool)
    def get_is_claimed(self, line: RosterLine) -> bool:
        return line.enrolment_id is not None

    @extend_schema_field(serializers.ChoiceField(choices=EmailState.choices, allow_null=True))
    def get_email_state(self, line: RosterLine) -> str | None:
        """note: read with the line where the list is made (`enrolment__student`)."""
        return line.enrolment.student.email_state if line.enrolment is not None else None


class EnrolmentStudentOutput(serializers.Serializer):
    id = serializers.UUIDField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    is_minor = serializers.SerializerMethodField()
    version = serializers.IntegerField()

    @extend_schema_field(bool)
    def get_is_minor(self, student: User) -> bool:
        return student.is_minor_on(paris.day_of(timezone.now()))


class StudentNameInput(Input):
    """The civil name, as the school knows it; one alone is enough, and what is not sent stays."""

    first_name = NameField(max_length=80, allow_blank=True)
    last_name = NameField(max_length=80, allow_blank=True)


class AdmitInput(Input):
    """`roster_line`: the line that expects this student, or null when none is theirs."""

    roster_line = StrictUUIDField(required=False, allow_null=True)


class BirthDateInput(Input):
    """`accept_losses`: the student may lose places by it; without it, 409 `would_lose` with `losses`."""

    birth_date = StrictDateField()
    reason = StrictCharField(max_length=300)
    accept_losses = StrictBooleanField(default=False)


class EnrolmentOutput(Output):
    """Those who answer for the class see two facts before admitting, while the student waits: the birth date that the
    student gave, and whom the roster expects that is like them by name, surname or birth date. To others they are null
    and empty."""

    declared_birth_date = serializers.SerializerMethodField()
    roster_lines = serializers.SerializerMethodField()
    student = EnrolmentStudentOutput()
    class_name = serializers.CharField(source="class_group.name")
    school = serializers.UUIDField(source="class_group.school_id")

    class Meta:
        model = Enrolment
        fields = [
            "id",
            "class_group",
            "class_name",
            "school",
            "student",
            "status",
            "requested_at",
            "activated_at",
            "ended_at",
            "declared_birth_date",
            "roster_lines",
        ]

    def _is_to_admit(self, enrolment: Enrolment) -> bool:
        return enrolment.status == EnrolmentStatus.REQUESTED and getattr(enrolment, "is_led", False)

    @extend_schema_field(serializers.DateField(allow_null=True))
    def get_declared_birth_date(self, enrolment: Enrolment) -> Any:
        return enrolment.student.birth_date if self._is_to_admit(enrolment) else None

    @extend_schema_field(RosterLineOutput(many=True))
    def get_roster_lines(self, enrolment: Any) -> Any:
        if not self._is_to_admit(enrolment):
            return []
        expected = lines_like(enrolment.class_group.unclaimed_lines, enrolment.student)
        return RosterLineOutput(expected, many=True).data


class CommentInput(Input):
    """At most 500 characters; empty takes the comment away."""

    text = StrictCharField(max_length=500, allow_blank=True)


class CommentOutput(Output):
    """The comment of one enrolment; version 0 while there is none."""

    class Meta:
        model = Comment
        fields = ["enrolment", "text", "version"]
