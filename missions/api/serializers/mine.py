"""Shapes of what a mission and its shifts are to the person who reads them."""

from rest_framework import serializers

from missions.api.serializers.sign_ups import EligibilityOutput, SignUpOutput


class ShiftMineOutput(serializers.Serializer):
    """What a shift is to the person who reads it."""

    shift = serializers.UUIDField()
    sign_up = SignUpOutput(allow_null=True)
    eligibility = EligibilityOutput()


class MissionMineOutput(serializers.Serializer):
    """What a mission is to the person who reads it."""

    is_favourite = serializers.BooleanField()
    shifts = ShiftMineOutput(many=True)
