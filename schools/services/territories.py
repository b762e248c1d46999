"""Brings the communes up to date with a file, and gives each school its commune where one can be told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import QuerySet

from common.territory import department_of
from schools.models import Commune, CommunePostalCode, School
from schools.territories import CommuneRow, name_key

BATCH_SIZE = 500
SAID_BY_ROWS = ["name", "department_code", "density_class", "population", "latitude", "longitude"]


@dataclass(frozen=True, slots=True)
class TerritoryReport:
    """In communes: created, updated, unchanged. In schools: those that were given a commune, those left unknown."""

    created: int
    updated: int
    unchanged: int
    schools_placed: int
    schools_unknown: int


@transaction.atomic
def import_territories(rows: Sequence[CommuneRow], *, dry_run: bool = False) -> TerritoryReport:
    """Creates and updates communes by code; what a row does not say stays as it is known, none is deleted.

    Schools without a commune are then given theirs. A dry run does the same and takes it back.
    """
    known = {commune.code: commune for commune in Commune.objects.select_for_update().order_by("code")}
    created, updated = [], []
    for row in rows:
        commune = known.get(row.code) or Commune(code=row.code)
        changes = _changes(commune, row)
        for name, value in changes.items():
            setattr(commune, name, value)
        if row.code not in known:
            created.append(commune)
        elif changes:
            updated.append(commune)
        known[row.code] = commune
    Commune.objects.bulk_create(created, batch_size=BATCH_SIZE)
    Commune.objects.bulk_update(updated, [*SAID_BY_ROWS, "name_key", "priority_neighbourhoods"], batch_size=BATCH_SIZE)
    CommunePostalCode.objects.bulk_create(
        (
            CommunePostalCode(commune=known[row.code], postal_code=postal_code)
            for row in rows
            for postal_code in row.postal_codes
        ),
        batch_size=BATCH_SIZE,
        ignore_conflicts=True,
    )
    placed, unknown = place_schools()
    if dry_run:
        transaction.set_rollback(True)
    return TerritoryReport(len(created), len(updated), len(rows) - len(created) - len(updated), placed, unknown)


def _changes(commune: Commune, row: CommuneRow) -> dict[str, Any]:
    said = {name: value for name in SAID_BY_ROWS if (value := getattr(row, name)) not in ("", None)}
    said["name_key"] = name_key(row.name)
    if row.priority_neighbourhoods:
        said["priority_neighbourhoods"] = list(row.priority_neighbourhoods)
    return {name: value for name, value in said.items() if getattr(commune, name) != value}


def place_schools() -> tuple[int, int]:
    """Gives each school without a commune's code the one that its postal code, department and commune's name tell.

    Returns how many were given one, and how many stay unknown.
    """
    schools = list(School.objects.filter(commune_code=""))
    places = [Place(school.postal_code, school.commune_name, school.department_code) for school in schools]
    codes = commune_codes_of(places)
    placed = []
    for school, place in zip(schools, places, strict=True):
        school.commune_code = codes.get(place, "")
        if school.commune_code:
            placed.append(school)
    School.objects.bulk_update(placed, ["commune_code"], batch_size=BATCH_SIZE)
    return len(placed), len(schools) - len(placed)


class Place(NamedTuple):
    """An address, as far as it tells a commune. An empty text is not known."""

    postal_code: str
    commune_name: str
    department_code: str = ""

    @property
    def department(self) -> str:
        """Where it lies, "" where postal code and department do not agree or neither says."""
        said = {self.department_code, department_of(commune_code="", postal_code=self.postal_code)} - {""}
        return said.pop() if len(said) == 1 else ""


def commune_codes_of(places: Iterable[Place]) -> dict[Place, str]:
    """The commune's code of each place: the one commune that answers to postal code and name, else (a postal code of
    a CEDEX is no commune's) the only one of that name in the department.

    Two statements per five hundred codes. A code that is not in the answer is unknown, and stays so.
    """
    keys = {place: name_key(place.commune_name) for place in places if place.commune_name}
    by_postal_code = _codes_by(
        CommunePostalCode.objects.values_list("postal_code", "commune__name_key", "commune__code"),
        "postal_code",
        {place.postal_code for place in keys},
    )
    answer = {}
    for place, key in keys.items():
        if code := _only(by_postal_code.get((place.postal_code, key), set())):
            answer[place] = code
    left = {place: key for place, key in keys.items() if (place.postal_code, key) not in by_postal_code}
    by_department = _codes_by(
        Commune.objects.values_list("department_code", "name_key", "code"),
        "department_code",
        {place.department for place in left},
    )
    for place, key in left.items():
        if code := _only(by_department.get((place.department, key), set())):
            answer[place] = code
    return answer


def _codes_by(rows: QuerySet[Any, Any], column: str, values: set[str]) -> dict[tuple[str, str], set[str]]:
    """The communes' codes by this column and name, of the rows with one of these values."""
    found: dict[tuple[str, str], set[str]] = {}
    ordered = sorted(values - {""})
    for start in range(0, len(ordered), BATCH_SIZE):
        for value, key, code in rows.filter(**{f"{column}__in": ordered[start : start + BATCH_SIZE]}):
            found.setdefault((value, key), set()).add(code)
    return found


def _only(codes: set[str]) -> str:
    return next(iter(codes)) if len(codes) == 1 else ""
