"""What the ledger says to people."""

from engagement.notices.certificates import certificate_issued, certificate_revoked, certificate_superseded
from engagement.notices.entries import (
    amended,
    attested,
    attested_by_hand,
    attested_in_passport,
    contest_decided,
    contest_opened,
    decided,
    denied,
    minutes_as_text,
    to_attest,
)

__all__ = [
    "amended",
    "attested",
    "attested_by_hand",
    "attested_in_passport",
    "certificate_issued",
    "certificate_revoked",
    "certificate_superseded",
    "contest_decided",
    "contest_opened",
    "decided",
    "denied",
    "minutes_as_text",
    "to_attest",
]
