"""Numbers of papers: short, read aloud and typed without error, and not to be guessed."""

import secrets

from common.codes import as_typed

# Crockford's alphabet: no I, L, O, U, so that a number can be read aloud.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
READ_AS = str.maketrans("ILOU", "110V")
HEAD_LENGTH, BODY_LENGTH, GROUP_LENGTH = 5, 12, 4


def drawn(head: str) -> str:
    """`HEAD5-XXXX-XXXX-XXXX`: a kind and a year, then 55 random bits, the last character a check of the others."""
    body = "".join(secrets.choice(ALPHABET) for _n in range(BODY_LENGTH - 1))
    return _written(head, body + _check(body))


def read(text: str) -> str | None:
    """The number as it is written, of one as people type it: case, hyphens and look-alike characters aside."""
    plain = as_typed(text)
    # The kind is a letter; what follows it is of the alphabet.
    head, body = plain[:1] + plain[1:HEAD_LENGTH].translate(READ_AS), plain[HEAD_LENGTH:].translate(READ_AS)
    if len(body) != BODY_LENGTH or not set(body) <= set(ALPHABET) or _check(body[:-1]) != body[-1]:
        return None
    return _written(head, body)


def _written(head: str, body: str) -> str:
    return "-".join([head, *(body[start : start + GROUP_LENGTH] for start in range(0, BODY_LENGTH, GROUP_LENGTH))])


def _check(characters: str) -> str:
    return ALPHABET[sum(n * ALPHABET.index(one) for n, one in enumerate(characters, start=1)) % 31]
