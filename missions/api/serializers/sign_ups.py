"""Shapes of places."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.fields import InstantField, StrictBooleanField, StrictCharField, StrictUUIDField
from common.api.serializers import Input, Output
from missions.models import ListFormat, Mission, QualificationKind, Shift, SignUp
from missions.states import Reason, SignUpDecision, SignUpStatus

MAX_DECISIONS = 500


class EligibilityOutput(serializers.Serializer):
    eligible = serializers.BooleanField()
    reason = serializers.ChoiceField(choices=Reason.choices)
    detail = serializers.CharField(help_text="What the reason says, in the reader's language.")
    min_age = serializers.IntegerField(
        default=None, allow_null=True, help_text="Minimum age of the mission in years, with `too_young`; else null."
    )
    limit_minutes = serializers.IntegerField(
        default=None,
        allow_null=True,
        help_text="The most minutes that a minor gives in a day, with `daily_limit`; else null.",
    )
    limit = serializers.IntegerField(
        default=None,
        allow_null=True,
        help_text="The most sign-ups of a person that may wait, with `too_many_pending`; else null.",
    )
    missing_requirements = serializers.ListField(
        child=serializers.ChoiceField(choices=QualificationKind.choices),
        default=list,
        help_text="The qualifications that are missing, with `requirement_missing`; else empty.",
    )
    collides_with = serializers.UUIDField(
        default=None, allow_null=True, help_text="Id of the sign-up at the same time, with `collides`; else null."
    )
    collides_with_title = serializers.CharField(default="", help_text="Title of its mission; else empty.")
    collides_with_starts_at = InstantField(
        default=None, allow_null=True, help_text="When its shift starts (UTC); else null."
    )


# What an organiser may learn about a student who has no place yet: facts of the shift, none of the student.
FACTS_OF_THE_SHIFT = {
    Reason.OK,
    Reason.WAITLIST,
    Reason.FULL,
    Reason.ALREADY_SIGNED_UP,
    Reason.NOT_OPEN,
    Reason.ENDED,
    Reason.CANCELLED,
}


class SignUpInput(Input):
    """What the person wants beside the place."""

    allows_calls = StrictBooleanField(default=False)


class ClassSignUpInput(Input):
    class_group = StrictUUIDField(allow_null=True, default=None)  # type: ignore[assignment]
    join_code = StrictCharField(max_length=40, allow_blank=True, default="")
    all_or_none = StrictBooleanField(default=False)


class ClassOutcomeOutput(serializers.Serializer):
    """`reason` is null for an organiser when it would tell something of the student."""

    name = serializers.SerializerMethodField()
    sign_up = serializers.UUIDField(source="sign_up.pk", allow_null=True, default=None)
    status = serializers.ChoiceField(
        source="sign_up.status", choices=SignUpStatus.choices, allow_null=True, default=None
    )
    reason = serializers.SerializerMethodField()

    @extend_schema_field(str)
    def get_name(self, outcome: Any) -> str:
        return outcome.student.short_name

    @extend_schema_field(serializers.ChoiceField(choices=Reason.choices, allow_null=True))
    def get_reason(self, outcome: Any) -> str | None:
        told = self.context["tells_all"] or outcome.reason in FACTS_OF_THE_SHIFT
        return str(outcome.reason) if told else None


class ClassSignUpOutput(serializers.Serializer):
    signed_up_count = serializers.IntegerField()
    results = ClassOutcomeOutput(many=True)


class SignUpOutput(Output):
    mission = serializers.UUIDField(source="shift.mission_id")
    mission_title = serializers.CharField(source="shift.mission.title")
    starts_at = InstantField(source="shift.starts_at")
    ends_at = InstantField(source="shift.ends_at")
    person_name = serializers.CharField(source="display_name")
    reason = serializers.SerializerMethodField()
    machine_reason = serializers.SerializerMethodField(
        help_text="The rule that took the place, or that keeps it waiting; null when none did."
    )
    waiting_rank = serializers.SerializerMethodField(
        help_text="One's own place in line, 1 for the next; null when not waitlisted, and to everybody else."
    )
    contact = serializers.SerializerMethodField()
    phone = serializers.SerializerMethodField()

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
            "machine_reason",
            "waiting_rank",
            "offer_expires_at",
            "accepted_at",
            "contact",
            "allows_calls",
            "phone",
        ]

    @extend_schema_field(serializers.ChoiceField(choices=Reason.choices, allow_null=True))
    def get_machine_reason(self, sign_up: SignUp) -> str | None:
        return sign_up.machine_reason or None

    @extend_schema_field(str)
    def get_reason(self, sign_up: SignUp) -> str:
        """Why it was declined or ended; may be empty, and is for all but the person and the organisers."""
        return sign_up.reason if getattr(sign_up, "is_seen_whole", False) else ""

    def get_waiting_rank(self, sign_up: SignUp) -> int | None:
        return getattr(sign_up, "waiting_rank", None)

    @extend_schema_field(str)
    def get_contact(self, sign_up: SignUp) -> str:
        """Whom to ask, of an accepted place; empty before that, and for all but the person and the organisers."""
        is_told = sign_up.status == SignUpStatus.ACCEPTED and getattr(sign_up, "is_seen_whole", True)
        return sign_up.shift.mission.contact if is_told else ""

    @extend_schema_field(str)
    def get_phone(self, sign_up: SignUp) -> str:
        """Of an accepted adult who allowed calls, for the organisers until a day after the shift; else empty."""
        return sign_up.shown_phone if getattr(sign_up, "is_seen_whole", True) else ""


class SheetQuery(Input):
    """How the list of a shift is wanted."""

    file_format = serializers.ChoiceField(choices=ListFormat.choices, default=ListFormat.CSV)


class SignUpDecisionInput(Input):
    """`reason` goes with a decline, and is read by the person."""

    sign_up = StrictUUIDField()
    verb = serializers.ChoiceField(choices=SignUpDecision.choices)
    reason = StrictCharField(max_length=500, allow_blank=True, default="")


class BulkSignUpDecisionsInput(Input):
    decisions = SignUpDecisionInput(many=True, min_length=1, max_length=MAX_DECISIONS)  # type: ignore[call-arg]


class SignUpOutcomeOutput(serializers.Serializer):
    """`status` is the sign-up's now; without it, `code` and `detail` say why nothing was done."""

    sign_up = serializers.UUIDField()
    status = serializers.ChoiceField(choices=SignUpStatus.choices, allow_null=True)
    code = serializers.CharField(allow_null=True)
    detail = serializers.CharField(allow_null=True)


class SignUpOutcomesOutput(serializers.Serializer):
    results = SignUpOutcomeOutput(many=True)


class SyncedShiftOutput(Output):
    """Where and when a place is: what a phone shows without network."""

    class Meta:
        model = Shift
        fields = ["id", "starts_at", "ends_at", "status", "cancel_reason"]


class SyncedMissionOutput(Output):
    organization_name = serializers.CharField(source="organization.name")

    class Meta:
        model = Mission
        fields = [
            "id",
            "organization",
            "organization_name",
            "title",
            "description",
            "domain",
            "address",
            "postal_code",
            "city",
            "latitude",
            "longitude",
            "is_remote",
            "status",
        ]


class SyncedSignUpOutput(SignUpOutput):
    """A place with its shift and mission, as a phone keeps it: no rank, which moves while the place does not."""

    shift_detail = SyncedShiftOutput(source="shift")
    mission_detail = SyncedMissionOutput(source="shift.mission")

    class Meta(SignUpOutput.Meta):
        fields = [
            *(name for name in SignUpOutput.Meta.fields if name not in ("waiting_rank", "phone")),
            "shift_detail",
            "mission_detail",
        ]
