"""Text as people type it, made comparable."""

import re
import unicodedata

# What no text holds: NUL and lone surrogates, which the databases refuse, and the control characters and noncharacters
# that XML, spreadsheets and mail headers refuse later. Tab and line breaks are welcome.
_CONTROLS = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufeff\ufffe\uffff"
UNSTORABLE = re.compile(rf"[{_CONTROLS}\ud800-\udfff]")
# The same for the contract (a JSON text in UTF-8 has no lone surrogate): any text, and one that is not blank.
TEXT_PATTERN = rf"^[^{_CONTROLS}]*$"
FILLED_TEXT_PATTERN = rf"^[^{_CONTROLS}]*[^\s{_CONTROLS}][^{_CONTROLS}]*$"
# Those that nobody sees, or that steer the direction of writing: no part of one line or of a name (common.names). The
# two joiners shape letters, and stay; they alone are nothing.
_UNSEEN = (
    r"\t\n\r\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180e\u200b"
    r"\u200e\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\uffa0\ufff9-\ufffb"
)
_NO_LINE = rf"{_CONTROLS}{_UNSEEN}"
LINE_PATTERN = rf"^[^{_NO_LINE}]*$"
FILLED_LINE_PATTERN = rf"^[^{_NO_LINE}]*[^\s\u200c\u200d{_NO_LINE}][^{_NO_LINE}]*$"
# A name leads nowhere either, in whatever letters.
_NO_NAME = rf"@\uff20\ufe6b{_NO_LINE}"
LEADS_AWAY = r"[:\uff1a\ufe13\ufe55]\s*[/\uff0f]\s*[/\uff0f]"
NAME_PATTERN = rf"^(?!.*{LEADS_AWAY})[^{_NO_NAME}]*$"
FILLED_NAME_PATTERN = rf"^(?!.*{LEADS_AWAY})[^{_NO_NAME}]*[^\s\u200c\u200d{_NO_NAME}][^{_NO_NAME}]*$"


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


EXCERPT_LENGTH = 300
# So much of a text has to be read to tell whether it is longer.
EXCERPT_READ = EXCERPT_LENGTH + 1


def excerpt_of(text: str) -> str:
    """A text of at most 300 characters as it is; of a longer one (its first 301 are enough) whole words and "…"."""
    if len(text) <= EXCERPT_LENGTH:
        return text
    beginning = text[:EXCERPT_LENGTH]
    return f"{beginning.rpartition(' ')[0] or beginning[:-1]}…"
