"""Shapes of the State's mission exchange (API Engagement v2), by its own names, and of partners' missions."""

from typing import Any

from rest_framework import serializers

from common.api.serializers import Output
from missions.models import Domain, ExchangeType, PartnerMission, Remote


class ExchangeLocationOutput(serializers.Serializer):
    lat = serializers.FloatField()
    lon = serializers.FloatField()


class ExchangeAddressOutput(serializers.Serializer):
    street = serializers.CharField()
    postalCode = serializers.CharField()
    city = serializers.CharField()
    departmentCode = serializers.CharField()
    departmentName = serializers.CharField()
    region = serializers.CharField()
    country = serializers.CharField()
    location = ExchangeLocationOutput(allow_null=True)


class ExchangeMissionOutput(serializers.Serializer):
    """One of our missions as API Engagement v2 has it: what is not known is not there, for it takes no null."""

    clientId = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    applicationUrl = serializers.CharField()
    image = serializers.CharField(required=False)
    type = serializers.ChoiceField(choices=ExchangeType.choices)
    domain = serializers.ChoiceField(choices=Domain.choices)
    activities = serializers.ListField(child=serializers.CharField())
    tags = serializers.ListField(child=serializers.CharField())
    tasks = serializers.ListField(child=serializers.CharField())
    audience = serializers.ListField(child=serializers.CharField())
    requirements = serializers.ListField(child=serializers.CharField())
    softSkills = serializers.ListField(child=serializers.CharField())
    remote = serializers.ChoiceField(choices=Remote.choices)
    schedule = serializers.CharField()
    startAt = serializers.CharField()
    endAt = serializers.CharField()
    postedAt = serializers.CharField()
    places = serializers.IntegerField(min_value=1)
    openToMinors = serializers.BooleanField()
    addresses = ExchangeAddressOutput(many=True)
    organizationClientId = serializers.CharField()
    organizationName = serializers.CharField()
    organizationRNA = serializers.CharField()
    organizationSiren = serializers.CharField()
    organizationSiret = serializers.CharField()
    organizationDescription = serializers.CharField()
    organizationUrl = serializers.CharField()


class PartnerFactsOutput(ExchangeMissionOutput):
    """What a partner's feed says, checked: null is what it does not say."""

    image = serializers.CharField()
    startAt = serializers.CharField(allow_null=True)
    endAt = serializers.CharField(allow_null=True)
    postedAt = serializers.CharField(allow_null=True)
    openToMinors = serializers.BooleanField(allow_null=True)
    reducedMobilityAccessible = serializers.BooleanField(allow_null=True)
    closeToTransport = serializers.BooleanField(allow_null=True)
    publisherName = serializers.CharField()

    def to_representation(self, facts: Any) -> dict[str, Any]:
        """A mission taken in before these two were read does not say them."""
        return super().to_representation({"image": "", "publisherName": "", **facts})


class PartnerMissionOutput(Output):
    """A partner's mission, with all that its feed says; `distance_km` where `near` was asked."""

    facts = PartnerFactsOutput()
    distance_km = serializers.FloatField(read_only=True, allow_null=True, default=None)

    class Meta:
        model = PartnerMission
        fields = ["id", "publisher", "department_code", "opens_to_minors", "received_at", "facts", "distance_km"]


class CalendarOutput(serializers.Serializer):
    """The secret address, null when there is none. Whoever has it reads the person's places."""

    url = serializers.CharField(allow_null=True)
