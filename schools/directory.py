"""What a file of the Ministry's directory of schools says of each lycée, and what cannot be believed.

Source: "Annuaire de l'éducation", data.education.gouv.fr, Licence Ouverte 2.0 (Etalab); the twelve rows of
schools/sample/annuaire_demo.csv are of April 2026.

A spreadsheet that saves the file loses leading zeros and the end of long numbers. A cell it spoilt is
restored only when the UAI, which has a check key of its own, confirms it; else it is dropped, never guessed.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _
from stdnum.fr import siret

from common.errors import BadInput
from common.text import fold

UAI_KEYS = "ABCDEFGHJKLMNPRSTUVWXYZ"
SECTION_NATURES = {"334", "335"}
# The numbers that open a UAI are those of the department, except in Corsica.
CORSICA = {"620": "02A", "720": "02B"}
# Degrees around metropolitan France and Corsica, south to north and west to east.
METROPOLITAN_LATITUDES, METROPOLITAN_LONGITUDES = (41.0, 51.5), (-5.5, 10.0)

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
ADDRESS_COLUMNS = ["Adresse_1", "Adresse_2", "Adresse_3"]
DATE_COLUMNS = ["date_ouverture", "date_maj_ligne"]
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

SCIENTIFIC = re.compile(r"[0-9]+(?:[.,][0-9]+)?E\+?[0-9]+", re.IGNORECASE)
WEBSITE = re.compile(r"(?:https?://)?[^\s/:?#]+\.[^\s/:?#]+(?:[:/?#]\S*)?", re.IGNORECASE)
DEGREES = re.compile(r"[-+]?[0-9]{1,3}(?:\.[0-9]+)?(?:E-[0-9]{1,2})?", re.IGNORECASE)
SLASHED_DATE = re.compile(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4}")


# What can be wrong, by stable code. An error's row is not imported.
ERRORS: Mapping[str, Any] = {
    "cell_count": _("The row and the header have not the same number of cells (%(value)s)."),
    "uai_wrong": _("“%(value)s” is not a UAI: seven digits and their key letter."),
    "uai_twice": _("The lines %(value)s say different things of this UAI: none is imported."),
    "type_missing": _("The row does not say readably what type of school this is."),
    "state_unknown": _("“%(value)s” says neither that the school is open nor that it will close."),
    "name_missing": _("The school is new and the row does not give its name."),
}
# The row is imported, without this cell unless the sentence says otherwise.
DAMAGES: Mapping[str, Any] = {
    "number_shortened": _("A spreadsheet shortened the number (%(value)s): cell not imported."),
    "zero_lost": _("“%(value)s” has lost its leading zero: cell not imported."),
    "zero_restored": _("“%(value)s” had lost its leading zero: restored, because the UAI confirms it."),
    "date_rewritten": _("A spreadsheet rewrote the date (%(value)s): cell not imported."),
    "text_damaged": _("The characters are damaged (%(value)s): cell not imported."),
    "position_wrong": _("“%(value)s” is not a position where this school can be: not imported."),
}
# The same, in a file that is as the Ministry published it.
REMARKS: Mapping[str, Any] = {
    "cell_wrong": _("“%(value)s” is not possible in this column: cell not imported."),
    "closing": _("The Ministry announces that this school will close."),
    "mother_absent": _("The mother school %(value)s is neither in the file nor known: not attached."),
}
SKIPS: Mapping[str, Any] = {
    "not_a_lycee": _("“%(value)s” is not a lycée."),
    "repeated": _("Line %(value)s says the same."),
}
SENTENCES: Mapping[str, Any] = {**ERRORS, **DAMAGES, **REMARKS, **SKIPS}


class Severity(StrEnum):
    """ERROR: the row is not imported. WARNING: it is, with this reservation. SKIPPED: it is none of ours."""

    ERROR = "error"
    WARNING = "warning"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong at a line (1 is the header) and column; `value` is the cell, made printable."""

    line: int
    uai: str
    column: str
    code: str
    value: str = ""

    @property
    def severity(self) -> Severity:
        if self.code in ERRORS:
            return Severity.ERROR
        return Severity.SKIPPED if self.code in SKIPS else Severity.WARNING

    @property
    def is_damage(self) -> bool:
        """Whether the file is not as the Ministry published it, so that absence from it proves nothing."""
        return self.code in ERRORS or self.code in DAMAGES

    @property
    def sentence(self) -> str:
        """For the reader, in the language active when it is asked."""
        return str(SENTENCES[self.code]) % {"value": self.value}


