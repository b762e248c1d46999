"""Codes that people read aloud, copy from a board and type: what they meant."""

import unicodedata


def as_typed(text: str, look_alikes: dict[int, int] | None = None) -> str:
    """The code as it was made: capitals and digits alone, whatever case, spaces, hyphens or dots people put in.

    `look_alikes` (of str.maketrans) names characters that its alphabet does not have, and what they were read for.
    """
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", text).upper() if sign.isascii() and sign.isalnum())
    return plain.translate(look_alikes or {})
