"""How hour entries are narrowed down, for a teacher's waiting list among others."""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet

from common.api.filters import StrictBooleanFilter
from engagement.models import Certificate, Contest, EngagementOption, HourEntry
from engagement.states import (
    AttestationStatus,
    CertificateKind,
    CertificateStatus,
    ContestStatus,
    HourEntryStage,
    HourEntryStatus,
)
from schools.models import Enrolment


class HourEntryFilter(django_filters.FilterSet):
    """By state, stage, student, class, attestation and flags; state, stage and student only of entries seen whole,
    which organisers' are not, flags only of others' entries."""

    status = django_filters.ChoiceFilter(choices=HourEntryStatus.choices)
    stage = django_filters.ChoiceFilter(method="of_stage", choices=HourEntryStage.choices)
    attestation_status = django_filters.ChoiceFilter(choices=AttestationStatus.choices)
    flagged = StrictBooleanFilter(method="with_flags")
    student = django_filters.UUIDFilter(field_name="person_id")
    class_group = django_filters.UUIDFilter(method="of_class")

    class Meta:
        model = HourEntry
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """A filter must not tell what the answer leaves out."""
        asked = self.form.cleaned_data
        if asked["status"] or asked["stage"] or asked["student"] or asked["flagged"] is not None:
            queryset = queryset.filter(is_seen_whole=True)
        return super().filter_queryset(queryset)

    def of_stage(self, queryset: Any, name: str, value: str) -> QuerySet[Any]:
        entries: QuerySet[Any] = queryset.in_stage(value)
        return entries

    def with_flags(self, queryset: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        """With any flag, or with none; never of one's own, whose flags one is not shown."""
        others = queryset.exclude(person=self.request.user)
        return others.exclude(flags=[]) if value else others.filter(flags=[])

    def of_class(self, queryset: QuerySet[Any], name: str, value: UUID) -> QuerySet[Any]:
        """Only a class the reader sees: others have no students."""
        enrolments = Enrolment.objects.active().visible_to(self.request.user).filter(class_group=value)
        return queryset.filter(person__in=enrolments.values("student"))


class ContestFilter(django_filters.FilterSet):
    """By state."""

    status = django_filters.ChoiceFilter(choices=ContestStatus.choices)

    class Meta:
        model = Contest
        fields: list[str] = []


class EngagementOptionFilter(django_filters.FilterSet):
    """By school and year."""

    school = django_filters.UUIDFilter(field_name="school_id")
    school_year = django_filters.UUIDFilter(field_name="school_year_id")

    class Meta:
        model = EngagementOption
        fields: list[str] = []


class CertificateFilter(django_filters.FilterSet):
    """By record, kind and state."""

    record = django_filters.UUIDFilter(field_name="record_id")
    kind = django_filters.ChoiceFilter(choices=CertificateKind.choices)
    status = django_filters.ChoiceFilter(choices=CertificateStatus.choices)

    class Meta:
        model = Certificate
        fields: list[str] = []
