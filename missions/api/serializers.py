"""Shapes of what missions take and give."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.fields import (
    InstantField,
    StrictBooleanField,
    StrictCharField,
    StrictFloatField,
    StrictIntegerField,
    StrictUUIDField,
)
from common.api.serializers import Input, Output
from missions.models import (
    Attendance,
    Audience,
    CheckIn,
    Consent,
    Direction,
    Domain,
    Mission,
    Organization,
    OrganizationKind,
    OrganizationMembership,
    Shift,
    SignUp,
    SignUpMode,
)
from missions.states import OrganizationRole, Reason, SignUpStatus


class OrganizationInput(Input):
    name = StrictCharField(max_length=200)
    kind = serializers.ChoiceField(choices=OrganizationKind.choices)
    parent = StrictUUIDField(allow_null=True, default=None)  # type: ignore[assignment]


class OrganizationOutput(Output):
    class Meta:
        model = Organization
        fields = ["id", "name", "kind", "status", "parent"]


class OrganizationMembershipOutput(Output):
    name = serializers.CharField(source="person.full_name")

    class Meta:
        model = OrganizationMembership
        fields = ["id", "organization", "person", "name", "role", "status"]


class MemberInvitationInput(Input):
    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(choices=OrganizationRole.choices)


class MissionInput(Input):
    organization = StrictUUIDField()
    title = StrictCharField(max_length=120)
    description = StrictCharField(max_length=20_000)
    domain = serializers.ChoiceField(choices=Domain.choices)
    address = StrictCharField(max_length=200, allow_blank=True, default="")
    postal_code = StrictCharField(max_length=5, allow_blank=True, default="")
    city = StrictCharField(max_length=100, allow_blank=True, default="")
    latitude = StrictFloatField(min_value=-90, max_value=90, allow_null=True, default=None)
    longitude = StrictFloatField(min_value=-180, max_value=180, allow_null=True, default=None)
    is_remote = StrictBooleanField(default=False)
    min_age = StrictIntegerField(min_value=0, max_value=99, default=0)
    audience = serializers.ChoiceField(choices=Audience.choices, default=Audience.BOTH)
    sign_up_mode = serializers.ChoiceField(choices=SignUpMode.choices, default=SignUpMode.REVIEW)
    contact = StrictCharField(max_length=200, allow_blank=True, default="")


class MissionEditInput(MissionInput):
    organization = None  # type: ignore[assignment]


class OrganizationBriefOutput(Output):
    class Meta:
        model = Organization
        fields = ["id", "name", "kind"]


class ShiftOutput(Output):
    places_left = serializers.SerializerMethodField()

    class Meta:
        model = Shift
        fields = ["id", "mission", "starts_at", "ends_at", "capacity", "places_left"]

    @extend_schema_field(int)
    def get_places_left(self, shift: Shift) -> int:
        return shift.capacity - shift.taken_count


class MissionOutput(Output):
    """`contact` is not here: it is shown with an accepted sign-up."""

    organization = OrganizationBriefOutput()
    next_shifts = ShiftOutput(many=True)
    distance_km = serializers.FloatField(read_only=True, allow_null=True, default=None)

    class Meta:
        model = Mission
        fields = [
            "id",
            "organization",
            "title",
            "description",
            "domain",
            "address",
            "postal_code",
            "city",
            "latitude",
            "longitude",
            "is_remote",
            "min_age",
            "audience",
            "sign_up_mode",
            "status",
            "review_reason",
            "published_at",
            "next_shifts",
            "distance_km",
        ]


class ReasonInput(Input):
    reason = StrictCharField(max_length=500, allow_blank=True, default="")


class ShiftInput(Input):
    mission = StrictUUIDField()
    starts_at = InstantField()
    ends_at = InstantField()
    capacity = StrictIntegerField(min_value=1, max_value=500)


class EligibilityOutput(serializers.Serializer):
    eligible = serializers.BooleanField()
    reason = serializers.ChoiceField(choices=Reason.choices)


class CheckInCodesOutput(serializers.Serializer):
    first_at = InstantField()
    step_seconds = serializers.IntegerField()
    codes = serializers.ListField(child=serializers.CharField())


class SignUpOutput(Output):
    mission = serializers.UUIDField(source="shift.mission_id")
    mission_title = serializers.CharField(source="shift.mission.title")
    starts_at = InstantField(source="shift.starts_at")
    ends_at = InstantField(source="shift.ends_at")
    person_name = serializers.CharField(source="display_name")
    contact = serializers.SerializerMethodField()

    class Meta:
        model = SignUp
        fields = [
            "id",
            "shift",
            "mission",
            "mission_title",
            "starts_at",
            "ends_at",
            "person",
            "person_name",
            "status",
            "reason",
            "accepted_at",
            "contact",
        ]

    @extend_schema_field(str)
    def get_contact(self, sign_up: SignUp) -> str:
        return sign_up.shift.mission.contact if sign_up.status == SignUpStatus.ACCEPTED else ""


class CheckInInput(Input):
    shift = StrictUUIDField()
    direction = serializers.ChoiceField(choices=Direction.choices)
    code = StrictCharField(max_length=16)
    occurred_at = InstantField()
    sent_at = InstantField()


class CheckInOutput(Output):
    class Meta:
        model = CheckIn
        fields = [
            "id",
            "attendance",
            "direction",
            "occurred_at",
            "sent_at",
            "received_at",
            "is_offline",
            "is_drifting",
        ]


class CheckInTimesOutput(Output):
    class Meta:
        model = CheckIn
        fields = ["direction", "occurred_at", "is_offline", "is_drifting"]


class AttendanceOutput(Output):
    shift = serializers.UUIDField(source="sign_up.shift_id")
    mission = serializers.UUIDField(source="sign_up.shift.mission_id")
    mission_title = serializers.CharField(source="sign_up.shift.mission.title")
    starts_at = InstantField(source="sign_up.shift.starts_at")
    ends_at = InstantField(source="sign_up.shift.ends_at")
    person = serializers.UUIDField(source="sign_up.person_id")
    person_name = serializers.CharField(source="sign_up.display_name")
    check_ins = CheckInTimesOutput(many=True)

    class Meta:
        model = Attendance
        fields = [
            "id",
            "sign_up",
            "shift",
            "mission",
            "mission_title",
            "starts_at",
            "ends_at",
            "person",
            "person_name",
            "status",
            "minutes",
            "confirmed_at",
            "check_ins",
        ]


class ConfirmInput(Input):
    minutes = StrictIntegerField(min_value=1, max_value=720, allow_null=True, default=None)


class ConsentOutput(Output):
    """What the guardian reads behind the link: the child's first name, the text, the state; nothing else."""

    first_name = serializers.CharField(source="student.first_name")

    class Meta:
        model = Consent
        fields = ["first_name", "status", "text_version", "expires_at", "decided_at"]


class ConsentDecisionInput(Input):
    decision = serializers.ChoiceField(choices=["grant", "refuse"])

