"""French departments: which one a commune or a postal code lies in."""

import re

COMMUNE_CODE = "[0-9]{5}|2[AB][0-9]{3}"
DEPARTMENT_CODE = "[0-9]{2}|2[AB]|9[78][0-9]"
DEPARTMENTS = {f"{number:02d}" for number in range(1, 96)} - {"20"}
OVERSEAS = {"971", "972", "973", "974", "975", "976", "977", "978", "984", "986", "987", "988"}


def spelled(code: str) -> str:
    """The one spelling of a department's code that people write in many: "075" and "75" are "75", "1" is "01", "02a"
    is "2A". "" for what is no such code."""
    short = code.strip().upper()
    if len(short) == 3 and short.startswith("0"):
        short = short[1:]
    short = short.zfill(2)
    return short if short != "00" and re.fullmatch(DEPARTMENT_CODE, short) else ""


def department_of(*, commune_code: str, postal_code: str) -> str:
    """The department's code ("93", "2A", "974"), "" when neither says.

    A commune's code (INSEE) begins with it. A postal code does too, save that Corsica's (20…) hide which of its two
    departments they mean, and that Monaco's and the armies' (98000, 00…) mean none.
    """
    code = commune_code or postal_code
    if code.startswith(("97", "98")):
        return code[:3] if commune_code or code[:3] in OVERSEAS else ""
    return code[:2] if code[:2] in DEPARTMENTS or (commune_code and code[:2] in ("2A", "2B")) else ""

