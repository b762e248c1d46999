"""How missions are found, and the lists around them."""

from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field

from common import french
from common.api.filters import (
    AskedFilterSet,
    ChoicesFilter,
    DateFilter,
    NearFilterSet,
    PatternFilter,
    StrictBooleanFilter,
    read_later,
)
from common.errors import BadInput
from common.territory import COMMUNE_CODE, DEPARTMENT_CODE
from missions.models import Audience, Domain, ExchangeType, Favourite, Mission, PartnerMission, QualificationKind, Shift
from missions.states import (
    AttendanceStatus,
    MissionRevisionStatus,
    MissionStatus,
    ReportStatus,
    SignUpStatus,
    Stage,
)
from organizations.models import Organization
from schools.models import Commune, Territory


class MissionSort(models.TextChoices):
    NEWEST = "newest"
    SOONEST = "soonest"
    MOST_NEEDED = "most_needed"
    DISTANCE = "distance"
    RELEVANCE = "relevance"


class ShiftSort(models.TextChoices):
    NEWEST = "newest"
    SOONEST = "soonest"


class Weekday(models.TextChoices):
    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


AGE = "[0-9]{1,2}"
WELCOMES = {
    Audience.STUDENTS: [Audience.STUDENTS, Audience.BOTH],
    Audience.CITIZENS: [Audience.CITIZENS, Audience.BOTH],
    Audience.BOTH: [Audience.BOTH],
}


class ShiftTimesFilterSet(AskedFilterSet):
    """Days, days of the week and places left, which one and the same shift must fulfil; days are Paris days."""

    date_from = read_later(DateFilter(label="The first day, in Paris."))
    date_to = read_later(DateFilter(label="The last day, included, in Paris."))
    weekday = read_later(ChoicesFilter(choices=Weekday.choices, label="Days of the week in Paris, between commas."))
    has_places = read_later(StrictBooleanFilter())

    @property
    def is_about_shifts(self) -> bool:
        """Whether a mission is asked for by its shifts."""
        return self.asks_for_times() or "has_places" in self.filters

    def asks_for_times(self) -> bool:
        return bool({"date_from", "date_to", "weekday"} & set(self.filters))

    def shifts(self, rows: Any) -> Any:
        """Those of `rows` on the days that are asked for."""
        asked = self.form.cleaned_data
        rows = rows.starting(asked.get("date_from"), asked.get("date_to"))
        if days := asked.get("weekday"):
            rows = rows.on_weekdays([Weekday.values.index(day) + 1 for day in days])
        return rows


