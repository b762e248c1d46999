"""Shapes of a school's rules for one year."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.fields import (
    NameField,
    StrictBooleanField,
    StrictDateField,
    StrictIntegerField,
    StrictListField,
    StrictUUIDField,
)
from common.api.serializers import Input, Output
from engagement.models import EngagementOption
from engagement.states import AutomaticApproval
from missions.models import Domain

MOST_MINUTES = 60_000


class DomainCapInput(Input):
    domain = serializers.ChoiceField(choices=Domain.choices)
    minutes = StrictIntegerField(min_value=0, max_value=MOST_MINUTES)


class DomainCapOutput(serializers.Serializer):
    domain = serializers.ChoiceField(choices=Domain.choices)
    minutes = serializers.IntegerField()


class DomainCapsField(StrictListField):
    """A list of domains and minutes; kept as minutes by domain, each domain once."""

    default_error_messages = {"domain_twice": _("A domain stands twice: keep it once.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=DomainCapInput(), max_length=len(Domain), **kwargs)

    def run_child_validation(self, data: Any) -> Any:
        """Each cap is whole, also in a PATCH, where what is left out of the body itself stays as it is."""
        if not isinstance(data, list):
            return super().run_child_validation(data)
        caps = [DomainCapInput(data=cap) for cap in data]
        if not all([cap.is_valid() for cap in caps]):
            errors: dict[Any, Any] = {number: cap.errors for number, cap in enumerate(caps) if cap.errors}
            raise serializers.ValidationError(errors)
        return [cap.validated_data for cap in caps]

    def to_internal_value(self, data: Any) -> dict[str, int]:  # type: ignore[override]
        caps = super().to_internal_value(data)
        by_domain = {cap["domain"]: cap["minutes"] for cap in caps}
        if len(by_domain) < len(caps):
            self.fail("domain_twice")
        return by_domain


class EngagementOptionEditInput(Input):
    """`head_name` stands on the year's certificates: given only once the head has agreed to it for this year."""

    target_minutes = StrictIntegerField(min_value=1, max_value=MOST_MINUTES)
    automatic_approval = serializers.ChoiceField(choices=AutomaticApproval.choices)
    domain_caps = DomainCapsField()
    is_attestation_required = StrictBooleanField()
    counts_before_enrolment = StrictBooleanField()
    deadline_on = StrictDateField(allow_null=True)
    head_name = NameField(max_length=120, allow_blank=True)


class EngagementOptionInput(Input):
    """As the edit; what is not given is the region's default."""

    school = StrictUUIDField()
    target_minutes = StrictIntegerField(min_value=1, max_value=MOST_MINUTES)
    automatic_approval = serializers.ChoiceField(choices=AutomaticApproval.choices, required=False)
    domain_caps = DomainCapsField(required=False)
    is_attestation_required = StrictBooleanField(required=False)
    counts_before_enrolment = StrictBooleanField(required=False)
    deadline_on = StrictDateField(allow_null=True, required=False)
    head_name = NameField(max_length=120, allow_blank=True, required=False)


class EngagementOptionOutput(Output):
    school_year_label = serializers.CharField(source="school_year.label")
    domain_caps = serializers.SerializerMethodField()

    class Meta:
        model = EngagementOption
        fields = [
            "id",
            "school",
            "school_year",
            "school_year_label",
            "target_minutes",
            "automatic_approval",
            "domain_caps",
            "is_attestation_required",
            "counts_before_enrolment",
            "deadline_on",
            "head_name",
            "version",
        ]

    @extend_schema_field(DomainCapOutput(many=True))
    def get_domain_caps(self, option: EngagementOption) -> list[dict[str, Any]]:
        return [{"domain": domain, "minutes": minutes} for domain, minutes in sorted(option.domain_caps.items())]
