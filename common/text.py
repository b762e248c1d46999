"""Text as people type it, made comparable."""

import re
import unicodedata


def mailbox_of(email: str) -> str:
    """The mailbox an address most likely means: lower case, without dots or `+tag` in its local part.

    For comparing addresses of people who might be one (Gmail's rules, widely copied), never for sending.
    """
    local, _at, host = email.strip().lower().rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{host}"


def fold(text: str) -> str:
    """Lower case, no accents, single spaces, letters and digits of any script: "Île-de-France" is "ile de france"."""
    decomposed = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "oe"))
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(re.findall(r"[^\W_]+", plain.casefold()))
