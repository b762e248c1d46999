"""The file row by row: its columns by name, what a row may be imported as, and rows that repeat each other."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from django.utils.translation import gettext_lazy as _

from common.errors import BadInput
from common.text import fold
from schools.directory.problems import DAMAGES, RowProblem, Severity, printable
from schools.directory.rows import ADDRESS_COLUMNS, DATE_COLUMNS, Cells, SchoolRow
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
    elif not is_uai(uai):
        row.complain("Identifiant_de_l_etablissement", "uai_wrong", uai)
    else:
        row.cells = {column: cells[position] for column, position in positions.items()}
        return _believe(row)
    return DirectoryLine(number, printable(uai), None, tuple(row.problems))


def _believe(row: Cells) -> DirectoryLine:
    school_type = row.text("Type_etablissement", 100)
    school = row.school()
    if school_type and fold(school_type) != "lycee" and not school.is_section:
        row.problems = [problem for problem in row.problems if problem.code in DAMAGES]
        row.complain("Type_etablissement", "not_a_lycee", school_type)
    elif not school_type and not school.is_section:
        row.complain("Type_etablissement", "type_missing", "")
    refused = any(problem.severity != Severity.WARNING for problem in row.problems)
    return DirectoryLine(row.number, row.uai, None if refused else school, tuple(row.problems))


def _settle_repeated(lines: Iterable[DirectoryLine]) -> list[DirectoryLine]:
    """Of rows that say the same of a UAI the first counts; of rows that do not, none does."""
    settled = list(lines)
    by_uai: dict[str, list[int]] = defaultdict(list)
    for index, line in enumerate(settled):
        by_uai[line.uai].append(index)
    for uai, indexes in by_uai.items():
        rows = [settled[index] for index in indexes]
        if len(rows) == 1 or not any(row.school for row in rows):
            continue
        contents = {replace(row.school, line=0) if row.school else None for row in rows}
        numbers = ", ".join(str(row.number) for row in rows)
        for index, row in list(zip(indexes, rows, strict=True))[len(contents) == 1 :]:
            code, value = ("repeated", str(rows[0].number)) if len(contents) == 1 else ("uai_twice", numbers)
            problem = RowProblem(row.number, uai, "Identifiant_de_l_etablissement", code, value)
            settled[index] = replace(row, school=None, problems=(*row.problems, problem))
    return settled
