"""Shapes of missions and shifts."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.fields import (
    InstantField,
    LineField,
    StrictBooleanField,
    StrictCharField,
    StrictDateField,
    StrictFloatField,
    StrictIntegerField,
    StrictListField,
    StrictUUIDField,
    whole,
)
from common.api.images import PictureOutput, PictureQuery, ThumbnailsOutput, picture_facts, thumbnails
from common.api.serializers import Input, Output
from common.territory import COMMUNE_CODE, DEPARTMENT_CODE
from common.text import excerpt_of
from missions.api.serializers.mine import MissionMineOutput, ShiftMineOutput
from missions.api.serializers.qualifications import RequirementsField
from missions.models import Audience, Domain, Mission, MissionRevision, QualificationKind, Shift
from missions.publication import image_url_of, picture_address
from organizations.api.serializers import OrganizationBriefOutput
from organizations.models import SignUpMode

POSTAL_CODE = "[0-9]{5}"


def thumbnails_of(mission_id: object, image: str) -> dict[str, str] | None:
    """The addresses of a mission's picture in lists, None when it has none."""
    return thumbnails(picture_address(mission_id, image)) if image else None


class MissionInput(Input):
    organization = StrictUUIDField()
    title = LineField(max_length=120)
    description = StrictCharField(max_length=20_000)
    domain = serializers.ChoiceField(choices=Domain.choices)
    activities = StrictListField(child=LineField(max_length=80), max_length=20, default=list)
    beneficiaries = StrictListField(
        child=LineField(max_length=80),
        max_length=10,
        default=list,
        help_text="The people who are helped, as the State's exchange asks: not those who may come.",
    )
    address = LineField(max_length=200, allow_blank=True, default="")
    postal_code = StrictCharField(max_length=5, allow_blank=True, default="", validators=[whole(POSTAL_CODE)])
    city = LineField(max_length=100, allow_blank=True, default="")
    commune_code = StrictCharField(max_length=5, allow_blank=True, default="", validators=[whole(COMMUNE_CODE)])
    department_code = StrictCharField(
        max_length=3, allow_blank=True, default="", validators=[whole(DEPARTMENT_CODE)]
    )
    latitude = StrictFloatField(min_value=-90, max_value=90, allow_null=True, default=None)
    longitude = StrictFloatField(min_value=-180, max_value=180, allow_null=True, default=None)
    is_remote = StrictBooleanField(default=False)
    min_age = StrictIntegerField(min_value=0, max_value=99, default=0)
    requirements = RequirementsField(default=list)
    audience = serializers.ChoiceField(choices=Audience.choices, default=Audience.BOTH)
    sign_up_mode = serializers.ChoiceField(choices=SignUpMode.choices, required=False)
    contact = LineField(max_length=200, allow_blank=True, default="")


ACCEPT_LOSSES = (
    "Send true to go on although people lose their place by it, after a 409 `would_lose` that says who and why."
)


class MissionEditInput(MissionInput):
    organization = None  # type: ignore[assignment]
    accept_losses = StrictBooleanField(default=False, help_text=ACCEPT_LOSSES)


class MissionImageQuery(PictureQuery):
    """Which picture, and in which size."""

    picture = StrictCharField(max_length=12, required=False)


class ShiftOutput(Output):
    places_left = serializers.SerializerMethodField()

    class Meta:
        model = Shift
        fields = [
            "id",
            "mission",
            "starts_at",
            "ends_at",
            "capacity",
            "minimum",
            "places_left",
            "status",
            "cancel_reason",
            "version",
        ]

    @extend_schema_field(int)
    def get_places_left(self, shift: Shift) -> int:
        return shift.capacity - shift.taken_count


class ShiftDetailOutput(ShiftOutput):
    """One shift alone, with what it is to the person who reads it."""

    mine = ShiftMineOutput(allow_null=True)

    class Meta(ShiftOutput.Meta):
        fields = [*ShiftOutput.Meta.fields, "mine"]