class MissionFilter(ShiftTimesFilterSet, NearFilterSet):
    """Missions by words, place, time, kind and who may do them."""

    q = read_later(django_filters.CharFilter(max_length=200))
    sort = read_later(django_filters.ChoiceFilter(choices=MissionSort.choices))
    domain = ChoicesFilter(lookup_expr="in", choices=Domain.choices)
    organization = django_filters.UUIDFilter(field_name="organization_id")
    organization_tree = django_filters.UUIDFilter(method="below")
    status = django_filters.ChoiceFilter(choices=MissionStatus.choices)
    is_remote = StrictBooleanFilter()
    audience = django_filters.ChoiceFilter(method="welcoming", choices=Audience.choices)
    age = extend_schema_field({"type": "integer", "minimum": 0, "maximum": 99})(
        PatternFilter(field_name="min_age", lookup_expr="lte", pattern=AGE)
    )
    commune_code = PatternFilter(pattern=COMMUNE_CODE)
    department_code = PatternFilter(pattern=DEPARTMENT_CODE)
    territory = django_filters.ChoiceFilter(method="lying_in", choices=Territory.choices)
    is_favourite = StrictBooleanFilter(method="kept")

    class Meta:
        model = Mission
        fields: list[str] = []

    def below(self, queryset: QuerySet[Any], name: str, value: UUID) -> QuerySet[Any]:
        visible = Organization.objects.visible_to(self.request.user)
        return queryset.filter(organization__in=visible.in_tree_of(value).values("pk"))

    def lying_in(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        communes = {
            Territory.URBAN: Commune.objects.urban(),
            Territory.RURAL: Commune.objects.rural(),
            Territory.PRIORITY: Commune.objects.with_priority_neighbourhood(),
            Territory.UNKNOWN: Commune.objects.filter(density_class__isnull=False),
        }
        known = communes[Territory(value)].values("code")
        if value == Territory.UNKNOWN:
            return queryset.exclude(commune_code__in=known)
        return queryset.filter(commune_code__in=known)

    def kept(self, queryset: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        """Those that the reader keeps, or the others; who is not signed in keeps none."""
        kept = Favourite.objects.visible_to(self.request.user).values("mission")
        return queryset.filter(pk__in=kept) if value else queryset.exclude(pk__in=kept)

    def welcoming(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(audience__in=WELCOMES[Audience(value)])

    @property
    def sort_order(self) -> str:
        """What the list is sorted by."""
        asked = self.form.cleaned_data
        return asked.get("sort") or (MissionSort.DISTANCE if "near" in asked else MissionSort.NEWEST)

    @cached_property
    def stems(self) -> list[str]:
        """The stems of the words that are asked for."""
        return french.stems(self.form.cleaned_data.get("q", ""))

    @property
    def has_no_word(self) -> bool:
        """Whether a search holds nothing to search for."""
        return "q" in self.filters and not self.stems

    def ensure_sortable(self) -> None:
        """Raises BadInput (`sort_needs_more`) for an order that lacks what it sorts by."""
        needs: dict[str, str] = {MissionSort.DISTANCE: "near", MissionSort.RELEVANCE: "q"}
        needed = needs.get(self.sort_order)
        if needed and needed not in self.filters:
            raise BadInput(code="sort_needs_more", fields={"sort": _("Send %(name)s as well.") % {"name": needed}})

    def within_reach(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Sorted by distance, the list widens its box by itself, page by page (missions.api.finding)."""
        return queryset if self.sort_order == MissionSort.DISTANCE else super().within_reach(queryset)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """All filters but the words, which each order looks for in its own way (missions.api.finding)."""
        found: Any = super().filter_queryset(queryset)
        if not self.is_about_shifts:
            return found
        has_places, (upcoming, free) = self.form.cleaned_data.get("has_places"), self._shifts_to_come()
        if has_places:
            found = found.offering(free)
        elif self.asks_for_times():
            found = found.offering(upcoming)
        return found.offering_none(free) if has_places is False else found

    def first_shifts(self, missions: QuerySet[Any]) -> Any:
        """Of each of these missions the shift that the order goes by: the first that fits what is asked for."""
        upcoming, free = self._shifts_to_come()
        if self.sort_order == MissionSort.MOST_NEEDED:
            return free.starting_soon(timezone.now()).first_of(missions)
        return (free if self.form.cleaned_data.get("has_places") else upcoming).first_of(missions)

    def _shifts_to_come(self) -> tuple[Any, Any]:
        now = timezone.now()
        upcoming = self.shifts(Shift.objects.in_order(now))
        return upcoming, upcoming.with_places(now)


class PartnerMissionFilter(NearFilterSet):
    """By nearness, domain, department, kind of engagement, publisher, and whether minors may come."""

    domain = django_filters.ChoiceFilter(choices=Domain.choices)
    type = django_filters.ChoiceFilter(choices=ExchangeType.choices)
    department_code = PatternFilter(pattern=DEPARTMENT_CODE)
    publisher = django_filters.CharFilter(max_length=100)
    opens_to_minors = StrictBooleanFilter()

    class Meta:
        model = PartnerMission
        fields: list[str] = []


class ShiftFilter(ShiftTimesFilterSet):
    """By mission, and by what people look for in one."""

    mission = django_filters.UUIDFilter(field_name="mission_id")
    organization = django_filters.UUIDFilter(field_name="mission__organization_id")
    domain = ChoicesFilter(field_name="mission__domain", lookup_expr="in", choices=Domain.choices)
    commune_code = PatternFilter(field_name="mission__commune_code", pattern=COMMUNE_CODE)
    department_code = PatternFilter(field_name="mission__department_code", pattern=DEPARTMENT_CODE)
    sort = read_later(django_filters.ChoiceFilter(choices=ShiftSort.choices))

    class Meta:
        model = Shift
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        queryset = self.shifts(super().filter_queryset(queryset))
        has_places = self.form.cleaned_data.get("has_places")
        if has_places is not None:
            free = Shift.objects.with_places(timezone.now())
            queryset = queryset.filter(pk__in=free) if has_places else queryset.exclude(pk__in=free)
        return queryset


class StagesFilterSet(django_filters.FilterSet):
    """By `stage`, what an app lists apart; `sort` is read by the view."""

    stage = django_filters.ChoiceFilter(method="of_stage", choices=Stage.choices)
    sort = read_later(django_filters.ChoiceFilter(choices=ShiftSort.choices))

    def of_stage(self, queryset: Any, name: str, value: str) -> QuerySet[Any]:
        rows: QuerySet[Any] = queryset.in_stage(value, timezone.now())
        return rows


class SignUpFilter(StagesFilterSet):
    """By shift, state and stage."""

    shift = django_filters.UUIDFilter(field_name="shift_id")
    status = django_filters.ChoiceFilter(choices=SignUpStatus.choices)


class AttendanceFilter(StagesFilterSet):
    """By shift, state and stage."""

    shift = django_filters.UUIDFilter(field_name="sign_up__shift_id")
    status = django_filters.ChoiceFilter(choices=AttendanceStatus.choices)


class QualificationFilter(django_filters.FilterSet):
    """By kind."""

    kind = django_filters.ChoiceFilter(choices=QualificationKind.choices)


class MessageFilter(django_filters.FilterSet):
    """By mission and shift."""

    mission = django_filters.UUIDFilter(field_name="mission_id")
    shift = django_filters.UUIDFilter(field_name="shift_id")


class MissionRevisionFilter(django_filters.FilterSet):
    """By mission and state."""

    mission = django_filters.UUIDFilter(field_name="mission_id")
    status = django_filters.ChoiceFilter(choices=MissionRevisionStatus.choices)


class ReportFilter(django_filters.FilterSet):
    """By state, of those one follows; a person who only made one has none here."""

    status = django_filters.ChoiceFilter(choices=ReportStatus.choices, method="of_followed")

    def of_followed(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(is_followed=True, status=value)
