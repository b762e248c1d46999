"""The numbers by which the State knows an organisation, and whether one can be right.

RNA: the directory of associations, W and 9 digits. SIREN and SIRET: INSEE's directory, with a check digit; La Poste's
SIRETs follow a rule of their own, which stdnum knows.
"""

import re

from django.utils.translation import gettext_lazy as _
from stdnum.fr import siren as siren_numbers
from stdnum.fr import siret as siret_numbers

from common.errors import BadInput

RNA = re.compile(r"W[0-9]{9}")
SIREN = re.compile(r"[0-9]{9}")
SIRET = re.compile(r"[0-9]{14}")


class RegisterNumberWrong(BadInput):
    code = "register_number_wrong"


def is_rna(number: str) -> bool:
    return RNA.fullmatch(number) is not None


def is_siren(number: str) -> bool:
    return SIREN.fullmatch(number) is not None and siren_numbers.is_valid(number)


def is_siret(number: str) -> bool:
    return SIRET.fullmatch(number) is not None and siret_numbers.is_valid(number)


def ensure_numbers_right(*, rna: str, siren: str, siret: str) -> None:
    """Raises RegisterNumberWrong, naming each wrong number. An empty one is not known, and right."""
    wrong = {}
    if rna and not is_rna(rna):
        wrong["rna"] = _("An RNA number is W and 9 digits.")
    if siren and not is_siren(siren):
        wrong["siren"] = _("Not a SIREN number: 9 digits, the last one being a check.")
    if siret and not is_siret(siret):
        wrong["siret"] = _("Not a SIRET number: 14 digits, the last one being a check.")
    elif siren and siret and not siret.startswith(siren):
        wrong["siret"] = _("This SIRET is not one of that SIREN.")
    if wrong:
        raise RegisterNumberWrong(fields=wrong)