@dataclass(frozen=True, slots=True)
class SchoolRow:
    """One lycée or section as the file tells it. An empty text or None is a cell that says nothing.

    `sector` is public or private, coordinates are degrees (WGS 84), both or none.
    """

    line: int
    uai: str
    name: str
    sector: str
    nature_code: str
    mother_uai: str
    address: str
    postal_code: str
    commune_code: str
    commune_name: str
    department_code: str
    academy_name: str
    region_name: str
    siret: str
    phone: str
    email: str
    website: str
    latitude: float | None
    longitude: float | None
    is_closing: bool | None

    @property
    def is_section(self) -> bool:
        return self.nature_code in SECTION_NATURES


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


def is_uai(text: str) -> bool:
    """Whether the text is seven digits and their key: the letter of UAI_KEYS at the number modulo 23."""
    return bool(re.fullmatch(r"[0-9]{7}[A-Z]", text)) and UAI_KEYS[int(text[:7]) % len(UAI_KEYS)] == text[7]


def department_of(uai: str) -> str:
    """The department (three characters, "075") that the first digits of a UAI stand for."""
    return CORSICA.get(uai[:3], uai[:3])


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
    row = _Row(number, uai, {})
    if len(cells) != width:
        row.complain("", "cell_count", f"{len(cells)} ≠ {width}")
    elif not is_uai(uai):
        row.complain("Identifiant_de_l_etablissement", "uai_wrong", uai)
    else:
        row.cells = {column: cells[position] for column, position in positions.items()}
        return _believe(row)
    return DirectoryLine(number, _printable(uai), None, tuple(row.problems))


def _believe(row: "_Row") -> DirectoryLine:
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


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text[:80])


def _is_mojibake(text: str) -> bool:
    """Whether the text is UTF-8 that was read as a Western 8-bit encoding ("LycÃ©e")."""
    for encoding in ("cp1252", "latin-1"):
        try:
            return text.encode(encoding).decode("utf-8") != text
        except UnicodeError:
            continue
    return False


