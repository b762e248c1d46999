"""The key ring of the tokens: the first key signs, every key verifies the tokens that name it (`kid`, RFC 7515).

To rotate: put a new key first in JWT_SIGNING_KEYS, and drop the old one when its refresh tokens are over (30 days).
"""

from functools import cache, lru_cache
from typing import Any

import jwt
from django.conf import settings
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError

ALGORITHM = "HS256"


class KeyRingBackend(TokenBackend):
    """simplejwt's backend with a key per `kid` instead of one for all."""

    def __init__(self, keys: tuple[tuple[str, str], ...]) -> None:
        super().__init__(ALGORITHM)
        self._signing_kid = keys[0][0]
        self._keys = {kid: self._prepare_key(secret) for kid, secret in keys}

    def get_verifying_key(self, token: Any) -> Any:
        head = token.partition(b"." if isinstance(token, bytes) else ".")[0]
        try:
            return self._keys[_header(head)["kid"]]
        except (jwt.InvalidTokenError, KeyError, TypeError) as error:
            raise TokenBackendError("unknown key") from error

    def encode(self, payload: dict[str, Any]) -> str:
        return jwt.encode(
            payload, self._keys[self._signing_kid], algorithm=ALGORITHM, headers={"kid": self._signing_kid}
        )


@lru_cache(maxsize=20)
def _header(head: Any) -> dict[str, Any]:
    """What the first part of a token says; all that one key signs have the same. Raises jwt.InvalidTokenError."""
    rest = b".e30." if isinstance(head, bytes) else ".e30."
    return jwt.get_unverified_header(head + rest)


@cache
def _ring(keys: tuple[tuple[str, str], ...]) -> KeyRingBackend:
    return KeyRingBackend(keys)


def ring() -> KeyRingBackend:
    """The key ring of the present settings."""
    return _ring(tuple(settings.JWT_SIGNING_KEYS))
