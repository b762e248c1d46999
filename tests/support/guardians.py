"""The links a guardian finds in their mails."""

from typing import Any

from common import links
from consents.notices import (
    CONSENT_PURPOSE,
    GUARDIAN_ADDRESS_PURPOSE,
    GUARDIAN_PURPOSE,
    consent_nonce,
    new_address_nonce,
)
from missions.notices import MESSAGE_PURPOSE, copy_nonce

CONSENTS = "/api/v1/consents/"


def consent_token(consent: Any) -> str:
    return links.make_token(CONSENT_PURPOSE, consent.pk, consent_nonce(consent))


def page_token(guardian: Any) -> str:
    return links.make_token(GUARDIAN_PURPOSE, guardian.pk, guardian.email)


def address_token(guardian: Any) -> str:
    return links.make_token(GUARDIAN_ADDRESS_PURPOSE, guardian.pk, new_address_nonce(guardian))


def decision_path(consent: Any) -> str:
    """Where a guardian decides, once."""
    return f"{CONSENTS}{consent_token(consent)}/"


def page_path(guardian: Any) -> str:
    """A guardian's own page."""
    return f"{CONSENTS}manage/{page_token(guardian)}/"


def address_path(guardian: Any) -> str:
    """Where a new address is confirmed."""
    return f"{CONSENTS}address/{address_token(guardian)}/"


def copy_token(recipient: Any, guardian: Any) -> str:
    """A guardian's copy of a message to a minor."""
    return links.make_token(MESSAGE_PURPOSE, recipient.pk, copy_nonce(guardian))