class _Row:
    """The cells of one row by official column name; what cannot be believed is noted and read as empty."""

    def __init__(self, number: int, uai: str, cells: Mapping[str, str]) -> None:
        self.number = number
        self.uai = uai
        self.cells = cells
        self.problems: list[RowProblem] = []

    def complain(self, column: str, code: str, value: str) -> str:
        self.problems.append(RowProblem(self.number, _printable(self.uai), column, code, _printable(value)))
        return ""

    def school(self) -> SchoolRow:
        for column in DATE_COLUMNS:
            if SLASHED_DATE.fullmatch(date := self.text(column, 100)):
                self.complain(column, "date_rewritten", date)
        department = department_of(self.uai)
        self.code("Code_academie", 2, "[0-9]{2}", sure_start=None)
        latitude, longitude = self.position()
        return SchoolRow(
            line=self.number,
            uai=self.uai,
            name=self.text("Nom_etablissement", 200),
            sector=self.sector(),
            nature_code=self.code("code_nature", 3, "[0-9]{3}", sure_start=None),
            mother_uai=self.mother(),
            address=self.address(),
            postal_code=self.code("Code_postal", 5, "[0-9]{5}", sure_start=department[1:]),
            commune_code=self.code("Code_commune", 5, "(?:[0-9]{2}|2[AB])[0-9]{3}", sure_start=department[1:]),
            commune_name=self.text("Nom_commune", 100),
            department_code=self.code("Code_departement", 3, "[0-9]{3}|02[AB]", sure_start=department),
            academy_name=self.text("Libelle_academie", 60),
            region_name=self.text("Libelle_region", 60),
            siret=self.siret(),
            phone=self.phone(),
            email=self.email(),
            website=self.website(),
            latitude=latitude,
            longitude=longitude,
            is_closing=self.is_closing(),
        )

    def text(self, column: str, longest: int) -> str:
        raw = self.cells.get(column, "").strip()
        text = " ".join(raw.split())
        if "\N{REPLACEMENT CHARACTER}" in text or not text.isprintable() or _is_mojibake(raw):
            return self.complain(column, "text_damaged", text)
        return text if len(text) <= longest else self.complain(column, "cell_wrong", text)

    def code(self, column: str, width: int, shape: str, *, sure_start: str | None) -> str:
        """A code of fixed width; a lost leading zero is restored if the whole then begins as the UAI says."""
        text = self.text(column, 100)
        if not text or re.fullmatch(shape, text):
            return text
        if SCIENTIFIC.fullmatch(text):
            return self.complain(column, "number_shortened", text)
        whole = text.zfill(width)
        if len(text) >= width or not re.fullmatch(shape, whole):
            return self.complain(column, "cell_wrong", text)
        if sure_start is None or not whole.startswith(sure_start):
            return self.complain(column, "zero_lost", text)
        self.complain(column, "zero_restored", text)
        return whole

    def sector(self) -> str:
        text = self.text("Statut_public_prive", 100)
        sectors = {"": "", "public": "public", "prive": "private"}
        if fold(text) not in sectors:
            return self.complain("Statut_public_prive", "cell_wrong", text)
        return sectors[fold(text)]

    def address(self) -> str:
        """The lines of the address but the one that repeats postal code and commune."""
        lines = [self.text(column, 95) for column in ADDRESS_COLUMNS]
        postal_code = self.cells["Code_postal"].strip() or "-"
        return ", ".join(line for line in lines if line and not line.startswith(f"{postal_code} "))

    def mother(self) -> str:
        uai = self.text("etablissement_mere", 100).upper()
        if uai and (not is_uai(uai) or uai == self.uai):
            return self.complain("etablissement_mere", "cell_wrong", uai)
        return uai

    def siret(self) -> str:
        text = self.text("SIREN_SIRET", 100).replace(" ", "")
        if not text or (siret.is_valid(text) and not text.endswith("00000")):
            return text
        # No establishment is numbered 00000: those zeros are the digits that a spreadsheet lost.
        if SCIENTIFIC.fullmatch(text) or re.fullmatch(r"[0-9]+00000", text):
            return self.complain("SIREN_SIRET", "number_shortened", text)
        lost_zero = re.fullmatch("[0-9]{13}", text)
        return self.complain("SIREN_SIRET", "zero_lost" if lost_zero else "cell_wrong", text)

    def phone(self) -> str:
        text = self.text("Telephone", 100)
        digits = re.sub(r"[ .\-/()]", "", text)
        # Six digits in New Caledonia and Wallis and Futuna, eight in French Polynesia, else ten.
        if not text or (re.fullmatch(r"0[0-9]{9}|\+[0-9]{8,15}|[0-9]{6}|[0-9]{8}", digits) and len(text) <= 20):
            return text
        if SCIENTIFIC.fullmatch(text):
            return self.complain("Telephone", "number_shortened", text)
        lost_zero = re.fullmatch("[1-9][0-9]{8}", digits)
        return self.complain("Telephone", "zero_lost" if lost_zero else "cell_wrong", text)

    def email(self) -> str:
        text = self.text("Mail", 254)
        try:
            if text:
                validate_email(text)
        except ValidationError:
            return self.complain("Mail", "cell_wrong", text)
        return text

    def website(self) -> str:
        text = self.text("Web", 300)
        return text if not text or WEBSITE.fullmatch(text) else self.complain("Web", "cell_wrong", text)

    def position(self) -> tuple[float, float] | tuple[None, None]:
        texts = [self.text(column, 100) for column in ("latitude", "longitude")]
        if not any(texts):
            return None, None
        if all(DEGREES.fullmatch(text) for text in texts):
            latitude, longitude = (float(text) for text in texts)
            if self.can_be_at(latitude, longitude):
                return latitude, longitude
        self.complain("latitude", "position_wrong", "; ".join(texts))
        return None, None

    def can_be_at(self, latitude: float, longitude: float) -> bool:
        department = department_of(self.uai)
        if department <= "095":
            (south, north), (west, east) = METROPOLITAN_LATITUDES, METROPOLITAN_LONGITUDES
            return south <= latitude <= north and west <= longitude <= east
        return abs(latitude) <= 90 and abs(longitude) <= 180 and (latitude, longitude) != (0, 0)

    def is_closing(self) -> bool | None:
        state = fold(self.cells["etat"])
        if state == "a fermer":
            self.complain("etat", "closing", self.cells["etat"])
        elif self.cells["etat"].strip() and state != "ouvert":
            self.complain("etat", "state_unknown", self.cells["etat"])
        return {"a fermer": True, "ouvert": False}.get(state)
