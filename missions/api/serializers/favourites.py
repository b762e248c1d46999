"""Shapes of favourites."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.serializers import Output
from missions.api.serializers.missions import ShiftOutput
from missions.models import Favourite


class FavouriteOutput(Output):
    """What a list of favourites shows; `id` is the mission's, where the rest is read.

    Of a mission that left the feed (`is_listed` is false) only the title remains, as it was when it was kept.
    """

    id = serializers.UUIDField(source="mission_id")
    title = serializers.SerializerMethodField()
    organization_name = serializers.CharField(source="listed_mission.organization.name", default="")
    city = serializers.CharField(source="listed_mission.city", default="")
    is_listed = serializers.SerializerMethodField()
    next_shifts = ShiftOutput(source="listed_mission.next_shifts", many=True, default=[])

    class Meta:
        model = Favourite
        fields = ["id", "title", "organization_name", "city", "is_listed", "next_shifts", "created_at"]

    @extend_schema_field(str)
    def get_title(self, favourite: Favourite) -> str:
        mission = favourite.listed_mission  # type: ignore[attr-defined]
        return mission.title if mission else favourite.title

    @extend_schema_field(bool)
    def get_is_listed(self, favourite: Favourite) -> bool:
        return favourite.listed_mission is not None  # type: ignore[attr-defined]
