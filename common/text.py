"""Text as people type it, made comparable."""

import re
import unicodedata

# What no text holds: NUL and lone surrogates, which the databases refuse, and the control characters and noncharacters
# that XML, spreadsheets and mail headers refuse later. Tab and line breaks are welcome.
_CONTROLS = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufeff\ufffe\uffff"
UNSTORABLE = re.compile(rf"[{_CONTROLS}\ud800-\udfff]")
# The same for the contract (a JSON text in UTF-8 has no lone surrogate): any text, and one that is not blank.
TEXT_PATTERN = rf"^[^{_CONTROLS}]*$"
# One line without hidden signs, and a name, which holds no address either (common.names says more).
_HIDDEN = rf"{_CONTROLS}\t\n\r\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
LINE_PATTERN = rf"^[^{_HIDDEN}]*$"
NAME_PATTERN = rf"^[^@{_HIDDEN}]*$"
FILLED_TEXT_PATTERN = rf"^[^{_CONTROLS}]*[^\s{_CONTROLS}][^{_CONTROLS}]*$"


def fold(text: str) -> str:
    """Lower case, no accents, single spaces, letters and digits of any script: "Île-de-France" is "ile de france"."""
    decomposed = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "oe"))
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(re.findall(r"[^\W_]+", plain.casefold()))


def with_ascii_host(url: str) -> str:
    """The web address with each part of its host that has an accent as the DNS knows it (RFC 3492): `xn--…`."""
    scheme, separator, rest = url.partition("://")
    host = re.split("[:/?#]", rest, maxsplit=1)[0]
    labels = (
        label if label.isascii() else f"xn--{unicodedata.normalize('NFC', label.lower()).encode('punycode').decode()}"
        for label in host.split(".")
    )
    return f"{scheme}{separator}{'.'.join(labels)}{rest[len(host) :]}"
