"""Text as people type it, made comparable."""

import re
import unicodedata


def fold(text: str) -> str:
    """Lower case, no accents, single spaces, letters and digits only: "Île-de-France" is "ile de france"."""
    decomposed = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "oe"))
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(re.findall(r"[a-z0-9]+", plain.casefold()))
