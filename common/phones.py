"""Telephone numbers as people type them, kept as E.164 (ITU-T): `+` and up to 15 digits."""

import re
import unicodedata

from django.utils.translation import gettext_lazy as _

from common.errors import BadInput

_TYPED = re.compile(r"[+0-9][0-9 .()/\-]*", re.ASCII)
# Dashes of every width, as phones and word processors write them.
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
# Typed after the country's number all the same: +33 06 12 34 56 78.
_NATIONAL_ZERO = re.compile(r"\+(33|590|594|596|262)0(?=[1-9])")
_E164 = re.compile(r"\+[1-9][0-9]{7,14}", re.ASCII)
# France's numbering plan (Arcep): 0, then nine digits; those of the overseas departments have countries of their own.
_FRENCH = re.compile(r"0([1-79][0-9]{8})", re.ASCII)
_OVERSEAS = {
    "590": ("590", "690", "691"),
    "594": ("594", "694"),
    "596": ("596", "696", "697"),
    "262": ("262", "263", "269", "639", "692", "693"),
}


class PhoneInvalid(BadInput):
    code = "phone_invalid"


def normalise_phone(text: str) -> str:
    """`06 12 34 56 78`, `+33 (0)6.12.34.56.78`, `+33 06 12…` and `0033612345678` are `+33612345678`.

    Short numbers (15, 112) and French 08 numbers are nobody's own. Raises PhoneInvalid.
    """
    typed = _DASHES.sub("-", unicodedata.normalize("NFKC", text)).strip().removeprefix("tel:")
    if _TYPED.fullmatch(typed):
        digits = re.sub(r"[^+0-9]", "", typed.replace("(0)", ""))
        if digits.startswith("00"):
            digits = "+" + digits[2:]
        digits = _NATIONAL_ZERO.sub(r"+\1", digits)
        if french := _FRENCH.fullmatch(digits):
            digits = f"+{_country_of(french[1])}{french[1]}"
        is_long_enough = not digits.startswith("+33") or re.fullmatch(r"\+33[1-79][0-9]{8}", digits)
        if _E164.fullmatch(digits) and is_long_enough:
            return digits
    raise PhoneInvalid(
        fields={"phone": _("This is not a telephone number. Write it like 06 12 34 56 78 or +32 470 12 34 56.")}
    )


def _country_of(national: str) -> str:
    return next((country for country, starts in _OVERSEAS.items() if national.startswith(starts)), "33")
