"""Counts the hours given in each territory, all of them anew, into the totals that statistics read."""

from collections import Counter
from datetime import date, datetime
from itertools import product
from typing import Any

from django.db import transaction
from django.db.models import Case, Q, Sum, Value, When
from django.utils import timezone

from common import paris
from engagement.models import DENSITIES, HourEntry, Priority, TerritoryTotal
from engagement.models.entries import ATTESTED_WITHIN, COUNTS_AS_ATTESTED
from engagement.selectors import counted_elsewhere
from schools.models import Commune, SchoolYear, Territory
from schools.services.classes import FIRST_MONTH, ensure_school_year

PARTS = list(product(DENSITIES, Priority))
# What totals are kept of: each part, each density, each side of priority, and all.
CELLS = list(product(["", *DENSITIES], ["", *Priority]))
COUNTED = [
    "people_count",
    "attested_people_count",
    "approved_people_count",
    "attested_minutes",
    "approved_minutes",
    "computed_at",
]
ROWS_AT_ONCE = 5000


def count_territories() -> None:
    """Writes the totals of every school year, as the ledger stands when it begins.

    All entries are read in one statement, so that they are of one moment, and without a lock. Time covered twice is
    looked for just before. Of two that run side by side the one that began later stays, whichever writes last.
    """
    now = timezone.now()
    totals = {(row.school_year_id, row.territory, row.priority): row for row in _count(now)}
    with transaction.atomic():
        TerritoryTotal.objects.bulk_create(totals.values(), ignore_conflicts=True)
        older = TerritoryTotal.objects.select_for_update(of=("self",)).filter(computed_at__lt=now).order_by("pk")
        changed = []
        for row in older:
            counted = totals.get((row.school_year_id, row.territory, row.priority))
            if counted is not None:
                for name in COUNTED:
                    setattr(row, name, getattr(counted, name))
                changed.append(row)
        TerritoryTotal.objects.bulk_update(changed, COUNTED)


def _count(now: datetime) -> list[TerritoryTotal]:
    """The totals of every school year, in the same order each time."""
    years = {year.starts_on.year: year for year in SchoolYear.objects.all()}
    present = ensure_school_year(paris.day_of(now))
    years[present.starts_on.year] = present
    minutes: dict[int, list[list[int]]] = {}
    marks: dict[tuple[int, Any], int] = {}
    for number, person_id, place, attested, approved in _given(years).iterator(ROWS_AT_ONCE):
        sums = minutes.setdefault(number, [[0, 0] for _part in PARTS])[place]
        sums[0] += attested or 0
        sums[1] += approved or 0
        # Two bits for each part: whether the person has attested minutes there, and approved ones.
        mark = ((attested is not None) | (approved is not None) << 1) << 2 * place
        marks[number, person_id] = marks.get((number, person_id), 0) | mark
    for number in minutes.keys() - years.keys():
        years[number] = ensure_school_year(date(number, FIRST_MONTH, 1))
    people: dict[int, Counter[int]] = {}
    for (number, _person_id), mark in marks.items():
        people.setdefault(number, Counter())[mark] += 1
    return [
        _total(year, cell, minutes.get(number, []), people.get(number, Counter()), now)
        for number, year in sorted(years.items())
        for cell in CELLS
    ]


def _given(years: dict[int, SchoolYear]) -> Any:
    """Each person's minutes in each part and school year: the year's first calendar year, person, place in PARTS,
    attested minutes, approved minutes; null where there is no entry of the kind.

    An hour lies in the year in which it began, in Paris. An hour older than a year before the first school year is
    taken for hours of that year: nothing is handed in so late.
    """
    first, last = min(years) - 1, max(years)
    begins = [
        When(started_at__gte=paris.midnight(date(number, FIRST_MONTH, 1)), then=Value(number))
        for number in range(last, first, -1)
    ]
    is_attested = COUNTS_AS_ATTESTED & ~Q(pk__in=counted_elsewhere())
    return (
        HourEntry.objects.given()
        .annotate(number=Case(*begins, default=Value(first)), place=_place())
        .values("number", "person", "place")
        .annotate(attested=Sum(ATTESTED_WITHIN, filter=is_attested), approved=Sum("approved_minutes"))
        .values_list("number", "person", "place", "attested", "approved")
        .order_by()
    )


def _place() -> Any:
    """Which of PARTS an entry's mission lies in now: of a density the inside of priority, or one more, the outside.

    It is one number because the database groups by that without sorting.
    """
    communes = Commune.objects
    density = Case(
        When(_lies_in(communes.urban()), then=Value(PARTS.index((Territory.URBAN, Priority.INSIDE)))),
        When(_lies_in(communes.rural()), then=Value(PARTS.index((Territory.RURAL, Priority.INSIDE)))),
        default=Value(PARTS.index((Territory.UNKNOWN, Priority.INSIDE))),
    )
    return density + Case(When(_lies_in(communes.with_priority_neighbourhood()), then=Value(0)), default=Value(1))


def _lies_in(communes: Any) -> Q:
    return Q(mission__commune_code__in=communes.values("code"))


def _total(
    year: SchoolYear,
    cell: tuple[str, str],
    minutes: list[list[int]],
    people: Counter[int],
    now: datetime,
) -> TerritoryTotal:
    covered = [
        place
        for place, part in enumerate(PARTS)
        if all(wanted in ("", found) for wanted, found in zip(cell, part, strict=True))
    ]
    attested = sum(1 << 2 * place for place in covered)
    approved = attested << 1

    def with_any(marks: int) -> int:
        return sum(count for mark, count in people.items() if mark & marks)

    sums = [minutes[place] for place in covered if minutes]
    return TerritoryTotal(
        school_year=year,
        territory=cell[0],
        priority=cell[1],
        people_count=with_any(attested | approved),
        attested_people_count=with_any(attested),
        approved_people_count=with_any(approved),
        attested_minutes=sum(one[0] for one in sums),
        approved_minutes=sum(one[1] for one in sums),
        computed_at=now,
    )
