"""What the ledger says to people."""

from common.readable import duration as minutes_as_text
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
    to_attest,
)
from engagement.notices.progress import DeadlineAhead, Reached, behind_at_mid_year, deadline_near, progress_reached
from engagement.notices.tutors import (
    TUTOR_PURPOSE,
    attestation_expired,
    mail_bounced,
    tutor_asked,
    tutor_blocked,
    tutor_disowned,
    tutor_nonce,
    tutor_owned,
    tutor_reminded,
    tutor_unblocked,
    when_given,
)
from engagement.notices.waiting import WaitingHours, hours_waiting, hours_waiting_long

__all__ = [
    "TUTOR_PURPOSE",
    "DeadlineAhead",
    "Reached",
    "WaitingHours",
    "amended",
    "attestation_expired",
    "attested",
    "attested_by_hand",
    "attested_in_passport",
    "behind_at_mid_year",
    "certificate_issued",
    "certificate_revoked",
    "certificate_superseded",
    "contest_decided",
    "contest_opened",
    "deadline_near",
    "decided",
    "denied",
    "hours_waiting",
    "hours_waiting_long",
    "mail_bounced",
    "minutes_as_text",
    "progress_reached",
    "to_attest",
    "tutor_asked",
    "tutor_blocked",
    "tutor_disowned",
    "tutor_nonce",
    "tutor_owned",
    "tutor_reminded",
    "tutor_unblocked",
    "when_given",
]
