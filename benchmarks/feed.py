"""The list of missions: the plain feed against floor, ceiling and twin; then near, search and the other orders."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.urls import path
from django.utils import timezone
from rest_framework import serializers
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import AllowAny
from rest_framework.viewsets import ModelViewSet

from accounts.models import User
from benchmarks.harness import Bench, Call, application, bearer, ensure_same, in_process, on
from benchmarks.references import EMPTY_SIGNED_IN, Ceiling, floor
from common.api.permissions import IsSignedIn
from common.text import excerpt_of
from missions.models import Mission, Shift
from missions.states import MissionStatus, ShiftStatus
from organizations.models import Organization
from organizations.states import OrganizationStatus

FEED = "/api/v1/missions/"
CEILING, CEILING_SIGNED_IN = "/api/bench/feed-ceiling/", "/api/bench/feed-ceiling-signed-in/"
TWIN, TWIN_SIGNED_IN = "/api/bench/feed-twin/", "/api/bench/feed-twin-signed-in/"
INSTANT = 'YYYY-MM-DD"T"HH24:MI:SS'
SQL = f"""
SELECT json_build_object('next', NULL, 'previous', NULL, 'results', json_agg(row_to_json(page)))::text FROM (
  SELECT m.id, json_build_object('id', o.id, 'name', o.name, 'kind', o.kind) AS organization, m.title,
    CASE WHEN length(m.description) <= 300 THEN m.description
      ELSE regexp_replace(left(m.description, 300), ' [^ ]*$', '…') END AS excerpt,
    m.domain, m.activities, NULL AS image_url, NULL AS image, m.address, m.postal_code, m.city, m.commune_code,
    m.department_code, m.latitude, m.longitude, m.is_remote, m.min_age, m.requirements, m.audience, m.sign_up_mode,
    m.status, m.review_reason, to_char(m.published_at AT TIME ZONE 'UTC', '{INSTANT}.US"Z"') AS published_at,
    m.version,
    COALESCE((
      SELECT json_agg(json_build_object(
        'id', s.id, 'mission', s.mission_id, 'starts_at', to_char(s.starts_at AT TIME ZONE 'UTC', '{INSTANT}"Z"'),
        'ends_at', to_char(s.ends_at AT TIME ZONE 'UTC', '{INSTANT}"Z"'), 'capacity', s.capacity,
        'minimum', s.minimum, 'places_left', s.capacity - s.taken_count, 'status', s.status,
        'cancel_reason', s.cancel_reason, 'version', s.version
      ) ORDER BY s.starts_at, s.id)
      FROM {Shift._meta.db_table} s WHERE s.mission_id = m.id AND s.ends_at > now() AND s.status = 'scheduled'
    ), '[]') AS next_shifts, NULL AS distance_km
  FROM {Mission._meta.db_table} m JOIN {Organization._meta.db_table} o ON o.id = m.organization_id
  WHERE m.status = 'published' AND o.status IN ('verified', 'trusted') ORDER BY m.id DESC LIMIT 20
) page
"""  # noqa: S608


class TwinOrganizationSerializer(serializers.ModelSerializer):
    class Meta:
        model = Organization
        fields = ["id", "name", "kind"]


class TwinShiftSerializer(serializers.ModelSerializer):
    places_left = serializers.SerializerMethodField()

    class Meta:
        model = Shift
        fields = [
            "id", "mission", "starts_at", "ends_at", "capacity", "minimum", "places_left", "status", "cancel_reason",
            "version",
        ]  # fmt: skip

    def get_places_left(self, shift: Shift) -> int:
        return shift.capacity - shift.taken_count


class TwinSerializer(serializers.ModelSerializer):
    organization = TwinOrganizationSerializer()
    excerpt = serializers.SerializerMethodField()
    image_url = serializers.SerializerMethodField()
    image = serializers.SerializerMethodField()
    next_shifts = TwinShiftSerializer(many=True)
    distance_km = serializers.FloatField(default=None)

    class Meta:
        model = Mission
        fields = [
            "id", "organization", "title", "excerpt", "domain", "activities", "image_url", "image", "address",
            "postal_code", "city", "commune_code", "department_code", "latitude", "longitude", "is_remote", "min_age",
            "requirements", "audience", "sign_up_mode", "status", "review_reason", "published_at", "version",
            "next_shifts", "distance_km",
        ]  # fmt: skip

    def get_excerpt(self, mission: Mission) -> str:
        return excerpt_of(mission.description)

    def get_image_url(self, mission: Mission) -> str | None:
        return mission.image or None

    def get_image(self, mission: Mission) -> dict[str, str] | None:
        return {"thumbnail": mission.image, "card": mission.image} if mission.image else None


class TwinPagination(CursorPagination):
    ordering = "-id"
    page_size = 20


class TwinViewSet(ModelViewSet):
    serializer_class = TwinSerializer
    pagination_class = TwinPagination
    permission_classes = [AllowAny]

    def get_queryset(self) -> QuerySet[Mission]:
        shifts = Shift.objects.filter(status=ShiftStatus.SCHEDULED, ends_at__gt=timezone.now())
        return (
            Mission.objects.filter(
                status=MissionStatus.PUBLISHED,
                organization__status__in=[OrganizationStatus.VERIFIED, OrganizationStatus.TRUSTED],
            )
            .select_related("organization")
            .prefetch_related(Prefetch("shifts", shifts.order_by("starts_at", "id"), to_attr="next_shifts"))
        )


urlpatterns = [
    path(CEILING[1:], Ceiling.as_view(sql=SQL)),
    path(CEILING_SIGNED_IN[1:], Ceiling.as_view(sql=SQL, permission_classes=[IsSignedIn])),
    path(TWIN[1:], TwinViewSet.as_view({"get": "list"})),
    path(TWIN_SIGNED_IN[1:], TwinViewSet.as_view({"get": "list"}, permission_classes=[IsSignedIn])),
]


def run() -> Iterator[Bench]:
    """The feed for everybody and for a signed-in person; then what is found, in times of the feed."""
    app = application()
    headers, small_headers = _bearer(), on("small", _bearer)()
    empty = in_process(app, EMPTY_SIGNED_IN, headers=headers)
    bench = _feed(app, "anonymous", {}, {}, empty, CEILING, TWIN)
    bench.at_least(0.55, "feed", of="floor")
    yield bench
    bench = _feed(app, "signed in", headers, small_headers, empty, CEILING_SIGNED_IN, TWIN_SIGNED_IN)
    bench.at_least(0.45, "feed", of="floor")
    bench.at_least(0.6, "not modified", of="empty signed-in view")
    yield bench
    yield _finding(app)


def _bearer() -> Any:
    return bearer(User.objects.order_by("pk").first())


def _feed(app: Any, who: str, headers: Any, small_headers: Any, empty: Call, ceiling: str, twin: str) -> Bench:
    calls = {
        "floor": in_process(floor(SQL), "/"),
        "prepared floor": in_process(floor(SQL, is_prepared=True), "/"),
        "ceiling": in_process(app, ceiling, headers=headers),
        "twin": in_process(app, twin, headers=headers),
        "feed": in_process(app, FEED, headers=headers),
    }
    ensure_same(calls.values(), rows=lambda body: body["results"])
    seen = calls["feed"]()
    later = seen.json()["next"].removeprefix("https://localhost")
    calls |= {
        "a later page": in_process(app, later, headers=headers),
        "feed, a hundredth": on("small", in_process(app, FEED, headers=small_headers)),
        "not modified": in_process(app, FEED, headers={**headers, "If-None-Match": seen.headers["ETag"]}),
        "empty signed-in view": empty,
    }
    bench = Bench(f"Mission feed, {who}", calls)
    bench.at_least(3, "feed", of="twin")
    bench.tell("feed", of="ceiling")
    bench.tell("feed", of="prepared floor")
    bench.at_most(1.2, "feed", of="feed, a hundredth")
    bench.at_most(1.2, "a later page", of="feed")
    return bench


# By name: what is asked, and how many times the feed it may take; None is told only. The same for its growth.
FINDING: dict[str, tuple[str, float | None, float | None]] = {
    "near, 5 km": ("near=48.6,2.3&radius_km=5", 2.5, 1.5),
    "near, 50 km": ("near=48.6,2.3&radius_km=50", 2.5, 1.5),
    "near, 50 km, a dense corner": ("near=48.1,1.4&radius_km=50", 2.5, 1.5),
    "search, a word of every mission": ("q=benevole", 2.5, 1.5),
    "search, a word of some": ("q=maraude", 2.5, 1.5),
    "search, two words": ("q=benevole+secours", 2.5, 1.5),
    "search, a rare pair": ("q=visiter+jardin", 2.5, 1.5),
    "search, no hit": ("q=introuvable", 2.5, 1.5),
    "relevance, a word of every mission": ("q=benevole&sort=relevance", 6, 1.5),
    "relevance, two words": ("q=premiers+secours&sort=relevance", 6, 1.5),
    "soonest": ("sort=soonest", 8, None),
    "most needed": ("sort=most_needed", 8, None),
    "weekend with places": ("weekday=saturday,sunday&has_places=true", 8, None),
    "sport in a department": ("domain=sport&department_code=94", None, None),
}


def _finding(app: Any) -> Bench:
    calls = {name: in_process(app, f"{FEED}?{query}") for name, (query, *_reaches) in FINDING.items()}
    small = {f"{name}, a hundredth": on("small", call) for name, call in calls.items()}
    bench = Bench("Finding missions", {"feed": in_process(app, FEED), **calls, **small}, rounds=15)
    for name, (_query, times, growth) in FINDING.items():
        for most, other in ((times, "feed"), (growth, f"{name}, a hundredth")):
            if most is None:
                bench.tell(name, of=other)
            else:
                bench.at_most(most, name, of=other)
    return bench
