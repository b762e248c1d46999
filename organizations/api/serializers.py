"""Shapes of organisations and their members."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import EmailState
from common.api.fields import MailAddressField, NameField, StrictCharField, StrictUUIDField, whole
from common.api.serializers import Input, Output
from organizations.models import (
    Organization,
    OrganizationKind,
    OrganizationMembership,
    SignUpMode,
)
from organizations.states import OrganizationRole

# Of a host's name: with the letters of French, which are kept as `xn--` (common.text.with_ascii_host).
LETTER = "A-Za-z0-9À-ÖØ-öø-ÿŒœŸ"
LABEL = f"[{LETTER}]([{LETTER}-]{{0,61}}[{LETTER}])?"
WEB_ADDRESS = rf"https?://({LABEL}\.)+[A-Za-z][A-Za-z0-9-]{{0,61}}[A-Za-z0-9](:[0-9]{{1,5}})?([/?#][^\x00-\x20\x7f]*)?"

AS_TYPED = "As people type it: spaces, points and dashes are dropped. Empty if it is not known."


class OrganizationFactsInput(Input):
    """What an organisation says of itself; a number that is not known is empty."""

    description = StrictCharField(max_length=20_000, allow_blank=True, default="")
    url = StrictCharField(max_length=200, allow_blank=True, default="", validators=[whole(WEB_ADDRESS)])
    rna = StrictCharField(max_length=30, allow_blank=True, default="", help_text=f"RNA: W, 9 digits. {AS_TYPED}")
    siren = StrictCharField(max_length=30, allow_blank=True, default="", help_text=f"SIREN: 9 digits. {AS_TYPED}")
    siret = StrictCharField(max_length=30, allow_blank=True, default="", help_text=f"SIRET: 14 digits. {AS_TYPED}")
    default_sign_up_mode = serializers.ChoiceField(choices=SignUpMode.choices, default=SignUpMode.REVIEW)


class OrganizationInput(OrganizationFactsInput):
    name = NameField(max_length=200)
    kind = serializers.ChoiceField(choices=OrganizationKind.choices)
    parent = StrictUUIDField(allow_null=True, default=None)  # type: ignore[assignment]


class OrganizationEditInput(OrganizationFactsInput):
    name = NameField(max_length=200)


class OrganizationOutput(Output):
    """`parent` is null for anyone who cannot see that one."""

    url = serializers.CharField()
    parent = serializers.SerializerMethodField()  # type: ignore[assignment]

    class Meta:
        model = Organization
        fields = [
            "id",
            "name",
            "kind",
            "status",
            "parent",
            "description",
            "url",
            "rna",
            "siren",
            "siret",
            "default_sign_up_mode",
            "version",
        ]

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_parent(self, organization: Any) -> str | None:
        parent = organization.visible_parent
        return str(parent) if parent else None


class OrganizationMembershipOutput(Output):
    name = serializers.CharField(source="person.full_name")
    email_state = serializers.ChoiceField(choices=EmailState.choices, source="person.email_state", read_only=True)

    class Meta:
        model = OrganizationMembership
        fields = ["id", "organization", "person", "name", "email_state", "role", "status"]


class MemberInvitationInput(Input):
    email = MailAddressField()
    role = serializers.ChoiceField(choices=OrganizationRole.choices)


class OrganizationBriefOutput(Output):
    class Meta:
        model = Organization
        fields = ["id", "name", "kind"]
