"""Brings the communes up to date with a file, and gives each school its commune where one can be told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

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
    """Gives each school without a commune's code the one that its postal code and commune's name tell.

    Returns how many were given one, and how many stay unknown.
    """
    schools = list(School.objects.filter(commune_code=""))
    codes = commune_codes_of((school.postal_code, school.commune_name) for school in schools)
    placed = []
    for school in schools:
        school.commune_code = codes.get((school.postal_code, school.commune_name), "")
        if school.commune_code:
            placed.append(school)
    School.objects.bulk_update(placed, ["commune_code"], batch_size=BATCH_SIZE)
    return len(placed), len(schools) - len(placed)


def commune_codes_of(places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The commune's code for each (postal code, name of a commune) of which exactly one commune answers to both.

    Two statements per thousand postal codes. What is not in the answer is unknown, and stays so.
    """
    wanted = {place for place in places if all(place)}
    postal_codes = sorted({postal_code for postal_code, _name in wanted})
    found: dict[tuple[str, str], set[str]] = {}
    for start in range(0, len(postal_codes), BATCH_SIZE):
        rows = CommunePostalCode.objects.filter(postal_code__in=postal_codes[start : start + BATCH_SIZE])
        for postal_code, key, code in rows.values_list("postal_code", "commune__name_key", "commune__code"):
            found.setdefault((postal_code, key), set()).add(code)
    answer = {}
    for postal_code, name in wanted:
        codes = found.get((postal_code, name_key(name)), set())
        if len(codes) == 1:
            answer[postal_code, name] = next(iter(codes))
    return answer
