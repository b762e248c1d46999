"""Shapes of check-ins and attendances."""

from typing import Any

from rest_framework import serializers

from common.api.fields import (
    InstantField,
    StrictBooleanField,
    StrictCharField,
    StrictFloatField,
    StrictIntegerField,
    StrictListField,
    StrictUUIDField,
)
from common.api.serializers import Input, Output
from missions.models import (
    Attendance,
    AttendanceEvent,
    AttendanceFlag,
    CheckIn,
    Direction,
)
from missions.states import AttendanceStatus

MAX_TELLINGS = 200
MAX_LINES = 500


class CheckInCodesOutput(serializers.Serializer):
    first_at = InstantField()
    step_seconds = serializers.IntegerField()
    codes = serializers.ListField(child=serializers.CharField())


class CodeOutput(serializers.Serializer):
    """A code to say or show, and until when it is good."""

    code = serializers.CharField()
    expires_at = InstantField()


class PositionInput(Input):
    """Where the phone is, in degrees (WGS 84). Only distance to the mission and accuracy are kept.

    `accuracy_metres` is null, missing or below zero when the phone does not know it: the check-in counts, flagged. A
    latitude or longitude that is null or no place on earth, as phones send that know none, is no position.
    """

    latitude = StrictFloatField(allow_null=True)
    longitude = StrictFloatField(allow_null=True)
    accuracy_metres = StrictFloatField(allow_null=True, default=None)


class TellingInput(Input):
    """`code` is that of the QR (8 characters), or the one said aloud (6), case and spaces being nothing."""

    shift = StrictUUIDField()
    direction = serializers.ChoiceField(choices=Direction.choices)
    code = StrictCharField(max_length=40)
    occurred_at = InstantField()
    position = PositionInput(allow_null=True, default=None)


class CheckInInput(TellingInput):
    sent_at = InstantField()


class CheckInBatchInput(Input):
    """What a phone told itself without network; `sent_at` is its clock when it sends them all."""

    sent_at = InstantField()
    check_ins = TellingInput(many=True, min_length=1, max_length=MAX_TELLINGS)  # type: ignore[call-arg]


class CheckInOutput(Output):
    class Meta:
        model = CheckIn
        fields = ["id", "attendance", "direction", "occurred_at", "sent_at", "received_at"]


class CheckInOutcomeOutput(serializers.Serializer):
    """`id` is the check-in's, new or known; without it, `code` and `detail` say why there is none."""

    shift = serializers.UUIDField()
    direction = serializers.ChoiceField(choices=Direction.choices)
    id = serializers.UUIDField(allow_null=True)
    attendance = serializers.UUIDField(allow_null=True)
    occurred_at = InstantField(allow_null=True)
    received_at = InstantField(allow_null=True)
    code = serializers.CharField(allow_null=True)
    detail = serializers.CharField(allow_null=True)


class CheckInBatchOutput(serializers.Serializer):
    results = CheckInOutcomeOutput(many=True)


class CheckInTimesOutput(Output):
    """How somebody checked in is the organisers' alone to read."""

    may_be_absent = ("method", "is_offline", "is_drifting", "distance_metres", "accuracy_metres")

    class Meta:
        model = CheckIn
        fields = [
            "direction",
            "occurred_at",
            "method",
            "is_offline",
            "is_drifting",
            "distance_metres",
            "accuracy_metres",
        ]


class AttendanceEventOutput(Output):
    class Meta:
        model = AttendanceEvent
        fields = ["verb", "minutes", "reason", "actor", "created_at"]


class SyncedCheckInOutput(Output):
    class Meta:
        model = CheckIn
        fields = ["direction", "occurred_at"]


class SyncedAttendanceOutput(Output):
    """What happened and when, as the person's own phone keeps it."""

    shift = serializers.UUIDField(source="sign_up.shift_id")
    mission = serializers.UUIDField(source="sign_up.shift.mission_id")
    mission_title = serializers.CharField(source="sign_up.shift.mission.title")
    starts_at = InstantField(source="sign_up.shift.starts_at")
    ends_at = InstantField(source="sign_up.shift.ends_at")
    person = serializers.UUIDField(source="sign_up.person_id")
    person_name = serializers.CharField(source="sign_up.display_name")
    check_ins = SyncedCheckInOutput(many=True, source="counted_check_ins")

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
            "arrived_at",
            "left_at",
            "minutes",
            "confirmed_at",
            "check_ins",
        ]


class AttendanceOutput(SyncedAttendanceOutput):
    """The person and those who answer for them read what happened and when; flags and history are the organisers'."""

    check_ins = CheckInTimesOutput(many=True, source="counted_check_ins")  # type: ignore[assignment]
    flags = serializers.ListField(child=serializers.ChoiceField(choices=AttendanceFlag.choices))
    events = AttendanceEventOutput(many=True)

    may_be_absent = ("flags", "events")

    class Meta(SyncedAttendanceOutput.Meta):
        fields = [*SyncedAttendanceOutput.Meta.fields, "flags", "events"]

    def to_representation(self, attendance: Attendance) -> dict[str, Any]:
        answer = super().to_representation(attendance)
        if not attendance.is_seen_whole:  # type: ignore[attr-defined]
            for name in self.may_be_absent:
                del answer[name]
            for check_in in answer["check_ins"]:
                for name in CheckInTimesOutput.may_be_absent:
                    del check_in[name]
        return answer


class ConfirmInput(Input):
    minutes = StrictIntegerField(min_value=1, max_value=720, allow_null=True, default=None)


class ConfirmationInput(ConfirmInput):
    attendance = StrictUUIDField()
    as_planned = StrictBooleanField(default=False)


class BulkConfirmInput(Input):
    confirmations = ConfirmationInput(many=True, min_length=1, max_length=MAX_LINES)  # type: ignore[call-arg]


class ReopenInput(Input):
    """The reason is read by the person."""

    reason = StrictCharField(max_length=500)


class TickInput(Input):
    """When they came or left; now, unless told."""

    occurred_at = InstantField(allow_null=True, default=None)


class BulkCheckInInput(TickInput):
    direction = serializers.ChoiceField(choices=Direction.choices)
    attendances = StrictListField(child=StrictUUIDField(), min_length=1, max_length=MAX_LINES)


class AttendanceOutcomeOutput(serializers.Serializer):
    """`status` is the attendance's now; without it, `code` and `detail` say why nothing was done."""

    attendance = serializers.UUIDField()
    status = serializers.ChoiceField(choices=AttendanceStatus.choices, allow_null=True)
    minutes = serializers.IntegerField(allow_null=True)
    code = serializers.CharField(allow_null=True)
    detail = serializers.CharField(allow_null=True)


class AttendanceOutcomesOutput(serializers.Serializer):
    results = AttendanceOutcomeOutput(many=True)


class WalkInInput(Input):
    """`code` is what the person's phone shows (`me/walk-in-code/`)."""

    code = StrictCharField(max_length=120)
