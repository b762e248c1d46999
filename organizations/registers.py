"""The numbers by which the State knows an organisation, as people type them, and whether one can be right.

RNA: the directory of associations: W, a department (Corsica and overseas by letter) and 7 digits. SIREN and SIRET:
INSEE's directory, with a check digit; La Poste's SIRETs follow a rule of their own, which stdnum knows.
"""

import re
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _
from stdnum.fr import siren as siren_numbers
from stdnum.fr import siret as siret_numbers

from common.errors import BadInput

RNA = re.compile(r"W(?:[0-9]{2}|2[AB]|9[A-Z])[0-9]{7}")
SIREN = re.compile(r"[0-9]{9}")
SIRET = re.compile(r"[0-9]{14}")
# Spaces of any kind, points, dashes: what people put between digits.
BETWEEN_DIGITS = re.compile(r"[\W_]+")


class RegisterNumberWrong(BadInput):
    code = "register_number_wrong"


class Numbers(NamedTuple):
    """What one organisation is known by; an empty number is not known."""

    rna: str
    siren: str
    siret: str


def is_rna(number: str) -> bool:
    return RNA.fullmatch(number) is not None


def is_siren(number: str) -> bool:
    return SIREN.fullmatch(number) is not None and siren_numbers.is_valid(number)


def is_siret(number: str) -> bool:
    return SIRET.fullmatch(number) is not None and siret_numbers.is_valid(number)


def compact(number: str) -> str:
    """A number without what people put between its digits: "w-751-234-567" is "W751234567"."""
    return BETWEEN_DIGITS.sub("", number).upper()


def read_numbers(*, rna: str, siren: str, siret: str) -> Numbers:
    """The numbers as the State writes them. A SIRET given as SIREN is both, as the State's exchange reads it."""
    rna, siren, siret = compact(rna), compact(siren), compact(siret)
    if SIRET.fullmatch(siren):
        siren, siret = siren[:9], siret or siren
    return Numbers(rna, siren, siret)


def wrong_numbers(numbers: Numbers) -> dict[str, object]:
    """Why, by name, of each number that cannot be right."""
    wrong: dict[str, object] = {}
    if numbers.rna and not is_rna(numbers.rna):
        wrong["rna"] = _("This is not an RNA number: W, then 9 digits, such as W751234567. Check each digit.")
    if numbers.siren and not is_siren(numbers.siren):
        wrong["siren"] = _("This is not a SIREN number: it has 9 digits, the last one being a check. Check each digit.")
    if numbers.siret and not is_siret(numbers.siret):
        wrong["siret"] = _(
            "This is not a SIRET number: it has 14 digits, the last one being a check. Check each digit."
        )
    elif numbers.siren and numbers.siret and not numbers.siret.startswith(numbers.siren):
        wrong["siret"] = _("This SIRET does not begin with that SIREN. Check both.")
    return wrong


def ensure_numbers_right(numbers: Numbers) -> None:
    """Raises RegisterNumberWrong, naming each wrong number. An empty one is not known, and right."""
    if wrong := wrong_numbers(numbers):
        raise RegisterNumberWrong(fields=wrong)
