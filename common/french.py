"""French words made comparable: what is written and what is asked for are cut into the same stems."""

import re
import threading
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import lru_cache

import snowballstemmer

from common.text import fold

# Folded, as `fold` leaves them; the letters are what an elision leaves of its word (l', d', qu' ...).
STOP_WORDS = frozenset(
    """
    a au aux avec c ce ces cet cette ceux d dans de des du elle elles en est et eu eux il ils j je jusqu l la le les
    leur leurs lorsqu lui m ma mais me mes moi mon n ne nos notre nous on ont ou par pas pour puisqu qu quand que qui
    quoiqu s sa sans se ses si son sont sur t ta te tes toi ton tu un une vos votre vous y
    """.split()
)
LONGEST_WORD = 40
SHORTEST_BEGINNING = 5
# Endings that the stemmer leaves, of words made of another: jardinage and jardinier of jardin, bénévolat of bénévole.
# A stem has six letters at least, for avantage is not made of avant.
MADE_OF_ANOTHER = re.compile("(.{6,}?)(?:ages?|ats?|iers?|ieres?)")
# Plurals that the stemmer leaves, taking their end for the word's own: vélos, emplois, jeux. Not bus, not prix.
PLURAL = re.compile("(.{2,}[aiou])s|(.*[aeo]u)x")
# A shorter word is like too many others.
SHORTEST_MISSPELLED = 5
# How French spells one sound in many ways; in this order.
SOUNDS = [
    (re.compile(written), heard)
    for written, heard in [
        (r"(.)\1+", r"\1"), ("ph", "f"), ("eau|au", "o"), ("[ae]i(?![ln])|er$|ez$", "e"), ("y", "i"),
        ("qu|q|k|c(?![eih])", "k"), ("th", "t"), ("ch", "x"), ("h", ""),
        ("ti(?=on|el|en)", "si"), ("c(?=[ei])|z", "s"), ("g(?=[ei])", "j"),
        ("[ae][nm](?![aeiouy])", "a"), ("[st]$|e$|es$|ent$", ""),
    ]
]  # fmt: skip
_of_thread = threading.local()


def stems(text: str) -> list[str]:
    """The stems of a text's words, each once, in their order: letters and digits of any script, no accents.

    "L'équipe des bénévoles" and "equipe benevole" give the same. Stop words are left out. Accents go before the
    stemmer sees the word, because people leave them out when they search.
    """
    words = (word[:LONGEST_WORD] for word in fold(text).split() if word not in STOP_WORDS)
    return list(dict.fromkeys(map(_stem, words)))


def with_beginnings(stems: list[str]) -> list[str]:
    """The stems and what each begins with, from five letters on: what is written, to be found by half a word."""
    beginnings = (stem[:length] for stem in stems for length in range(SHORTEST_BEGINNING, len(stem) + 1))
    return list(dict.fromkeys([*stems, *beginnings]))


def words(text: str) -> list[str]:
    """The words of a text that may be misspelled, folded, each once: letters alone, five or more."""
    found = (word for word in fold(text).split() if word.isalpha() and word not in STOP_WORDS)
    return list(dict.fromkeys(word for word in found if SHORTEST_MISSPELLED <= len(word) <= LONGEST_WORD))


def sound(word: str) -> str:
    """How a folded word sounds, roughly: "distribussion" as "distribution"."""
    for written, heard in SOUNDS:
        word = written.sub(heard, word)
    return word


def sound_keys(word: str) -> set[str]:
    """A word and its sound, and each without one letter: two words are alike when they share one of these."""
    whole = {word, sound(word)}
    return whole | {one[:place] + one[place + 1 :] for one in whole for place in range(len(one))}


def nearest(word: str, candidates: Iterable[str]) -> list[str]:
    """The candidates, the likest first: by sound, then by letters."""
    heard = sound(word)

    def unlikeness(other: str) -> tuple[float, float, str]:
        by_sound = SequenceMatcher(None, heard, sound(other)).ratio()
        return -by_sound, -SequenceMatcher(None, word, other).ratio(), other

    return sorted(candidates, key=unlikeness)


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    if made := MADE_OF_ANOTHER.fullmatch(word):
        word = f"{made[1][:-1]}i" if made[1].endswith("y") else made[1]
    if not hasattr(_of_thread, "stemmer"):  # a stemmer keeps the word it works on
        _of_thread.stemmer = snowballstemmer.stemmer("french")
    stem: str = _of_thread.stemmer.stemWord(word)
    return stem[:-1] if PLURAL.fullmatch(stem) else stem
