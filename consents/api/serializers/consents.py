"""Shapes of consents, of the guardians' pages, and of what the school records."""

from typing import Any

from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.fields import (
    InstantField,
    MailAddressField,
    StrictBooleanField,
    StrictCharField,
    StrictDateField,
    StrictUUIDField,
)
from common.api.serializers import ActionInput, Input, Output
from consents.models import Consent, ConsentEvent
from consents.states import UNDECIDED_CONSENT, ConsentStatus


class ConsentDecision(models.TextChoices):
    """`grant_all`, where one mission is asked about, agrees to all."""

    GRANT = "grant"
    GRANT_ALL = "grant_all"
    REFUSE = "refuse"


class ManagementAction(models.TextChoices):
    GRANT = "grant"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    CHANGE_ADDRESS = "change_address"
    CHANGE_PHONE = "change_phone"
    SWITCH_PLACE_NOTICES_ON = "switch_place_notices_on"
    SWITCH_PLACE_NOTICES_OFF = "switch_place_notices_off"
    NOT_MY_CHILD = "not_my_child"


SPEAKS = (ManagementAction.GRANT, ManagementAction.REFUSE, ManagementAction.WITHDRAW)


class PageShiftOutput(serializers.Serializer):
    """`when` is for people, in their language and Paris time."""

    starts_at = InstantField()
    ends_at = InstantField()
    when = serializers.CharField()


class PageMissionOutput(serializers.Serializer):
    title = serializers.CharField()
    organization = serializers.CharField()
    where = serializers.CharField()
    shifts = PageShiftOutput(many=True)


class ConsentPageOutput(serializers.Serializer):
    """What a guardian reads behind the link that decides: what is agreed to, word for word, and the state.

    `missions` holds the one mission that is asked about, and nothing when it is all of them.
    """

    first_name = serializers.CharField()
    status = serializers.ChoiceField(choices=ConsentStatus.choices)
    text_version = serializers.CharField()
    opening = serializers.CharField()
    points = serializers.ListField(child=serializers.CharField())
    missions = PageMissionOutput(many=True)
    expires_at = InstantField()
    decided_at = InstantField(allow_null=True)


class ConsentDecisionInput(Input):
    decision = serializers.ChoiceField(choices=ConsentDecision.choices)


class PageConsentOutput(serializers.Serializer):
    """`missions` as in ConsentPage. `is_settled`: the school recorded a settlement, a no binds no more."""

    id = serializers.UUIDField()
    is_to_all = serializers.BooleanField()
    missions = PageMissionOutput(many=True)
    status = serializers.ChoiceField(choices=ConsentStatus.choices)
    decided_at = InstantField(allow_null=True)
    is_settled = serializers.BooleanField()
    can_grant = serializers.BooleanField()
    can_refuse = serializers.BooleanField()
    can_withdraw = serializers.BooleanField()


class PagePlaceOutput(PageShiftOutput):
    mission_title = serializers.CharField()
    organization = serializers.CharField()
    where = serializers.CharField()


class ManagementPageOutput(serializers.Serializer):
    """A guardian's page. `can_agree_to_all`: nobody asked for a consent to all missions yet, and it can be given."""

    first_name = serializers.CharField()
    is_ended = serializers.BooleanField()
    email = serializers.CharField()
    new_email = serializers.CharField()
    phone = serializers.CharField()
    wants_place_notices = serializers.BooleanField()
    text_version = serializers.CharField()
    opening = serializers.CharField()
    points = serializers.ListField(child=serializers.CharField())
    can_agree_to_all = serializers.BooleanField()
    consents = PageConsentOutput(many=True)
    places = PagePlaceOutput(many=True)


class ManagementInput(ActionInput):
    """`consent` goes with grant, refuse and withdraw (without it, the consent to all missions), `email` with
    change_address, `phone` with change_phone (empty: none)."""

    action = serializers.ChoiceField(choices=ManagementAction.choices)
    consent = StrictUUIDField(required=False)
    email = MailAddressField(required=False)
    phone = StrictCharField(max_length=40, allow_blank=True, required=False)

    needed = {ManagementAction.CHANGE_ADDRESS: {"email"}, ManagementAction.CHANGE_PHONE: {"phone"}}
    taken = {**needed, **{verb: {"consent"} for verb in SPEAKS}}


class ConsentOutput(Output):
    """A consent's state; the rest is null but for the student and the managers of their school.

    `has_bounced`: it waits for an answer, and mail to the guardian comes back; null to organisers.
    """

    mission = serializers.UUIDField(source="mission_id", allow_null=True)
    has_bounced = serializers.SerializerMethodField()
    guardian = serializers.SerializerMethodField()
    text_version = serializers.SerializerMethodField()
    asked_at = serializers.SerializerMethodField()
    expires_at = serializers.SerializerMethodField()
    decided_at = serializers.SerializerMethodField()
    is_settled = serializers.SerializerMethodField()

    class Meta:
        model = Consent
        fields = [
            "id",
            "student",
            "mission",
            "status",
            "has_bounced",
            "guardian",
            "text_version",
            "asked_at",
            "expires_at",
            "decided_at",
            "is_settled",
        ]

    @extend_schema_field(serializers.BooleanField(allow_null=True))
    def get_has_bounced(self, consent: Consent) -> bool | None:
        if not getattr(consent, "is_seen_at_school", False):
            return None
        return consent.status in UNDECIDED_CONSENT and consent.guardian.bounced_at is not None

    def _whole(self, consent: Consent, value: Any) -> Any:
        return value if getattr(consent, "is_seen_whole", False) else None

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_guardian(self, consent: Consent) -> Any:
        return self._whole(consent, consent.guardian_id)

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_text_version(self, consent: Consent) -> Any:
        return self._whole(consent, consent.text_version)

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_asked_at(self, consent: Consent) -> Any:
        return self._whole(consent, consent.asked_at)

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_expires_at(self, consent: Consent) -> Any:
        return self._whole(consent, consent.expires_at)

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_decided_at(self, consent: Consent) -> Any:
        return self._whole(consent, consent.decided_at)

    @extend_schema_field(serializers.BooleanField(allow_null=True))
    def get_is_settled(self, consent: Consent) -> Any:
        return self._whole(consent, consent.settled_at is not None)


class ConsentEventOutput(Output):
    """One move of a guardian's consent; `actor_name` is null where the guardian or time moved it."""

    mission = serializers.UUIDField(source="consent.mission_id", allow_null=True)
    actor_name = serializers.CharField(source="actor.full_name", allow_null=True, default=None)

    class Meta:
        model = ConsentEvent
        fields = ["id", "mission", "verb", "created_at", "text_version", "language", "actor_name", "note"]


class PaperInput(Input):
    signed_on = StrictDateField()
    note = StrictCharField(max_length=400, allow_blank=True, default="")


class SettlementInput(Input):
    note = StrictCharField(max_length=500)


class GuardianAddressInput(Input):
    email = MailAddressField()


class ReplacementInput(Input):
    """`accept_losses`: the student may lose the places that rest on this guardian's consent; without it, 409
    `would_lose` with `losses`."""

    email = MailAddressField()
    phone = StrictCharField(max_length=40, allow_blank=True, default="")
    accept_losses = StrictBooleanField(default=False)
