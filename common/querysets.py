"""What querysets of every app share: the way to a related model's rows, and nearness on the globe."""

from __future__ import annotations

import math
from typing import Any

from django.db.models import F, FloatField, Q, QuerySet, Value
from django.db.models.functions import ASin, Cos, Greatest, Least, Power, Radians, Sin, Sqrt

EARTH_RADIUS_KM = 6371.0088
KM_PER_DEGREE = math.pi * EARTH_RADIUS_KM / 180


def related(queryset: QuerySet[Any], field: str) -> Any:
    """The manager of the model a foreign key points to, without importing it (querysets stand below models)."""
    return queryset.model._meta.get_field(field).related_model.objects


class NearnessQuerySet(QuerySet[Any]):
    """Rows with a `latitude` and a `longitude` in degrees (WGS 84), either both null or none."""

    def near(self, latitude: float, longitude: float, radius_km: float) -> NearnessQuerySet:
        """Rows within the radius, annotated with `distance_km` (great circle, haversine).

        The box first, because an index answers it; a degree of longitude shrinks with the cosine of the latitude.
        """
        latitude_span = radius_km / KM_PER_DEGREE
        longitude_span = latitude_span / max(0.01, math.cos(math.radians(latitude)))
        box = Q(latitude__range=(latitude - latitude_span, latitude + latitude_span)) & Q(
            longitude__range=(longitude - longitude_span, longitude + longitude_span)
        )
        half = Value(0.5, output_field=FloatField())
        here_latitude = Value(math.radians(latitude), output_field=FloatField())
        here_longitude = Value(math.radians(longitude), output_field=FloatField())
        haversine = Power(Sin((Radians(F("latitude")) - here_latitude) * half), 2) + Value(
            math.cos(math.radians(latitude)), output_field=FloatField()
        ) * Cos(Radians(F("latitude"))) * Power(Sin((Radians(F("longitude")) - here_longitude) * half), 2)
        # Rounding may leave [0, 1] by a hair, where an arc sine has no value.
        inside = Least(Greatest(haversine, Value(0.0)), Value(1.0))
        distance = Value(2 * EARTH_RADIUS_KM) * ASin(Sqrt(inside))
        return self.filter(box).annotate(distance_km=distance).filter(distance_km__lte=radius_km)
