"""Mail addresses made comparable: two are one mailbox when mail to them arrives in one.

Two comparisons, and every place uses one of them. `canonical_address` is what is kept, signed in with and written to:
NFKC, lower case, the host as the DNS knows it (IDNA). `mailbox_of` ignores dots and `+tag` as well: for the rules about
one's own, the family's and staff's mailbox, and for every limit per mailbox.
"""

import unicodedata
from contextlib import suppress
from typing import Any

import idna
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.utils.translation import gettext_lazy as _

LONGEST_ADDRESS = 254
NOT_AN_ADDRESS = _(
    "This is no address that mail can reach. Type it without quotes or hidden signs, for example name@example.org."
)
# Hosts of one provider under which every address arrives in the same mailbox.
HOSTS_OF_ONE_PROVIDER = {
    "googlemail.com": "gmail.com",
    "me.com": "icloud.com",
    "mac.com": "icloud.com",
    "protonmail.com": "proton.me",
    "protonmail.ch": "proton.me",
    "pm.me": "proton.me",
    "wanadoo.fr": "orange.fr",
    "yandex.com": "yandex.ru",
    "ya.ru": "yandex.ru",
}
# Signs that a provider does not look at in a local part, beside dots.
UNSEEN_BY = {"proton.me": "-_"}
# Quotes, and the signs by which some servers send mail on to another address (RFC 5321, appendix F.2).
REFUSED_IN_LOCAL = frozenset('"%!')


class AddressRefused(ValueError):
    """This text cannot be made one canonical address."""


def canonical_address(text: str) -> str:
    """The address as it is kept. Raises AddressRefused for what cannot be made canonical.

    That is a quoted local part, a route through another address (`a%b@c`, `b!a@c`), an address literal, an invisible
    character, a host that changes under NFKC, and whatever is no address at all.
    """
    local, _at, host = text.strip().rpartition("@")
    local = unicodedata.normalize("NFKC", local).lower()
    address = f"{local}@{_ascii_host(host)}"
    if REFUSED_IN_LOCAL & set(local) or len(address) > LONGEST_ADDRESS:
        raise AddressRefused
    try:
        validate_email(address)
    except ValidationError as error:
        raise AddressRefused from error
    return address


def _ascii_host(host: str) -> str:
    # A Mac composes an accent differently, and means the same host; a look-alike means another one.
    composed = unicodedata.normalize("NFC", host)
    if host.startswith("[") or unicodedata.normalize("NFKC", composed) != composed:
        raise AddressRefused
    labels = composed.lower().split(".")
    try:
        return ".".join(_ascii_label(label) for label in labels)
    except idna.IDNAError as error:
        raise AddressRefused from error


def _ascii_label(label: str) -> str:
    if label.isascii() and not label.startswith("xn--"):
        return label
    return idna.alabel(label).decode()


def known_address(text: str) -> str:
    """The canonical address; of what has none, the text in lower case, which no account opened today can have."""
    try:
        return canonical_address(text)
    except AddressRefused:
        return text.strip().lower()


def mailbox_of(text: str) -> str:
    """The mailbox an address most likely means, for comparing and counting, never for sending.

    Addresses that were kept before they had to be canonical are read as generously as a mail server would.
    """
    visible = "".join(sign for sign in known_address(text) if unicodedata.category(sign) != "Cf" and sign not in '"\\')
    local, _at, host = unicodedata.normalize("NFKC", visible).lower().rpartition("@")
    with suppress(AddressRefused):
        host = _ascii_host(host)
    host = HOSTS_OF_ONE_PROVIDER.get(host, host)
    unseen = f".{UNSEEN_BY.get(host, '')}"
    return f"{''.join(sign for sign in local.partition('+')[0] if sign not in unseen)}@{host}"


class AddressField(models.EmailField):
    """A column for an address that forms fill in: what they take is canonical, or refused."""

    def clean(self, value: Any, model_instance: Any) -> Any:
        """Raises ValidationError."""
        try:
            return super().clean(canonical_address(value) if value else value, model_instance)
        except AddressRefused as error:
            raise ValidationError(NOT_AN_ADDRESS, code="invalid") from error
