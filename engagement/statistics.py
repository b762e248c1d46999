"""What statistics tell, and what they hide so that nobody is told of in them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from common import paris
from common.errors import NotVisible
from engagement.models import DENSITIES, Priority, TerritoryTotal
from schools.models import SchoolYear, Territory

# A figure on fewer people than this is not told.
FEWEST_PEOPLE = 5
# Which density is hidden for another's sake: always the same, so that no later answer tells what an earlier one hid;
# urban, the greatest, of which the sum then says nearly as much; rural last, whose share is what was promised.
HIDDEN_WITH_OTHERS = [Territory.URBAN, Territory.UNKNOWN, Territory.RURAL]
# By density and side of priority; "" is all.
Totals = dict[tuple[str, str], TerritoryTotal]
Counts = dict[tuple[str, str], int]


class Hidden(NamedTuple):
    """Whose attested minutes are hidden, and with them people and share; whose approved ones."""

    attested: set[str]
    approved: set[str]


@dataclass(frozen=True)
class TerritoryFigures:
    """What is told of one territory, or of all of them. None is hidden, or not counted yet."""

    territory: str
    is_hidden: bool = False
    people_count: int | None = None
    attested_minutes: int | None = None
    approved_minutes: int | None = None
    # Of all attested minutes; None as well where there are none.
    share: float | None = None

    @property
    def promised_share(self) -> float | None:
        """What the region promised of all hours; it promised something to rural communes alone."""
        return round(float(settings.RURAL_SHARE_PROMISED), 4) if self.territory == Territory.RURAL else None


@dataclass(frozen=True)
class TerritoryStatistics:
    """The hours given in each territory in a school year. `computed_at` is None before they are first counted.

    The densities share all hours out; priority neighbourhoods lie in communes of any density and are told beside.
    """

    school_year: SchoolYear
    computed_at: datetime | None
    total: TerritoryFigures
    territories: list[TerritoryFigures]


def territories(person: User, school_year: UUID | None = None) -> TerritoryStatistics:
    """Of that school year, else of the present one. Raises NotVisible. Two statements."""
    years = SchoolYear.objects.visible_to(person)
    asked = years.filter(pk=school_year) if school_year else years.holding(paris.day_of(timezone.now()))
    year = asked.first()
    if year is None:
        raise NotVisible
    totals = {
        (total.territory, total.priority): total
        for total in TerritoryTotal.objects.visible_to(person).filter(school_year=year)
    }
    if not totals:
        nothing = [TerritoryFigures(territory) for territory in Territory]
        return TerritoryStatistics(year, None, TerritoryFigures(""), nothing)
    people, attested, approved = (
        {key: getattr(total, f"{name}people_count") for key, total in totals.items()}
        for name in ("", "attested_", "approved_")
    )
    hidden = Hidden(hidden_of(attested, people), hidden_of(approved, people))
    rows = {one: ("", Priority.INSIDE) if one == Territory.PRIORITY else (one, "") for one in ["", *Territory]}
    whole, *others = (_figures(one, totals[key], totals, hidden) for one, key in rows.items())
    return TerritoryStatistics(year, totals["", ""].computed_at, whole, others)


def _figures(territory: str, of: TerritoryTotal, totals: Totals, hidden: Hidden) -> TerritoryFigures:
    shows_attested, shows_approved = territory not in hidden.attested, territory not in hidden.approved
    all_minutes = totals["", ""].attested_minutes
    return TerritoryFigures(
        territory,
        is_hidden=not (shows_attested and shows_approved),
        people_count=of.people_count if shows_attested else None,
        attested_minutes=of.attested_minutes if shows_attested else None,
        approved_minutes=of.approved_minutes if shows_approved else None,
        share=round(of.attested_minutes / all_minutes, 4) if shows_attested and all_minutes else None,
    )


def hidden_of(counts: Counts, people: Counts) -> set[str]:
    """Whose minutes are hidden, "" among them for the sum of all. `counts` is how many people these minutes are of,
    `people` how many gave any hour at all there.

    Hidden is what few people gave, and one more of the densities where the sum less what is told would be of few.
    Priority is hidden as well where what it has in common with the others, or has not, would be of few.
    """
    hidden = {str(one) for one in ["", *DENSITIES] if _is_few(counts[one, ""]) or _is_few(people[one, ""])}
    told = [one for one in HIDDEN_WITH_OTHERS if one not in hidden and counts[one, ""]]
    if told and _is_few(max((counts[one, ""] for one in hidden), default=0)):
        hidden.add(str(told[0]))
    inside = "", Priority.INSIDE
    if _is_few(counts[inside]) or _is_few(people[inside]) or _priority_tells(counts, people, hidden):
        hidden.add(Territory.PRIORITY.value)
    return hidden


def _is_few(count: int) -> bool:
    """Nobody is not few: that there is nothing may be told."""
    return 0 < count < FEWEST_PEOPLE


def _priority_tells(counts: Counts, people: Counts, hidden: Collection[str]) -> bool:
    """Whether priority, taken from the other figures or they from it, leaves something that few people gave.

    Told of the densities is each that is not hidden, and the sum of those that are. Where one lies on one side of
    priority alone, it can be added or taken away whole; what is left then are the two sides of those that lie on both.
    Several count as their greatest: they may be the same people.
    """
    told = [[one] for one in DENSITIES if one not in hidden]
    groups = [*told, [one for one in DENSITIES if one in hidden]]
    sides = [[[counts[one, side] for one in group] for side in Priority] for group in groups]
    mixed = [pair for pair in sides if all(any(side) for side in pair)]
    if any(_is_few(max((count for pair in mixed for count in pair[side]), default=0)) for side in (0, 1)):
        return True
    # Within one density alone, the difference of their people gave no hour in priority communes.
    with_hours = [one for one in DENSITIES if people[one, Priority.INSIDE]]
    return len(with_hours) == 1 and _is_few(people[with_hours[0], ""] - people["", Priority.INSIDE])
