"""Shapes of what accounts take and give."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import DeviceSession, EmailState, Invitation, Language, Suspension, User
from common import names
from common.api.fields import (
    MailAddressField,
    NameField,
    PasswordField,
    StrictCharField,
    StrictDateField,
    StrictUUIDField,
)
from common.api.serializers import Input, Output
from common.errors import BadInput


class NamesInput(Input):
    """A first and a last name; one alone is a full name."""

    first_name = NameField(max_length=80, allow_blank=True, default="")
    last_name = NameField(max_length=80, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two is needed, and kept as the first."""
        attrs["first_name"], attrs["last_name"] = names.in_order(attrs["first_name"], attrs["last_name"])
        if not attrs["first_name"]:
            raise BadInput(code="name_needed", fields={"first_name": names.NAME_NEEDED})
        return attrs


class RegisterInput(NamesInput):
    email = MailAddressField()
    password = PasswordField()
    birth_date = StrictDateField()
    language = serializers.ChoiceField(choices=Language.choices, default=Language.FRENCH)


class SignInInput(Input):
    email = StrictCharField(max_length=254)
    password = PasswordField()
    device_label = StrictCharField(max_length=120, default="", allow_blank=True)
    device_key = StrictCharField(max_length=120, default="", allow_blank=True)


class RefreshInput(Input):
    refresh = StrictCharField(max_length=4096)


class TokenPairOutput(serializers.Serializer):
    access = serializers.CharField()
    refresh = serializers.CharField()


class SignInOutput(TokenPairOutput):
    """`device_key`: keep it and send it with the next sign-in, so that others' guesses lock you out nowhere here."""

    device_key = serializers.CharField()


class AcceptedOutput(serializers.Serializer):
    detail = serializers.CharField()


class PasswordChangeInput(Input):
    current_password = PasswordField()
    new_password = PasswordField()


class ResetAskInput(Input):
    email = StrictCharField(max_length=254)


class ResetConfirmInput(Input):
    password = PasswordField()


class DeviceSessionOutput(Output):
    is_current = serializers.SerializerMethodField()

    class Meta:
        model = DeviceSession
        fields = ["id", "label", "created_at", "rotated_at", "expires_at", "is_current"]

    @extend_schema_field(bool)
    def get_is_current(self, session: DeviceSession) -> bool:
        return session.pk == self.context["request"].device_session.pk


class LinkStateOutput(serializers.Serializer):
    """What a public link says, and whether it has done its work."""

    detail = serializers.CharField()
    is_done = serializers.BooleanField()


class SignInLinkAskInput(Input):
    """`device_key`: what a device keeps that has signed in before; it is counted by itself."""

    email = StrictCharField(max_length=254)
    device_key = StrictCharField(max_length=120, default="", allow_blank=True)


class SignInLinkOutput(LinkStateOutput):
    """Whom the link lets in. `device_key` is empty until a POST; keep it and send it with auth/token."""

    email = serializers.CharField()
    device_key = serializers.CharField()


class InvitationLinkOutput(Output):
    """What the invited reads behind the link."""

    class Meta:
        model = Invitation
        fields = ["email", "kind", "target_name", "role", "status", "expires_at"]


class InvitationOutput(Output):
    class Meta:
        model = Invitation
        fields = ["id", "email", "role", "status", "expires_at", "accepted_at"]


class WithdrawInvitationInput(Input):
    """Which of the open invitations is taken back."""

    invitation = StrictUUIDField()


class AcceptInvitationInput(Input):
    """The names are for a new account; a person who has one gives its password."""

    password = PasswordField()
    first_name = NameField(max_length=80, allow_blank=True, default="")
    last_name = NameField(max_length=80, allow_blank=True, default="")


class ProfileInput(Input):
    """`phone` is one's own number for emergencies; empty, there is none.

    `first_name` and `last_name` (one may be empty) are one's own until a certificate bears them; a student's are the
    school's. `birth_date` is given once, by an adult whose account has none.
    """

    first_name = NameField(max_length=80, allow_blank=True)
    last_name = NameField(max_length=80, allow_blank=True)
    birth_date = StrictDateField()
    language = serializers.ChoiceField(choices=Language.choices)
    phone = StrictCharField(max_length=40, allow_blank=True)


class ProfileOutput(Output):
    is_email_verified = serializers.SerializerMethodField()
    email_state = serializers.ChoiceField(choices=EmailState.choices, read_only=True)

    class Meta:
        model = User
        fields = [
            "id",
            "email",
            "first_name",
            "last_name",
            "birth_date",
            "language",
            "phone",
            "is_email_verified",
            "email_state",
            "version",
        ]

    @extend_schema_field(bool)
    def get_is_email_verified(self, user: User) -> bool:
        return user.email_verified_at is not None


class SuspensionInput(Input):
    person = StrictUUIDField()
    reason = StrictCharField(max_length=500)


class SuspensionOutput(Output):
    person_name = serializers.CharField(source="person.full_name")

    class Meta:
        model = Suspension
        fields = ["id", "person", "person_name", "reason", "created_at", "restored_at"]
