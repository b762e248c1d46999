"""The file row by row: its columns by name, what a row may be imported as, and rows that repeat each other."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

from django.utils.translation import gettext_lazy as _

from common.errors import BadInput
from common.text import fold
from schools.directory.problems import DAMAGES, RowProblem, Severity, printable
from schools.directory.rows import (
    ADDRESS_COLUMNS,
    DATE_COLUMNS,
    LYCEE_NATURE,
    NO_LYCEE_NATURE,
    SECTION_NATURES,
    Cells,
    SchoolRow,
)
from schools.directory.uai import is_uai

NEEDED_COLUMNS = [
    "Identifiant_de_l_etablissement",
    "Nom_etablissement",
    "Type_etablissement",
    "Statut_public_prive",
    "Code_postal",
    "Nom_commune",
    "Code_departement",
    "latitude",
    "longitude",
    "etat",
    "code_nature",
    "etablissement_mere",
]
COLUMNS = [
    *NEEDED_COLUMNS,
    *ADDRESS_COLUMNS,
    *DATE_COLUMNS,
    "multi_uai",
    "Code_commune",
    "Code_academie",
    "Libelle_academie",
    "Libelle_region",
    "SIREN_SIRET",
    "Telephone",
    "Mail",
    "Web",
]


@dataclass(frozen=True, slots=True)
class DirectoryLine:
    """One row of the file: the school it may be imported as, if it may, and all that is wrong with it."""

    number: int
    uai: str
    school: SchoolRow | None
    problems: tuple[RowProblem, ...]


class DirectoryRefused(BadInput):
    """The file is not the Ministry's directory: nothing of it can be imported."""

    code = "directory_refused"


def read_directory(path: Path) -> list[DirectoryLine]:
    """Reads every row of the official CSV (semicolons, UTF-8 with or without BOM), columns by name.

    Names are compared without case, accents and punctuation, so that "Code postal" and the API's
    "code_postal" are one; only NEEDED_COLUMNS must be there. Raises DirectoryRefused for any other format,
    OSError for a file that cannot be read.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(_read_lines(file))
    except UnicodeDecodeError as error:
        raise DirectoryRefused(_("This file is not UTF-8 text: take it as the Ministry publishes it.")) from error
    except csv.Error as error:
        raise DirectoryRefused(_("This file is not a CSV file that can be read.")) from error
    if not lines:
        raise DirectoryRefused(_("This file holds no school."))
    return _settle_repeated(lines)


def _read_lines(file: TextIO) -> Iterator[DirectoryLine]:
    reader = csv.reader(file, delimiter=";")
    header = next(reader, [])
    positions = _positions(header)
    number = reader.line_num + 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield _read_line(number, cells, len(header), positions)
        number = reader.line_num + 1


def _positions(header: Sequence[str]) -> dict[str, int]:
    names = [fold(name) for name in header]
    positions = {column: names.index(fold(column)) for column in COLUMNS if fold(column) in names}
    if not any(names):
        raise DirectoryRefused(_("This file is empty."))
    if missing := [column for column in NEEDED_COLUMNS if column not in positions]:
        raise DirectoryRefused(
            _("This file is not the directory of schools; columns missing: %(columns)s.")
            % {"columns": ", ".join(missing)}
        )
    if twice := [column for column in positions if names.count(fold(column)) > 1]:
        raise DirectoryRefused(_("Columns stand twice in this file: %(columns)s.") % {"columns": ", ".join(twice)})
    return positions


def _read_line(number: int, cells: Sequence[str], width: int, positions: Mapping[str, int]) -> DirectoryLine:
    uai = cells[positions["Identifiant_de_l_etablissement"]] if len(cells) == width else cells[0]
    uai = uai.strip().upper()
    row = Cells(number, uai, {})
    if len(cells) != width:
        row.complain("", "cell_count", f"{len(cells)} ≠ {width}")
    else:
        row.cells = {column: cells[position] for column, position in positions.items()}
        return _believe(row)
    return DirectoryLine(number, printable(uai), None, tuple(row.problems))


def _believe(row: Cells) -> DirectoryLine:
    kind = _kind_of(row)
    # Of another row everything is read as well: a cell that a spreadsheet spoilt tells of the whole file.
    school = row.school()
    if kind is not None:
        row.problems = [problem for problem in row.problems if problem.code in DAMAGES]
        row.complain("Type_etablissement", *kind)
    elif not is_uai(row.uai):
        row.complain("Identifiant_de_l_etablissement", "uai_wrong", row.uai)
    refused = any(problem.severity != Severity.WARNING for problem in row.problems)
    return DirectoryLine(row.number, printable(row.uai), None if refused else school, tuple(row.problems))


def _kind_of(row: Cells) -> tuple[str, str] | None:
    """Why the row is no lycée or section of one, whatever else it lacks: a code and a value. None where it is one."""
    school_type = " ".join(row.cells["Type_etablissement"].split())
    nature = row.cells["code_nature"].strip()
    if nature in SECTION_NATURES:
        return None
    if NO_LYCEE_NATURE.fullmatch(nature):
        return "not_a_lycee", school_type or nature
    if not school_type:
        if not nature:
            return "type_missing", ""
        return None if LYCEE_NATURE.fullmatch(nature) else ("not_a_lycee", nature)
    if not row.text("Type_etablissement", 100):
        return "type_unreadable", school_type
    return None if fold(school_type) == "lycee" else ("not_a_lycee", school_type)


def _settle_repeated(lines: Iterable[DirectoryLine]) -> list[DirectoryLine]:
    """Of rows that say the same of a UAI the first counts, and so does one of a lycée's sites; else none does.

    Rows that are none of ours take no part: a lycée and a collège on two sites share a UAI.
    """
    settled = list(lines)
    by_uai: dict[str, list[int]] = defaultdict(list)
    for index, line in enumerate(settled):
        if not any(problem.severity == Severity.SKIPPED for problem in line.problems):
            by_uai[line.uai].append(index)
    for uai, indexes in by_uai.items():
        rows = [settled[index] for index in indexes]
        schools = [row.school for row in rows if row.school]
        if len(rows) == 1 or not schools:
            continue
        if len({replace(school, line=0) for school in schools}) == 1 and len(schools) == len(rows):
            kept, code, value = schools[0].line, "repeated", str(schools[0].line)
        elif any(school.has_sites for school in schools):
            kept = min(schools, key=_site_order).line
            rows = [row for row in rows if row.school]
            code, value = "other_site", str(kept)
        else:
            kept, code, value = 0, "uai_twice", ", ".join(str(row.number) for row in rows)
        for index in indexes:
            row = settled[index]
            if row.number != kept and row in rows:
                problem = RowProblem(row.number, uai, "Identifiant_de_l_etablissement", code, value)
                settled[index] = replace(row, school=None, problems=(*row.problems, problem))
    return settled


def _site_order(school: SchoolRow) -> tuple[Any, ...]:
    """One that stays, then one whose place is told, then by address: whatever the order of the file."""
    doubts = (bool(school.is_closing), school.latitude is None, not school.postal_code)
    return *doubts, school.postal_code, school.address, school.line
