"""French words made comparable: what is written and what is asked for are cut into the same stems."""

import threading
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


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    if not hasattr(_of_thread, "stemmer"):  # a stemmer keeps the word it works on
        _of_thread.stemmer = snowballstemmer.stemmer("french")
    return _of_thread.stemmer.stemWord(word)
