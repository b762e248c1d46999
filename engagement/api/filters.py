"""How hour entries are narrowed down, for a teacher's waiting list among others."""

from typing import Any

import django_filters
from django.db.models import QuerySet

from engagement.models import EngagementOption, HourEntry
from engagement.states import HourEntryStatus
from schools.models import Enrolment


class HourEntryFilter(django_filters.FilterSet):
    """By state, student, and class; state and student only of entries seen whole, which organisers' are not."""

    status = django_filters.ChoiceFilter(choices=HourEntryStatus.choices)
    student = django_filters.UUIDFilter(field_name="record__person_id")
    class_group = django_filters.UUIDFilter(method="of_class")

    class Meta:
        model = HourEntry
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """A filter must not tell what the answer leaves out."""
        if self.form.cleaned_data["status"] or self.form.cleaned_data["student"]:
            queryset = queryset.filter(is_seen_whole=True)
        return super().filter_queryset(queryset)

    def of_class(self, queryset: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        """Only a class the reader sees: others have no students."""
        enrolments = Enrolment.objects.active().visible_to(self.request.user).filter(class_group=value)
        return queryset.filter(record__person__in=enrolments.values("student"))


class EngagementOptionFilter(django_filters.FilterSet):
    """By school and year."""

    school = django_filters.UUIDFilter(field_name="school_id")
    school_year = django_filters.UUIDFilter(field_name="school_year_id")

    class Meta:
        model = EngagementOption
        fields: list[str] = []
