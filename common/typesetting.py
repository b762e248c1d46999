"""Any text as the fonts of our papers can show it: PDF/UA forbids to leave a hole, and no name may forbid a paper."""

import re
import unicodedata

# A word of a name that is longer is broken, so that no page can be left.
LONGEST_WORD = 40
# A stack of accents that no language has would run over the lines above.
MOST_MARKS = 4
# What the fonts that typst brings can show, in every company: Latin, Greek, Cyrillic and their marks, some signs.
NOT_SHOWN = re.compile(
    "[^\u0020-\u007e\u00a0-\u036f\u0370-\u0377\u037a-\u037f\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u0482\u048a-\u04ff"
    "\u1e00-\u1eff\u2010-\u2027\u202f-\u203a\u20ac\u2116\u2122]"
)
STACK = re.compile(f"([\u0300-\u036f]{{{MOST_MARKS}}})[\u0300-\u036f]+")
SPACES = re.compile("[\t-\r\x1c-\x1f\x85\u2028\u2029]+")
SHOWN_INSTEAD = "\u25a1"


def settable(text: str) -> str:
    """Composed; line breaks and tabs are spaces, what has no shape of its own is dropped, what the fonts lack is a box;
    with a place to break in each endless word."""
    text = SPACES.sub(" ", unicodedata.normalize("NFC", text))
    visible = "".join(one for one in STACK.sub(r"\1", text) if not _is_formatting(one))
    return _broken(NOT_SHOWN.sub(SHOWN_INSTEAD, visible))


def _is_formatting(character: str) -> bool:
    """Controls, directions, joiners, variation selectors: they change how others look, and look like nothing."""
    is_selector = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    return is_selector or unicodedata.category(character) in ("Cc", "Cf")


def _broken(text: str) -> str:
    return " ".join(
        "\u200b".join(word[start : start + LONGEST_WORD] for start in range(0, len(word), LONGEST_WORD)) or word
        for word in text.split(" ")
    )
