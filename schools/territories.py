"""What a file of territories says of each commune, and by which name a commune is found.

Sources: INSEE's "grille communale de densité" at seven levels, the code officiel géographique and La Poste's postal
codes as CSV (comma or semicolon, UTF-8), or Etalab's `communes.json` (decoupage-administratif, Licence Ouverte 2.0).
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from common.errors import BadInput
from common.text import fold

COMMUNE_CODE = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}")
POSTAL_CODE = re.compile(r"[0-9]{5}")
DEPARTMENT_CODE = re.compile(r"[0-9]{2}|2[AB]|9[78][0-9]")
NEIGHBOURHOOD_CODE = re.compile(r"Q[NP][0-9A-Z]{6}")
DENSITY_CLASSES = range(1, 8)
# By the names that INSEE, La Poste and Etalab give them; compared without case, accents and punctuation.
COLUMNS: Mapping[str, Sequence[str]] = {
    "code": ["code", "code_commune", "code_commune_insee", "code_insee", "codgeo", "com"],
    "name": ["name", "nom", "nom_commune", "nom_de_la_commune", "libgeo", "libelle"],
    "department_code": ["department", "department_code", "departement", "code_departement", "dep"],
    "density_class": ["density_class", "densite", "dens", "grille_densite", "typo_degre_densite"],
    "population": ["population", "pmun", "ptot", "pop"],
    "latitude": ["latitude", "lat"],
    "longitude": ["longitude", "lon", "lng"],
    "postal_codes": ["postal_codes", "postal_code", "code_postal", "codes_postaux"],
    "priority_neighbourhoods": ["priority_neighbourhoods", "qpv", "code_qp", "code_qpv"],
}
# Parts of a commune of today, which hold no town hall of their own: hours are counted for the whole.
PARTS = {"commune-deleguee", "commune-associee"}


@dataclass(frozen=True, slots=True)
class CommuneRow:
    """One commune as the file tells it. None or an empty tuple is what the file does not say."""

    line: int
    code: str
    name: str
    department_code: str
    density_class: int | None
    population: int | None
    latitude: float | None
    longitude: float | None
    postal_codes: tuple[str, ...]
    priority_neighbourhoods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TerritoryProblem:
    """Why a line (from 1; in JSON, the entry's number) was not imported, or which cell of it was not."""

    line: int
    code: str
    column: str
    value: str


class TerritoriesRefused(BadInput):
    """The file is no list of communes: nothing of it can be imported."""

    code = "territories_refused"


def name_key(name: str) -> str:
    """The name of a commune made comparable: "ST-DENIS Cedex 2" and "Saint-Denis" are one, "Paris 06" and "Paris 6e
    Arrondissement" too."""
    words = re.sub(r"\bcedex\b.*", "", fold(name)).replace(" arrondissement", "").split()
    saints = {"st": "saint", "ste": "sainte"}
    return " ".join(saints.get(word) or re.sub(r"^0*([0-9]+)(?:er|e|eme)?$", r"\1", word) for word in words)


def read_territories(path: Path) -> tuple[list[CommuneRow], list[TerritoryProblem]]:
    """The communes of a file, and what of it could not be read. A code said by several rows makes one commune.

    Raises TerritoriesRefused for what is no list of communes, OSError for a file that cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise TerritoriesRefused(_("This file is not UTF-8 text.")) from error
    entries = list(_json_entries(text) if text.lstrip().startswith("[") else _csv_entries(text))
    rows: dict[str, CommuneRow] = {}
    problems: list[TerritoryProblem] = []
    for line, entry in entries:
        row = _read_entry(line, entry, problems)
        if row is not None:
            rows[row.code] = _merged(rows[row.code], row) if row.code in rows else row
    if not rows:
        raise TerritoriesRefused(_("This file holds no commune."))
    return list(rows.values()), problems


def _json_entries(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        communes = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TerritoriesRefused(_("This file is not JSON that can be read.")) from error
    for number, commune in enumerate(communes, start=1):
        if isinstance(commune, dict) and commune.get("type") not in PARTS:
            entry = {name: value for name, value in commune.items() if not isinstance(value, list | dict)}
            yield number, {
                **{column: entry.get(known) for column, names in COLUMNS.items() for known in names if known in entry},
                "postal_codes": " ".join(map(str, commune.get("codesPostaux") or [])),
            }


def _csv_entries(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    lines = text.splitlines()
    header = lines[0] if lines else ""
    reader = csv.reader(lines, delimiter=";" if header.count(";") >= header.count(",") else ",", strict=True)
    try:
        names = ["_".join(fold(name).split()) for name in next(reader, [])]
        positions = {
            column: names.index(known) for column, wanted in COLUMNS.items() for known in wanted if known in names
        }
        if missing := [column for column in ("code", "name") if column not in positions]:
            raise TerritoriesRefused(
                _("This file is no list of communes; columns missing: %(columns)s.") % {"columns": ", ".join(missing)}
            )
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, {
                    column: cells[position] for column, position in positions.items() if position < len(cells)
                }
    except csv.Error as error:
        raise TerritoriesRefused(_("This file is not a CSV file that can be read.")) from error


def _read_entry(line: int, entry: Mapping[str, Any], problems: list[TerritoryProblem]) -> CommuneRow | None:
    cells = {column: str(entry[column]).strip() if entry.get(column) is not None else "" for column in COLUMNS}

    def wrong(column: str, code: str = "cell_wrong") -> None:
        problems.append(TerritoryProblem(line, code, column, cells[column][:80]))

    def number(column: str, kind: type, fits: Any) -> Any:
        text = cells[column].replace(",", ".") if kind is float else cells[column]
        try:
            value = kind(text) if text and text.isascii() else None
        except ValueError:
            value = None
        if cells[column] and (value is None or not fits(value)):
            wrong(column)
            return None
        return value

    def codes(column: str, shape: re.Pattern[str]) -> tuple[str, ...]:
        found = re.split(r"[\s,;|/]+", cells[column].upper()) if cells[column] else []
        if not all(shape.fullmatch(code) for code in found):
            wrong(column)
        return tuple(sorted({code for code in found if shape.fullmatch(code)}))

    code, name = cells["code"].upper(), " ".join(cells["name"].split())
    # A spreadsheet takes the zero that opens the codes of nine departments; a code of four digits says so.
    if not COMMUNE_CODE.fullmatch(code):
        wrong("code", "commune_code_wrong")
        return None
    if not name or not name.isprintable() or "\N{REPLACEMENT CHARACTER}" in name or len(name) > 100:
        wrong("name", "commune_name_wrong")
        return None
    department = cells["department_code"].upper()
    if department and not DEPARTMENT_CODE.fullmatch(department):
        wrong("department_code")
        department = ""
    latitude = number("latitude", float, lambda value: abs(value) <= 90)
    longitude = number("longitude", float, lambda value: abs(value) <= 180)
    return CommuneRow(
        line=line,
        code=code,
        name=name,
        department_code=department or (code[:3] if code.startswith(("97", "98")) else code[:2]),
        density_class=number("density_class", int, lambda value: value in DENSITY_CLASSES),
        population=number("population", int, lambda value: 0 <= value < 2**31),
        latitude=latitude if longitude is not None else None,
        longitude=longitude if latitude is not None else None,
        postal_codes=codes("postal_codes", POSTAL_CODE),
        priority_neighbourhoods=codes("priority_neighbourhoods", NEIGHBOURHOOD_CODE),
    )


def _merged(first: CommuneRow, second: CommuneRow) -> CommuneRow:
    """La Poste's file has a row for each postal code of a commune, the State's one for each priority neighbourhood."""
    return CommuneRow(
        first.line,
        first.code,
        first.name,
        first.department_code,
        first.density_class or second.density_class,
        first.population or second.population,
        *((first.latitude, first.longitude) if first.latitude is not None else (second.latitude, second.longitude)),
        tuple(sorted({*first.postal_codes, *second.postal_codes})),
        tuple(sorted({*first.priority_neighbourhoods, *second.priority_neighbourhoods})),
    )
