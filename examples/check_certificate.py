"""Checks the paper of a certificate without a network: from the text of its QR code and the region's public keys.

    check_certificate.py keys.json 'https://…/verify/E2627-…/#eyJ…' --name "Zoé Müller" --born 2010-05-17

`keys.json` is what `GET /api/v1/certificates/keys/` answers, fetched once. The code holds, after `#`, a JSON Web
Signature (EdDSA): number, UAI, year, minutes, day, and a salted hash of name and birth date. Whether the paper was
revoked since, only the address before `#` can tell. Needs `cryptography` and nothing of Élan.
"""

import argparse
import base64
import hashlib
import json
import sys
import unicodedata
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class NotGenuine(Exception):
    """The statement is not one that a key of the region has signed."""


def unpacked(text: str) -> bytes:
    """base64url without padding, as bytes."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def read_statement(qr_text: str, keys: dict[str, Any]) -> dict[str, Any]:
    """What the paper's code states. Raises NotGenuine."""
    public = {key["key_id"]: key["public_key"] for key in keys["keys"] if key["algorithm"] == "Ed25519"}
    try:
        head, facts, signature = qr_text.rpartition("#")[2].strip().split(".")
        key = Ed25519PublicKey.from_public_bytes(unpacked(public[json.loads(unpacked(head))["kid"]]))
        key.verify(unpacked(signature), f"{head}.{facts}".encode())
        said: dict[str, Any] = json.loads(unpacked(facts))
    except (InvalidSignature, ValueError, KeyError, TypeError) as error:
        raise NotGenuine from error
    return said


def is_of(said: dict[str, Any], name: str, born: str) -> bool:
    """Whether the statement is about the person of that first name, last name and birth date (YYYY-MM-DD)."""
    plain = " ".join(unicodedata.normalize("NFC", name).casefold().split())
    return bool(hashlib.sha256(f"{said['salt']}\n{plain}\n{born}".encode()).hexdigest() == said["identity"])


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Checks the paper of a certificate without a network.")
    parser.add_argument("keys", type=Path, help="What certificates/keys/ answered, as a file.")
    parser.add_argument("qr_text", help="The text of the paper's QR code.")
    parser.add_argument("--name", help="First name and last name, as on the paper.")
    parser.add_argument("--born", default="", help="The person's birth date, YYYY-MM-DD.")
    asked = parser.parse_args(arguments)
    try:
        said = read_statement(asked.qr_text, json.loads(asked.keys.read_text()))
    except NotGenuine:
        sys.stdout.write("Not genuine: no key of the region has signed this.\n")
        return 1
    time = f"{said['minutes'] // 60} h {said['minutes'] % 60:02d}"
    sys.stdout.write(f"Genuine: number {said['number']}, school {said['uai'] or '-'}, year {said['year'] or '-'}, ")
    sys.stdout.write(f"{time}, issued on {said['day']}.\n")
    if asked.name:
        is_theirs = is_of(said, asked.name, asked.born)
        sys.stdout.write("Of that person.\n" if is_theirs else "Not of that person, or that birth date.\n")
        return 0 if is_theirs else 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
