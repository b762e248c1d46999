"""What the cells of one row say of a school, and what of them cannot be believed.

A spreadsheet that saves the file loses leading zeros and the end of long numbers. A cell it spoilt is
restored only when the UAI, which has a check key of its own, confirms it; else it is dropped, never guessed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from stdnum.fr import siret

from common import territory
from common.mailboxes import AddressRefused, canonical_address
from common.names import validate_name
from common.text import fold
from schools.directory.problems import RowProblem, printable
from schools.directory.uai import department_of, is_uai

SECTION_NATURES = {"334", "335"}
# The Ministry's nomenclature of natures: 1.. are schools for children, 340 to 352 collèges, 390 their sections.
NO_LYCEE_NATURE = re.compile("1[0-9]{2}|34[0-9]|35[0-9]|390")
# Which say that it is a lycée where the type is empty.
LYCEE_NATURE = re.compile("3[0-2][0-9]")
# Degrees around metropolitan France and Corsica, south to north and west to east.
METROPOLITAN_LATITUDES, METROPOLITAN_LONGITUDES = (41.0, 51.5), (-5.5, 10.0)

ADDRESS_COLUMNS = ["Adresse_1", "Adresse_2", "Adresse_3"]
DATE_COLUMNS = ["date_ouverture", "date_maj_ligne"]

SCIENTIFIC = re.compile(r"[0-9]+(?:[.,][0-9]+)?E\+?[0-9]+", re.IGNORECASE)
WEBSITE = re.compile(r"(?:https?://)?[^\s/:?#]+\.[^\s/:?#]+(?:[:/?#]\S*)?", re.IGNORECASE)
DEGREES = re.compile(r"[-+]?[0-9]{1,3}(?:\.[0-9]+)?(?:E-[0-9]{1,2})?", re.IGNORECASE)
SLASHED_DATE = re.compile(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4}")


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
    # Stands several times under one UAI: once for each of its sites.
    has_sites: bool

    @property
    def is_section(self) -> bool:
        return self.nature_code in SECTION_NATURES


def _is_mojibake(text: str) -> bool:
    """Whether the text is UTF-8 that was read as a Western 8-bit encoding ("LycÃ©e")."""
    for encoding in ("cp1252", "latin-1"):
        try:
            return text.encode(encoding).decode("utf-8") != text
        except UnicodeError:
            continue
    return False


class Cells:
    """The cells of one row by official column name; what cannot be believed is noted and read as empty."""

    def __init__(self, number: int, uai: str, cells: Mapping[str, str]) -> None:
        self.number = number
        self.uai = uai
        self.cells = cells
        self.problems: list[RowProblem] = []

    def complain(self, column: str, code: str, value: str) -> str:
        self.problems.append(RowProblem(self.number, printable(self.uai), column, code, printable(value)))
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
            name=self.name(),
            sector=self.sector(),
            nature_code=self.code("code_nature", 3, "[0-9]{3}", sure_start=None),
            mother_uai=self.mother(),
            address=self.address(),
            postal_code=self.code("Code_postal", 5, "[0-9]{5}", sure_start=department[1:]),
            commune_code=self.code("Code_commune", 5, "(?:[0-9]{2}|2[AB])[0-9]{3}", sure_start=department[1:]),
            commune_name=self.text("Nom_commune", 100),
            department_code=self.department(department),
            academy_name=self.text("Libelle_academie", 60),
            region_name=self.text("Libelle_region", 60),
            siret=self.siret(),
            phone=self.phone(),
            email=self.email(),
            website=self.website(),
            latitude=latitude,
            longitude=longitude,
            is_closing=self.is_closing(),
            has_sites=self.text("multi_uai", 100) == "1",
        )

    def department(self, of_uai: str) -> str:
        """As everywhere here, "75": the Ministry writes "075". An empty cell is told by the UAI."""
        cell = self.code("Code_departement", 3, "[0-9]{3}|02[AB]", sure_start=of_uai)
        return territory.spelled(cell or ("" if self.cells["Code_departement"].strip() else of_uai))

    def text(self, column: str, longest: int) -> str:
        raw = self.cells.get(column, "").strip()
        text = " ".join(raw.split())
        if "\N{REPLACEMENT CHARACTER}" in text or not text.isprintable() or _is_mojibake(raw):
            return self.complain(column, "text_damaged", text)
        return text if len(text) <= longest else self.complain(column, "cell_wrong", text)

    def name(self) -> str:
        text = self.text("Nom_etablissement", 200)
        try:
            validate_name(text)
        except ValidationError:
            return self.complain("Nom_etablissement", "cell_wrong", text)
        return text

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
            return canonical_address(text) if text else ""
        except AddressRefused:
            return self.complain("Mail", "cell_wrong", text)

    def website(self) -> str:
        text = self.text("Web", 300)
        return text if not text or WEBSITE.fullmatch(text) else self.complain("Web", "cell_wrong", text)

    def position(self) -> tuple[float, float] | tuple[None, None]:
        texts = [self.text(column, 100) for column in ("latitude", "longitude")]
        if not all(self.cells[column].strip() for column in ("latitude", "longitude")):
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
