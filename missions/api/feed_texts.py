"""The SQL texts of the missions' feed on PostgreSQL: a page of it, whether a page is still the same, and the nearest.

Each stands for a queryset of missions.api.feed or missions.api.finding, which answers elsewhere.
"""

from functools import cache

from common.api.rows import RowShape
from common.querysets import CIRCLE, EARTH_RADIUS_KM
from common.sql import SqlText
from common.text import EXCERPT_READ
from missions.api.serializers import MissionOutput, ShiftOutput
from missions.states import MissionStatus, ShiftStatus
from organizations.states import OPEN_ORGANIZATION

MISSION = RowShape(MissionOutput, given=["excerpt", "image_url", "image", "next_shifts", "distance_km"])
SHIFT = RowShape(ShiftOutput, given=["places_left"])

_MISSION_COLUMNS = ", ".join(
    name.replace("organization__", "organization.") if "__" in name else f"mission.{name}" for name in MISSION.columns
)
_SHIFT_COLUMNS = ", ".join(f"shift.{name}_id" if name == "mission" else f"shift.{name}" for name in SHIFT.columns)
_FROM = """FROM missions_mission mission
        JOIN organizations_organization organization ON organization.id = mission.organization_id"""
_LISTED = f"""mission.status = '{MissionStatus.PUBLISHED}' AND NOT mission.awaits_shift
        AND organization.status IN ({", ".join(f"'{status}'" for status in sorted(OPEN_ORGANIZATION))})"""
_NEXT_SHIFTS = f"""FROM missions_shift shift
        WHERE shift.mission_id = mission.id AND shift.status = '{ShiftStatus.SCHEDULED}' AND shift.ends_at > %(now)s"""
_IS_ORGANIZER = """EXISTS (
            SELECT FROM organizations_organizationmembership membership
            WHERE membership.person_id = %(person)s AND membership.status = 'active')"""

# As JSON, which Python reads faster than columns: the mission, how its description begins, its image, its shifts (the
# last of each, xmin, is another after every write of the row, whoever writes). Then xmin of the mission and of its
# organisation.
_WHOLE = f"""json_build_array({_MISSION_COLUMNS}, left(mission.description, {EXCERPT_READ}), mission.image, (
        SELECT json_agg(json_build_array({_SHIFT_COLUMNS}, shift.taken_count, shift.xmin::text)
                        ORDER BY shift.starts_at, shift.id)
        {_NEXT_SHIFTS}))::text,
    mission.xmin::text, organization.xmin::text"""
# What `feed.stamps_of` makes of the same in Python.
_STAMPS = f"""concat_ws('|', mission.id, mission.xmin::text, organization.xmin::text, (
        SELECT string_agg(shift.id || ':' || shift.xmin::text, ',' ORDER BY shift.id) {_NEXT_SHIFTS}))"""

BY_IDS = SqlText(
    f"SELECT {_WHOLE} {_FROM} WHERE mission.id = ANY(%(ids)s)",
    types={"ids": "uuid[]", "now": "timestamptz"},
    plan="elan_missions_by_ids",
)


def _page(selected: str, plan: str, limit: int) -> SqlText:
    """Of the feed, newest first from a mission's id on, with whether the person runs missions. The limit is part of
    the text, so that it is planned for few rows."""
    return SqlText(
        f"""
        SELECT {_IS_ORGANIZER}, {selected} {_FROM}
        WHERE {_LISTED} AND mission.id < %(before)s ORDER BY mission.id DESC LIMIT {limit}
        """,
        types={"person": "uuid", "before": "uuid", "now": "timestamptz"},
        plan=f"{plan}_{limit}",
    )


@cache
def newest(limit: int) -> SqlText:
    """A page of the feed: `is_organizer` and the columns of `BY_IDS`."""
    return _page(_WHOLE, "elan_feed", limit)


@cache
def newest_stamps(limit: int) -> SqlText:
    """The same page as `is_organizer` and a text for each mission that changes when it, its organisation or its next
    shifts do."""
    return _page(_STAMPS, "elan_feed_stamps", limit)


@cache
def nearest(limit: int) -> SqlText:
    """Of the feed within a circle (common.querysets.circle_around): `distance_km` and id, from such a pair on."""
    across = "power(sin((radians(mission.longitude) - %(here_longitude)s) * 0.5), 2)"
    haversine = f"""power(sin((radians(mission.latitude) - %(here_latitude)s) * 0.5), 2)
                + %(here_cosine)s * cos(radians(mission.latitude)) * {across}"""
    return SqlText(
        f"""
        SELECT distance_km, id FROM (
            SELECT mission.id, {2 * EARTH_RADIUS_KM} * asin(sqrt(least(greatest({haversine}, 0.0), 1.0))) AS distance_km
            {_FROM}
            WHERE {_LISTED} AND mission.latitude BETWEEN %(south)s AND %(north)s
                AND mission.longitude BETWEEN %(west)s AND %(east)s
        ) AS near
        WHERE distance_km <= %(radius_km)s AND (distance_km, id) > (%(last_km)s, %(last_id)s)
        ORDER BY distance_km, id LIMIT {limit}
        """,
        types={**dict.fromkeys(CIRCLE, "float8"), "last_km": "float8", "last_id": "uuid"},
        plan=f"elan_nearest_{limit}",
    )
