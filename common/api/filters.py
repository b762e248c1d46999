"""Filters that several lists share. A wrong value is a 400 that names its parameter."""

import math
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

LARGEST_RADIUS_KM = 100
DEFAULT_RADIUS_KM = 10


def parse_point(text: str) -> tuple[float, float]:
    """`latitude,longitude` in degrees (WGS 84); raises ValidationError."""
    try:
        latitude, longitude = (float(part) for part in text.split(","))
    except ValueError as error:
        raise ValidationError(_("Two numbers: latitude,longitude."), code="invalid") from error
    sound = math.isfinite(latitude) and math.isfinite(longitude) and text.isascii()
    if not (sound and abs(latitude) <= 90 and abs(longitude) <= 180):
        raise ValidationError(_("Latitude is from -90 to 90, longitude from -180 to 180."), code="invalid")
    return latitude, longitude


class StrictBooleanField(forms.CharField):
    """`true` or `false`; the framework's own takes anything else for "not asked"."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if text not in ("", "true", "false"):
            raise ValidationError(_("true or false."), code="invalid")
        return text == "true" if text else None


class StrictBooleanFilter(django_filters.BooleanFilter):
    field_class = StrictBooleanField


class PointField(forms.CharField):
    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return parse_point(text) if text else None


class PointFilter(django_filters.Filter):
    field_class = PointField


class NearFilterSet(django_filters.FilterSet):
    """`near=latitude,longitude` and `radius_km` (up to 100, 10 without)."""

    near = PointFilter(method="nothing_alone", label="latitude,longitude")
    radius_km = django_filters.NumberFilter(
        method="nothing_alone", min_value=0.1, max_value=LARGEST_RADIUS_KM, label="Needs near."
    )

    def nothing_alone(self, queryset: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        """Both are applied together in filter_queryset."""
        return queryset

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        queryset = super().filter_queryset(queryset)
        point = self.form.cleaned_data.get("near")
        if point:
            radius_km = float(self.form.cleaned_data.get("radius_km") or DEFAULT_RADIUS_KM)
            queryset = queryset.near(*point, radius_km)  # type: ignore[attr-defined]
        return queryset
