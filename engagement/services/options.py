"""A school's rules for one year."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import BadInput, DomainError, NotAllowed
from common.versions import ensure_version
from engagement.models import EngagementOption
from engagement.selectors import default_rules
from schools import selectors as schools
from schools.models import School, SchoolYear


class DeadlineImpossible(BadInput):
    """400: the deadline is a day of the school year."""

    code = "deadline_impossible"


def ensure_options(wanted: Iterable[tuple[UUID, SchoolYear]]) -> dict[tuple[UUID, UUID], EngagementOption]:
    """The options of schools (by id) in years, with the region's defaults where a school has not chosen yet.

    By the ids of both, in three statements at most, however many.
    """
    years = {(school_id, year.pk): year for school_id, year in wanted}
    found = _options(years)
    # In one order, so that two who make the same ones do not wait for each other.
    missing = sorted(years.keys() - found.keys())
    if missing:
        options = [
            EngagementOption(school_id=key[0], school_year=years[key], **default_rules(years[key])) for key in missing
        ]
        EngagementOption.objects.bulk_create(options, ignore_conflicts=True)
        found = _options(years)
    return found


def _options(years: dict[tuple[UUID, UUID], Any]) -> dict[tuple[UUID, UUID], EngagementOption]:
    if not years:
        return {}
    schools_asked, years_asked = zip(*years, strict=True)
    rows = EngagementOption.objects.filter(school__in=set(schools_asked), school_year__in=set(years_asked))
    return {(row.school_id, row.school_year_id): row for row in rows.select_related("school_year")}


@transaction.atomic
def create_option(*, school: School, school_year: SchoolYear, rules: dict[str, Any], actor: User) -> EngagementOption:
    """Sets the year's rules; what is not given is the region's. Raises NotAllowed, DeadlineImpossible, DomainError
    (`option_exists`, with its id)."""
    if not schools.manages(actor, school):
        raise NotAllowed
    _ensure_deadline(rules, school_year)
    option, created = EngagementOption.objects.get_or_create(
        school=school, school_year=school_year, defaults={**default_rules(school_year), **rules}
    )
    if not created:
        said = _("This year already has its option: change it.")
        raise DomainError(said, code="option_exists", field="school", extra={"id": str(option.pk)})
    return option


@transaction.atomic
def edit_option(
    option: EngagementOption, rules: dict[str, Any], *, expected: set[int] | None, actor: User
) -> EngagementOption:
    """Changes the rules, what is not given stays; progress follows, being computed, and no decision is touched.

    Raises NotAllowed, Stale, DeadlineImpossible.
    """
    option = (
        EngagementOption.objects.select_for_update(of=("self",))
        .select_related("school", "school_year")
        .get(pk=option.pk)
    )
    if not schools.manages(actor, option.school):
        raise NotAllowed
    ensure_version(option, expected)
    _ensure_deadline(rules, option.school_year)
    for name, value in rules.items():
        setattr(option, name, value)
    option.version += 1
    option.save(update_fields=[*rules, "version"])
    return option


def _ensure_deadline(rules: dict[str, Any], school_year: SchoolYear) -> None:
    deadline = rules.get("deadline_on")
    if deadline is not None and not school_year.starts_on < deadline <= school_year.ends_on:
        raise DeadlineImpossible(
            fields={"deadline_on": _("This deadline is outside the school year. Choose a day of that year.")}
        )
