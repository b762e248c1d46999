"""What querysets of every app share: the way to a related model's rows, and nearness on the globe."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from django.db.models import F, FloatField, Q, QuerySet, Value
from django.db.models.functions import ASin, Cos, Greatest, Least, Power, Radians, Sin, Sqrt

EARTH_RADIUS_KM = 6371.0088
# A box is drawn this much wider than its circle, so that no rounding cuts it.
ROUNDING = 1 + 1e-9
# The numbers of a circle whose box does not cross the antimeridian (circle_around).
CIRCLE = (
    "here_latitude", "here_longitude", "here_cosine", "radius_km", "south", "north", "west", "east",
)  # fmt: skip


def related(queryset: QuerySet[Any], field: str) -> Any:
    """The manager of the model a foreign key points to, without importing it (querysets stand below models)."""
    return queryset.model._meta.get_field(field).related_model.objects


class NearnessQuerySet(QuerySet[Any]):
    """Rows with a `latitude` and a `longitude` in degrees (WGS 84), either both null or none."""

    def near(self, latitude: float, longitude: float, radius_km: float) -> NearnessQuerySet:
        """Rows within the radius, annotated with `distance_km` (great circle, haversine)."""
        circle = circle_around(latitude, longitude, radius_km)
        return self.within({name: Value(number, output_field=FloatField()) for name, number in circle.items()})

    def within(self, circle: dict[str, Any]) -> NearnessQuerySet:
        """Rows within a `circle_around`, its numbers as expressions: the box first, because an index answers it."""
        half = Value(0.5, output_field=FloatField())
        across = Power(Sin((Radians(F("longitude")) - circle["here_longitude"]) * half), 2)
        haversine = (
            Power(Sin((Radians(F("latitude")) - circle["here_latitude"]) * half), 2)
            + circle["here_cosine"] * Cos(Radians(F("latitude"))) * across
        )
        # Rounding may leave [0, 1] by a hair, where an arc sine has no value.
        inside = Least(Greatest(haversine, Value(0.0)), Value(1.0))
        distance = Value(2 * EARTH_RADIUS_KM) * ASin(Sqrt(inside))
        box = Q(latitude__range=(circle["south"], circle["north"]))
        sides = Q(longitude__range=(circle["west"], circle["east"]))
        if "far_west" in circle:
            sides |= Q(longitude__range=(circle["far_west"], circle["far_east"]))
        return self.filter(box, sides).annotate(distance_km=distance).filter(distance_km__lte=circle["radius_km"])


def circle_around(latitude: float, longitude: float, radius_km: float) -> dict[str, float]:
    """The numbers of a circle on the globe: its centre in radians, and the box in degrees that holds it.

    A degree of longitude shrinks with the cosine of the latitude, and ends at 180: a box that crosses the antimeridian
    goes on at its far side (`far_west`, `far_east`).
    """
    angle = radius_km / EARTH_RADIUS_KM * ROUNDING
    cosine = math.cos(math.radians(latitude))
    circle = {
        "here_latitude": math.radians(latitude),
        "here_longitude": math.radians(longitude),
        "here_cosine": cosine,
        "radius_km": radius_km,
        "south": latitude - math.degrees(angle),
        "north": latitude + math.degrees(angle),
        "west": -180.0,
        "east": 180.0,
    }
    reach = math.sin(angle) / max(1e-12, cosine)
    if circle["south"] <= -90 or circle["north"] >= 90 or reach >= 1:  # a pole is inside: every longitude is near
        return circle
    span = math.degrees(math.asin(reach)) * ROUNDING
    west, east = longitude - span, longitude + span
    circle |= {"west": max(west, -180.0), "east": min(east, 180.0)}
    if west < -180:
        circle |= {"far_west": west + 360, "far_east": 180.0}
    if east > 180:
        circle |= {"far_west": -180.0, "far_east": east - 360}
    return circle


def distance_km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """As `near` measures, for one pair of points in degrees."""
    here, there = math.radians(latitude), math.radians(other_latitude)
    across = math.sin((math.radians(other_longitude) - math.radians(longitude)) * 0.5) ** 2
    haversine = math.sin((there - here) * 0.5) ** 2 + math.cos(here) * math.cos(there) * across
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(max(haversine, 0.0), 1.0)))


def widening_radii(radius_km: float, from_km: float = 0.0) -> Iterator[float]:
    """Radii from a little over `from_km` up to `radius_km`: to find the nearest few, stop when they are there."""
    step_km = 1.0
    while from_km + step_km < radius_km:
        yield from_km + step_km
        step_km *= 3
    yield radius_km
