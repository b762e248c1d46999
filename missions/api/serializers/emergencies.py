"""Shapes of emergency numbers and of the record of who read them."""

from django.db import models
from django.utils.translation import pgettext_lazy
from rest_framework import serializers

from common.api.fields import InstantField
from common.api.serializers import Output
from missions.models import EmergencyNumberView


class NumberOwner(models.TextChoices):
    GUARDIAN = "guardian", pgettext_lazy("emergency number", "Parent or guardian")
    OWN = "own", pgettext_lazy("emergency number", "The person")


class EmergencyNumberOutput(serializers.Serializer):
    whose = serializers.ChoiceField(choices=NumberOwner.choices)
    phone = serializers.CharField()


class EmergencyNumbersOutput(serializers.Serializer):
    numbers = EmergencyNumberOutput(many=True)


class EmergencyNumberViewOutput(Output):
    """Who read the numbers of whom, when and for which shift."""

    student = serializers.UUIDField(source="sign_up.person_id")
    student_name = serializers.CharField(source="sign_up.person.full_name")
    mission_title = serializers.CharField(source="sign_up.shift.mission.title")
    starts_at = InstantField(source="sign_up.shift.starts_at")
    viewed_at = InstantField(source="created_at")

    class Meta:
        model = EmergencyNumberView
        fields = [
            "id",
            "sign_up",
            "student",
            "student_name",
            "mission_title",
            "starts_at",
            "viewer",
            "viewer_name",
            "viewed_at",
        ]
