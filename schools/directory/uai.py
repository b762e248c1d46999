"""The UAI, which names a school and carries a check key."""

import re

UAI_KEYS = "ABCDEFGHJKLMNPRSTUVWXYZ"
# The numbers that open a UAI are those of the department, except in Corsica.
CORSICA = {"620": "02A", "720": "02B"}


def is_uai(text: str) -> bool:
    """Whether the text is seven digits and their key: the letter of UAI_KEYS at the number modulo 23."""
    return bool(re.fullmatch(r"[0-9]{7}[A-Z]", text)) and UAI_KEYS[int(text[:7]) % len(UAI_KEYS)] == text[7]


def department_of(uai: str) -> str:
    """The department, as the Ministry writes it (three characters, "075"), that a UAI's first digits stand for."""
    return CORSICA.get(uai[:3], uai[:3])
