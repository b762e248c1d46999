"""Filters that several lists share. A wrong value is a 400 that names its parameter."""

import re
from decimal import Decimal
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field

from common.api.fields import TRUE_OR_FALSE
from common.errors import BadInput

DATE_PATTERN = "^2[0-9]{3}-[0-9]{2}-[0-9]{2}$"
LARGEST_RADIUS_KM = 100
DEFAULT_RADIUS_KM = 10
# As many decimals as the API itself gives of a coordinate: all that a double has.
POINT_PATTERN = (
    r"^-?([0-8]?[0-9](\.[0-9]{1,20})?|90(\.0{1,20})?)"
    r",-?((1[0-7][0-9]|[0-9]?[0-9])(\.[0-9]{1,20})?|180(\.0{1,20})?)$"
)


def parse_point(text: str) -> tuple[float, float]:
    """`latitude,longitude` in degrees (WGS 84); raises ValidationError."""
    if not re.fullmatch(POINT_PATTERN, text):
        sentence = _("latitude,longitude: two numbers, from -90 to 90 and from -180 to 180.")
        raise ValidationError(sentence, code="invalid")
    latitude, longitude = text.split(",")
    return float(latitude), float(longitude)


class StrictBooleanField(forms.CharField):
    """`true` or `false`; the framework's own takes anything else for "not asked"."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if text not in ("", "true", "false"):
            raise ValidationError(TRUE_OR_FALSE, code="invalid")
        return text == "true" if text else None


class StrictBooleanFilter(django_filters.BooleanFilter):
    field_class = StrictBooleanField


class PatternField(forms.CharField):
    """Text of one pattern, whole."""

    def __init__(self, *, pattern: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pattern = pattern

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if text and not re.fullmatch(self.pattern, text):
            raise ValidationError(_("This is not written as it is here: check each letter and digit."), code="invalid")
        return text


class PatternFilter(django_filters.CharFilter):
    field_class = PatternField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        described = {"type": "string", "pattern": f"^({self.extra['pattern']})$"}
        extend_schema_field({**described, "description": kwargs.get("label", "")})(self)


class StrictDateField(forms.CharField):
    """YYYY-MM-DD in ASCII digits, of this millennium: no day of it overflows a calendar."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            day = parse_date(text) if re.fullmatch(DATE_PATTERN, text) else None
        except ValueError:
            day = None
        if day is None:
            raise ValidationError(_("Send a date as YYYY-MM-DD, for example 2026-11-25."), code="invalid")
        return day


class DateFilter(django_filters.DateFilter):
    field_class = StrictDateField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        described = {"type": "string", "format": "date", "pattern": DATE_PATTERN}
        extend_schema_field({**described, "description": kwargs.get("label", "")})(self)


class ChoicesField(django_filters.fields.BaseCSVField):
    """Some of the choices, between commas; an empty one is a mistake."""

    def clean(self, value: Any) -> Any:
        if value and not all(value):
            raise ValidationError(_("Send values with commas between them."), code="invalid")
        return super().clean(value)


class ChoicesFilter(django_filters.BaseCSVFilter, django_filters.ChoiceFilter):
    """`a,b`: either."""

    base_field_class = ChoicesField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", kwargs.get("label", "Any of these, between commas."))
        super().__init__(*args, **kwargs)


def read_later(read: django_filters.Filter) -> django_filters.Filter:
    """A filter that is checked and does nothing alone: the set reads it together with others."""
    read.filter = lambda queryset, value: queryset
    return read


class PointField(forms.CharField):
    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return parse_point(text) if text else None


@extend_schema_field({"type": "string", "pattern": POINT_PATTERN})
class PointFilter(django_filters.Filter):
    field_class = PointField


class AskedFilterSet(django_filters.FilterSet):
    """Builds only the filters that are asked for: a form of twenty fields costs more than the query it checks.

    A filter that is not asked for is not in `cleaned_data`.
    """

    base_filters: dict[str, Any]

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        every = self.base_filters
        self.base_filters = {name: one for name, one in every.items() if data and name in data}
        super().__init__(data, *args, **kwargs)

    def is_only(self, *names: str) -> bool:
        """Whether nothing else is asked for."""
        return set(self.filters) <= set(names)


class NearFilterSet(django_filters.FilterSet):
    """`near=latitude,longitude` and `radius_km` (up to 100, 10 without)."""

    near = read_later(PointFilter())
    radius_km = extend_schema_field({"type": "number"})(
        read_later(django_filters.NumberFilter(min_value=Decimal("0.1"), max_value=LARGEST_RADIUS_KM))
    )

    def reach(self) -> tuple[tuple[float, float], float] | None:
        """The point and the radius in km, None when no point is asked for."""
        point, radius_km = self.form.cleaned_data.get("near"), self.form.cleaned_data.get("radius_km")
        return (point, float(radius_km or DEFAULT_RADIUS_KM)) if point else None

    def within_reach(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows in the radius, with their distance."""
        reach = self.reach()
        return queryset.near(*reach[0], reach[1]) if reach else queryset  # type: ignore[attr-defined]

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Raises BadInput (`radius_needs_near`) for a radius around nothing."""
        asked = self.form.cleaned_data
        if asked.get("radius_km") is not None and not asked.get("near"):
            said = _("Send %(name)s as well.")
            raise BadInput(code="radius_needs_near", fields={"radius_km": said % {"name": "near"}})
        return self.within_reach(super().filter_queryset(queryset))
