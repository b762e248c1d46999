"""Secret links for people without an account: derived from the row, kept nowhere.

A token is the row's id and an HMAC over purpose, id and the row's own `nonce`, so that a stolen database holds
no usable link, resending gives the same link, and a new nonce revokes the old one.
"""

import base64
import binascii
import hashlib
from uuid import UUID

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

MAC_BYTES = 20


def _mac(purpose: str, row_id: UUID, nonce: str) -> bytes:
    value = f"{row_id}:{nonce}"
    return salted_hmac(f"elan.link.{purpose}", value, algorithm="sha256").digest()[:MAC_BYTES]


def make_token(purpose: str, row_id: UUID, nonce: str = "") -> str:
    """The URL-safe token (48 characters) that proves knowledge of the link to this row."""
    return base64.urlsafe_b64encode(row_id.bytes + _mac(purpose, row_id, nonce)).decode()


def row_id_of(token: str) -> UUID | None:
    """The row a token claims to open, before anything is proved; None when it is no token at all."""
    try:
        raw = base64.urlsafe_b64decode(token.encode("ascii"))
    except (binascii.Error, ValueError):
        return None
    return UUID(bytes=raw[:16]) if len(raw) == 16 + MAC_BYTES else None


def token_opens(token: str, purpose: str, row_id: UUID, nonce: str = "") -> bool:
    """Whether the token is the one made for this purpose, row and nonce (constant time)."""
    return constant_time_compare(token, make_token(purpose, row_id, nonce))


def url(path: str, token: str) -> str:
    """The absolute address of a public link; `path` holds `{token}`."""
    return settings.PUBLIC_URL + path.format(token=token)


def fingerprint(value: str) -> str:
    """A SHA-256 to find a value again without keeping it."""
    return hashlib.sha256(value.encode()).hexdigest()
