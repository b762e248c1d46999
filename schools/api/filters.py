"""How the directory of schools is searched."""

from typing import Any

import django_filters
from django.db.models import QuerySet

from common.api.filters import NearFilterSet, PatternFilter
from common.territory import DEPARTMENT_CODE
from schools.models import School


class SchoolFilter(NearFilterSet):
    """By text (name, commune, postal code, UAI), department and nearness."""

    q = django_filters.CharFilter(method="search", max_length=100)
    department_code = PatternFilter(pattern=DEPARTMENT_CODE)

    class Meta:
        model = School
        fields: list[str] = []

    def search(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.matching(value)  # type: ignore[attr-defined]
