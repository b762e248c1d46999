"""Names as people and schools type them: what a name may hold, when two are the same person's, which spelling wins."""

import re
import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from common.text import LINE_PATTERN, NAME_PATTERN, fold

NAME_NEEDED = _("Give a name; one alone is enough.")
NOT_A_NAME = _("A name holds no web or mail address, no line break and no hidden sign. Take them out.")

# Letters that Unicode does not take apart, as lists without accents write them.
PLAIN_LETTERS = str.maketrans(
    {
        **{"œ": "oe", "æ": "ae", "ß": "ss", "þ": "th", "ð": "d", "đ": "d", "ø": "o", "ł": "l", "ı": "i"},
        **{"ħ": "h", "ŧ": "t", "ŋ": "ng", "ə": "e", "ɛ": "e", "ɔ": "o", "ɓ": "b", "ɗ": "d", "ƙ": "k", "ƴ": "y"},
        **{"ĳ": "ij", "ŀ": "l", "ĸ": "k", "ǥ": "g", "ƶ": "z", "ɨ": "i", "ʉ": "u", "ƀ": "b", "ɖ": "d", "ɲ": "n"},
    }
)
LIKENESS = 0.8
LAST_OF_BMP = 0xFFFF
_LINE, _NAME = re.compile(LINE_PATTERN), re.compile(NAME_PATTERN)
# "Le Goff" and "Le Gall" are not alike for their first word.
SHORTEST_TELLING_WORD = 4


# A dot that would begin the last part of a host, in any of the shapes that a mail program takes for one.
_DOT_OF_HOST = re.compile(r"(?<=\S)[.。．｡](?=[^\W\d_])")
_AT = re.compile(r"(?<=\S)[@＠﹫](?=\S)")


def without_links(text: str) -> str:
    """The text as nobody's mail program makes a link of it: `www. x. fr/y`, `jo @ x. fr`, and no hidden signs."""
    seen = "\n".join(without_hidden(line) for line in text.split("\n"))
    return _AT.sub(" @ ", _DOT_OF_HOST.sub(". ", seen)).replace("://", ": //")


def without_hidden(text: str) -> str:
    """The text as people see it: without control characters, direction marks, line breaks and other hidden signs."""
    return "".join(sign for sign in text if not has_hidden(sign))


def has_hidden(text: str) -> bool:
    """Whether the text holds a control, a direction mark, a line break or another sign that nobody sees."""
    return not _LINE.fullmatch(text) or any(is_hidden_beyond(sign) for sign in text)


def is_hidden_beyond(sign: str) -> bool:
    """Whether this is a hidden sign beyond the first plane of Unicode, such as a tag."""
    return ord(sign) > LAST_OF_BMP and unicodedata.category(sign) == "Cf"


def validate_line(text: str) -> None:
    """One line, without hidden signs: a title, a place. Raises ValidationError."""
    if has_hidden(text) or _is_unseen(text):
        raise ValidationError(_("Write it on one line, without hidden signs."), code="invalid")


def validate_name(text: str) -> None:
    """Of a person, an organisation, a class, a school: it says who, and leads nowhere. Raises ValidationError."""
    if has_hidden(text) or _is_unseen(text) or not _NAME.fullmatch(text):
        raise ValidationError(NOT_A_NAME, code="invalid")


def _is_unseen(text: str) -> bool:
    return bool(text) and not text.strip("\u200c\u200d ")


def full_name(first_name: str, last_name: str) -> str:
    """Both, or the one name that somebody has."""
    return " ".join(name for name in (first_name, last_name) if name)


def short_name(first_name: str, last_name: str) -> str:
    """The first name and an initial; one name alone as it is."""
    return f"{first_name} {last_name[0]}." if last_name else first_name


def in_order(first_name: str, last_name: str) -> tuple[str, str]:
    """One name alone is kept as the first: it is what everybody reads."""
    return (first_name, last_name) if first_name else (last_name, "")


def name_key(*names: str) -> str:
    """The same for every spelling of a name: accents, ligatures, bars, capitals, hyphens, apostrophes, spaces aside.

    LAETITIA is Lætitia, YILDIZ ISIK is Yıldız Işık, NDIAYE is N'Diaye, "DE LA TOUR" is "Delatour".
    """
    return "".join(word_keys(*names))


def word_keys(*names: str) -> list[str]:
    """The words of a name, made comparable."""
    text = unicodedata.normalize("NFKC", " ".join(names)).lower().translate(PLAIN_LETTERS)
    letters = "".join(sign for sign in text if unicodedata.category(sign) != "Lm")
    return fold(letters.translate(PLAIN_LETTERS)).split()


def are_alike(one: str, other: str) -> bool:
    """Whether two surnames may be one: the same but for spelling, mistyped, or sharing one of their words."""
    keys = name_key(one), name_key(other)
    if not all(keys):
        return False
    shared = set(word_keys(one)) & set(word_keys(other))
    return (
        SequenceMatcher(None, *keys).ratio() >= LIKENESS
        or any(len(word) >= SHORTEST_TELLING_WORD for word in shared)
    )


def best_spelling(official: Iterable[str], typed: Iterable[str]) -> list[str]:
    """The official names, each with the accents that the person typed, where the two differ in nothing else.

    Where they differ in accents or capitals alone, the accented letter wins, in the official case.
    """
    return [_with_accents_of(*pair) for pair in zip(official, typed, strict=True)]


def _with_accents_of(official: str, typed: str) -> str:
    # Wide, bold and circled letters of a keyboard's games are no accents: typed, they are the letters they stand for.
    official = unicodedata.normalize("NFC", " ".join(official.split()))
    typed = unicodedata.normalize("NFKC", " ".join(typed.split()))
    if name_key(official) != name_key(typed):
        return official
    if len(official) != len(typed) or any(_plain(a) != _plain(b) for a, b in zip(official, typed, strict=True)):
        # A ligature is two letters of the list; anything else that differs is the school's to say.
        is_accented = _count_accents(typed) > _count_accents(official)
        return _in_case_of(official, typed) if is_accented and _bare(official) == _bare(typed) else official
    return "".join(_accented(a, b) for a, b in zip(official, typed, strict=True))


def _bare(text: str) -> str:
    """Without accents and ligatures, with its hyphens and spaces."""
    return "".join(_plain(sign) for sign in text)


def _plain(sign: str) -> str:
    return name_key(sign) or sign


def _count_accents(text: str) -> int:
    return sum(not sign.isascii() for sign in text if sign.isalpha())


def _accented(official: str, typed: str) -> str:
    if official.isascii() and not typed.isascii():
        return typed.upper() if official.isupper() else typed.lower()
    return official


def _in_case_of(official: str, typed: str) -> str:
    if official.isupper():
        return typed.upper()
    return typed.title() if typed.islower() or typed.isupper() else typed
