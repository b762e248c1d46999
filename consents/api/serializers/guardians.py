"""Shapes of guardians."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.fields import MailAddressField, StrictCharField, StrictUUIDField
from common.api.serializers import Input, Output
from consents.models import Guardian


class GuardianInput(Input):
    """`phone`: the number for emergencies."""

    email = MailAddressField()
    phone = StrictCharField(max_length=40, allow_blank=True, default="")


class SchoolGuardianInput(Input):
    """An empty `email` is a family's that has none: the school records its paper."""

    student = StrictUUIDField()
    email = MailAddressField(allow_blank=True, default="")
    phone = StrictCharField(max_length=40, allow_blank=True, default="")


class GuardianOutput(Output):
    """Of the number for emergencies only whether there is one: it is shown around a shift alone.

    `bounced_at`: since when mail to the address comes back. Confirmed once more, it is written to again.
    """

    email = serializers.CharField()
    is_verified = serializers.SerializerMethodField()
    has_phone = serializers.SerializerMethodField()

    class Meta:
        model = Guardian
        fields = ["id", "student", "email", "source", "is_verified", "has_phone", "bounced_at", "ended_at"]

    @extend_schema_field(bool)
    def get_has_phone(self, guardian: Guardian) -> bool:
        return bool(guardian.phone)

    @extend_schema_field(bool)
    def get_is_verified(self, guardian: Guardian) -> bool:
        return guardian.verified_at is not None
