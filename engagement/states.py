"""The two axes of an hour entry: does it count (the school's), did it happen (the organisation's)."""

from django.db.models import TextChoices

from common.errors import Transitions


class HourEntryStatus(TextChoices):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    RETURNED = "returned"
    REJECTED = "rejected"


HOUR_ENTRY_TRANSITIONS: Transitions = {
    "submit": ({HourEntryStatus.DRAFT, HourEntryStatus.RETURNED}, HourEntryStatus.SUBMITTED),
    "withdraw": ({HourEntryStatus.SUBMITTED}, HourEntryStatus.DRAFT),
    "approve": ({HourEntryStatus.SUBMITTED}, HourEntryStatus.APPROVED),
    "return": ({HourEntryStatus.SUBMITTED}, HourEntryStatus.RETURNED),
    "reject": ({HourEntryStatus.SUBMITTED}, HourEntryStatus.REJECTED),
}
EDITABLE_HOUR_ENTRY = {HourEntryStatus.DRAFT, HourEntryStatus.RETURNED}
# Entries that stand in the ledger: no second entry may cover their time.
STANDING_HOUR_ENTRY = [HourEntryStatus.SUBMITTED, HourEntryStatus.APPROVED]


class AttestationStatus(TextChoices):
    NONE = "none"
    CONFIRMED = "confirmed"


ATTESTATION_TRANSITIONS: Transitions = {
    "attest_by_attendance": ({AttestationStatus.NONE}, AttestationStatus.CONFIRMED),
}


class DecisionVerb(TextChoices):
    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"
