"""Ed25519 signatures by keys that are files, never rows: whoever owns the database cannot sign.

SIGNING_KEYS_DIR holds one `KEY_ID.pem` each: a private key (PKCS 8), or the public half of one that is retired.
SIGNING_KEY_ID names the one that signs; with one private key it need not. The first use makes one.
"""

import base64
import fcntl
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from common.files import StorageAway

logger = structlog.get_logger("elan.signing")


def _directory() -> Path:
    directory = Path(settings.SIGNING_KEYS_DIR)
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    return directory


def _read(path: Path) -> Ed25519PrivateKey | Ed25519PublicKey:
    """Raises StorageAway for a file that cannot be read or was cut: what hangs on it comes back with it."""
    try:
        pem = path.read_bytes()
        load = serialization.load_pem_public_key if b"PUBLIC KEY" in pem else None
        key = load(pem) if load else serialization.load_pem_private_key(pem, password=None)
    except (OSError, ValueError) as error:
        logger.exception("signing_key_unreadable", file=path.name)
        raise StorageAway from error
    if not isinstance(key, Ed25519PrivateKey | Ed25519PublicKey):
        raise ImproperlyConfigured(f"{path.name} is no Ed25519 key.")
    return key


def _make_first() -> None:
    """One key, whoever else makes the first one at the same time, and whole from the moment it has its name."""
    with (_directory() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not any(_directory().glob("*.pem")):
            _make()


def _make() -> None:
    key = Ed25519PrivateKey.generate()
    key_id = hashlib.sha256(key.public_key().public_bytes_raw()).hexdigest()[:16]
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = _directory() / f"{key_id}.pem"
    descriptor = os.open(path.with_suffix(".new"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(descriptor)
    path.with_suffix(".new").rename(path)


def signing_key() -> tuple[str, Ed25519PrivateKey]:
    """The id of the key that signs now, and the key. Raises ImproperlyConfigured when it is not to be told."""
    if not any(_directory().glob("*.pem")):
        _make_first()
    named = settings.SIGNING_KEY_ID
    keys = {path.stem: _read(path) for path in sorted(_directory().glob("*.pem")) if named in ("", path.stem)}
    private = {key_id: key for key_id, key in keys.items() if isinstance(key, Ed25519PrivateKey)}
    if len(private) != 1:
        raise ImproperlyConfigured("SIGNING_KEY_ID must name one private key of SIGNING_KEYS_DIR.")
    return next(iter(private.items()))


def public_keys() -> dict[str, Ed25519PublicKey]:
    """Every key that has ever signed, by its id."""
    keys = {path.stem: _read(path) for path in sorted(_directory().glob("*.pem"))}
    return {
        key_id: key.public_key() if isinstance(key, Ed25519PrivateKey) else key for key_id, key in keys.items()
    }


def sign(key: Ed25519PrivateKey, message: bytes) -> str:
    """The signature as base64url."""
    return base64.urlsafe_b64encode(key.sign(message)).decode()


def is_signed(keys: dict[str, Ed25519PublicKey], key_id: str, message: bytes, signature: str) -> bool:
    """Whether the key of that id has signed the message; an unknown key has signed nothing."""
    key = keys.get(key_id)
    if key is None:
        return False
    try:
        key.verify(base64.urlsafe_b64decode(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


# --- Short statements --------------------------------------------------------------------------------------------
def _packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _json(facts: dict[str, Any]) -> bytes:
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def state(key_id: str, key: Ed25519PrivateKey, facts: dict[str, Any]) -> str:
    """The facts as a JSON Web Signature (RFC 7515, compact; EdDSA of RFC 8037), which any such library reads."""
    said = f"{_packed(_json({'alg': 'EdDSA', 'kid': key_id}))}.{_packed(_json(facts))}"
    return f"{said}.{_packed(key.sign(said.encode()))}"


def stated(keys: dict[str, Ed25519PublicKey], statement: str) -> dict[str, Any] | None:
    """What a statement says, if a key of these has signed it."""
    try:
        head, facts, signature = statement.split(".")
        header, said = json.loads(_unpacked(head)), json.loads(_unpacked(facts))
        keys[header["kid"]].verify(_unpacked(signature), f"{head}.{facts}".encode())
    except (InvalidSignature, ValueError, KeyError, TypeError):
        return None
    return said if header.get("alg") == "EdDSA" and isinstance(said, dict) else None
