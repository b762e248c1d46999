"""How missions are found."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone

from common.api.filters import NearFilterSet, StrictBooleanFilter
from missions.models import Domain, Mission, Shift
from missions.states import AttendanceStatus, MissionStatus, SignUpStatus


class MissionFilter(NearFilterSet):
    """By nearness, domain, organisation, and whether a place is left on a shift to come."""

    domain = django_filters.ChoiceFilter(choices=Domain.choices)
    organization = django_filters.UUIDFilter(field_name="organization_id")
    status = django_filters.ChoiceFilter(choices=MissionStatus.choices)
    is_remote = StrictBooleanFilter()
    has_places = StrictBooleanFilter(method="with_places")

    class Meta:
        model = Mission
        fields: list[str] = []

    def with_places(self, queryset: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        free = Shift.objects.with_places(timezone.now()).values("mission")
        return queryset.filter(pk__in=free) if value else queryset.exclude(pk__in=free)


class ShiftFilter(django_filters.FilterSet):
    """By mission."""

    mission = django_filters.UUIDFilter(field_name="mission_id")

    class Meta:
        model = Shift
        fields: list[str] = []


class SignUpFilter(django_filters.FilterSet):
    """By shift and state."""

    shift = django_filters.UUIDFilter(field_name="shift_id")
    status = django_filters.ChoiceFilter(choices=SignUpStatus.choices)


class AttendanceFilter(django_filters.FilterSet):
    """By shift and state."""

    shift = django_filters.UUIDFilter(field_name="sign_up__shift_id")
    status = django_filters.ChoiceFilter(choices=AttendanceStatus.choices)


class OrganizationMembershipFilter(django_filters.FilterSet):
    """By organisation."""

    organization = django_filters.UUIDFilter(field_name="organization_id")
