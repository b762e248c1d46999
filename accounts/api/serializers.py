"""Shapes of what accounts take and give."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import DeviceSession, Invitation, Language, Suspension, User
from common.api.fields import MailAddressField, StrictCharField, StrictDateField, StrictUUIDField
from common.api.serializers import Input, Output

MAX_PASSWORD_LENGTH = 1024


class RegisterInput(Input):
    email = MailAddressField()
    password = StrictCharField(max_length=MAX_PASSWORD_LENGTH, trim_whitespace=False)
    first_name = StrictCharField(max_length=80)
    last_name = StrictCharField(max_length=80)
    birth_date = StrictDateField()
    language = serializers.ChoiceField(choices=Language.choices, default=Language.FRENCH)


class SignInInput(Input):
    email = StrictCharField(max_length=254)
    password = StrictCharField(max_length=MAX_PASSWORD_LENGTH, trim_whitespace=False)
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
    current_password = StrictCharField(max_length=MAX_PASSWORD_LENGTH, trim_whitespace=False)
    new_password = StrictCharField(max_length=MAX_PASSWORD_LENGTH, trim_whitespace=False)


class ResetAskInput(Input):
    email = StrictCharField(max_length=254)


class ResetConfirmInput(Input):
    password = StrictCharField(max_length=MAX_PASSWORD_LENGTH, trim_whitespace=False)


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


class FeaturesOutput(serializers.Serializer):
    push = serializers.BooleanField()


class TextsOutput(serializers.Serializer):
    welcome = serializers.CharField()


class AppConfigOutput(serializers.Serializer):
    """What the app asks first: is it still served, what does this deployment offer, what does it say."""

    minimum_version = serializers.CharField()
    features = FeaturesOutput()
    texts = TextsOutput()


class InvitationLinkOutput(Output):
    """What the invited reads behind the link."""

    class Meta:
        model = Invitation
        fields = ["email", "kind", "target_name", "role", "status", "expires_at"]


class InvitationOutput(Output):
    class Meta:
        model = Invitation
        fields = ["id", "email", "role", "status", "expires_at", "accepted_at"]


class AcceptInvitationInput(Input):
    """The names are for a new account; who has one gives its password."""

    password = StrictCharField(max_length=MAX_PASSWORD_LENGTH, trim_whitespace=False)
    first_name = StrictCharField(max_length=80)
    last_name = StrictCharField(max_length=80)


class ProfileInput(Input):
    """`phone` is one's own number for emergencies; empty, there is none."""

    language = serializers.ChoiceField(choices=Language.choices)
    phone = StrictCharField(max_length=40, allow_blank=True)


class ProfileOutput(Output):
    is_email_verified = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ["id", "email", "first_name", "last_name", "birth_date", "language", "phone", "is_email_verified"]

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
