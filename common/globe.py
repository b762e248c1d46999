"""Distances on the globe, in Python; common.querysets says the same in SQL."""

import math

from common.querysets import EARTH_RADIUS_KM


def distance_km(from_latitude: float, from_longitude: float, to_latitude: float, to_longitude: float) -> float:
    """The great circle between two points given in degrees (WGS 84), in km (haversine)."""
    first, last = math.radians(from_latitude), math.radians(to_latitude)
    half = math.sin((last - first) / 2) ** 2
    half += math.cos(first) * math.cos(last) * math.sin(math.radians(to_longitude - from_longitude) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, half)))