class MissionOutput(Output):
    """In lists: the beginning of the description, and no `contact`, which people read with their accepted sign-up."""

    organization = OrganizationBriefOutput()
    requirements = serializers.ListField(child=serializers.ChoiceField(choices=QualificationKind.choices))
    activities = serializers.ListField(child=serializers.CharField())
    excerpt = serializers.SerializerMethodField()
    image_url = serializers.SerializerMethodField()
    image = serializers.SerializerMethodField()
    next_shifts = ShiftOutput(many=True)
    distance_km = serializers.FloatField(read_only=True, allow_null=True, default=None)

    class Meta:
        model = Mission
        fields = [
            "id",
            "organization",
            "title",
            "excerpt",
            "domain",
            "activities",
            "image_url",
            "image",
            "address",
            "postal_code",
            "city",
            "commune_code",
            "department_code",
            "latitude",
            "longitude",
            "is_remote",
            "min_age",
            "requirements",
            "audience",
            "sign_up_mode",
            "status",
            "review_reason",
            "published_at",
            "version",
            "next_shifts",
            "distance_km",
        ]

    def get_excerpt(self, mission: Mission) -> str:
        return excerpt_of(mission.description)

    @extend_schema_field({"type": "string", "format": "uri", "nullable": True})
    def get_image_url(self, mission: Mission) -> str | None:
        return image_url_of(mission.pk, mission.image)

    @extend_schema_field(ThumbnailsOutput(allow_null=True))
    def get_image(self, mission: Mission) -> dict[str, Any] | None:
        return thumbnails_of(mission.pk, mission.image)


class MissionDetailOutput(MissionOutput):
    """One mission alone, its description whole; `contact` and `waiting_revision` are for those who run it and the
    region, else null."""

    excerpt = None  # type: ignore[assignment]
    image = serializers.SerializerMethodField()
    beneficiaries = serializers.ListField(child=serializers.CharField())
    contact = serializers.CharField(source="own_contact", allow_null=True, default=None)
    waiting_revision = serializers.UUIDField(allow_null=True, default=None)
    mine = MissionMineOutput(allow_null=True)

    class Meta(MissionOutput.Meta):
        fields = [
            *("description" if name == "excerpt" else name for name in MissionOutput.Meta.fields),
            "beneficiaries",
            "ended_at",
            "cancel_reason",
            "contact",
            "waiting_revision",
            "mine",
        ]

    @extend_schema_field(PictureOutput(allow_null=True))
    def get_image(self, mission: Mission) -> dict[str, Any] | None:
        return picture_facts(picture_address(mission.pk, mission.image), mission.image) if mission.image else None


class MissionChangesOutput(serializers.Serializer):
    """Each field that is to change, with its new value."""

    title = serializers.CharField(required=False)
    description = serializers.CharField(required=False)
    address = serializers.CharField(required=False)
    postal_code = serializers.CharField(required=False)
    city = serializers.CharField(required=False)
    commune_code = serializers.CharField(required=False)
    department_code = serializers.CharField(required=False)
    latitude = serializers.FloatField(required=False, allow_null=True)
    longitude = serializers.FloatField(required=False, allow_null=True)
    is_remote = serializers.BooleanField(required=False)
    min_age = serializers.IntegerField(required=False)
    requirements = serializers.ListField(
        child=serializers.ChoiceField(choices=QualificationKind.choices), required=False
    )

    def to_representation(self, changes: dict[str, Any]) -> dict[str, Any]:
        """A field that stays is not there; one that becomes empty is null."""
        return {name: value for name, value in super().to_representation(changes).items() if name in changes}


class MissionRevisionOutput(Output):
    changes = MissionChangesOutput()

    class Meta:
        model = MissionRevision
        fields = ["id", "mission", "changes", "status", "reason", "created_at", "decided_at"]


class ShiftInput(Input):
    mission = StrictUUIDField()
    starts_at = InstantField()
    ends_at = InstantField()
    capacity = StrictIntegerField(min_value=1, max_value=500)
    minimum = StrictIntegerField(min_value=1, max_value=500, allow_null=True, default=None)
    weekly_until = StrictDateField(allow_null=True, default=None)


class ShiftEditInput(Input):
    starts_at = InstantField()
    ends_at = InstantField()
    capacity = StrictIntegerField(min_value=1, max_value=500)
    minimum = StrictIntegerField(min_value=1, max_value=500, allow_null=True, default=None)
    accept_losses = StrictBooleanField(default=False, help_text=ACCEPT_LOSSES)


class ShiftCopyInput(Input):
    starts_at = InstantField()
    weekly_until = StrictDateField(allow_null=True, default=None)


class ShiftSeriesOutput(ShiftOutput):
    """The first of the shifts that were made, and those of the weeks after it."""

    repeats = ShiftOutput(many=True)

    class Meta(ShiftOutput.Meta):
        fields = [*ShiftOutput.Meta.fields, "repeats"]
