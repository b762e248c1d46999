"""The two axes of an hour entry: does it count (the school's), did it happen (the organisation's)."""

from django.db.models import TextChoices

from common.errors import Transitions


class HourEntryStatus(TextChoices):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    RETURNED = "returned"
    REJECTED = "rejected"
    REVOKED = "revoked"
    # The tombstone: the row stays for its id and its events, and exists for nobody.
    DELETED = "deleted"


HOUR_ENTRY_TRANSITIONS: Transitions = {
    "submit": (
        {HourEntryStatus.DRAFT, HourEntryStatus.RETURNED, HourEntryStatus.REVOKED},
        HourEntryStatus.SUBMITTED,
    ),
    "delete": ({HourEntryStatus.DRAFT}, HourEntryStatus.DELETED),
    "withdraw": ({HourEntryStatus.SUBMITTED}, HourEntryStatus.DRAFT),
    "approve": ({HourEntryStatus.SUBMITTED}, HourEntryStatus.APPROVED),
    "return": ({HourEntryStatus.SUBMITTED}, HourEntryStatus.RETURNED),
    "reject": ({HourEntryStatus.SUBMITTED}, HourEntryStatus.REJECTED),
    "revoke": ({HourEntryStatus.APPROVED}, HourEntryStatus.REVOKED),
    # After a contest upheld: of what is approved, only what is approved in part.
    "reconsider": ({HourEntryStatus.REJECTED, HourEntryStatus.APPROVED}, HourEntryStatus.SUBMITTED),
}
EDITABLE_HOUR_ENTRY = {HourEntryStatus.DRAFT, HourEntryStatus.RETURNED}
# On which the school has not said yet whether they count: to send back is no such answer.
UNDECIDED_HOUR_ENTRY = {HourEntryStatus.DRAFT, HourEntryStatus.SUBMITTED, HourEntryStatus.RETURNED}
# Entries that stand in the ledger: no second entry may cover their time.
STANDING_HOUR_ENTRY = [HourEntryStatus.SUBMITTED, HourEntryStatus.APPROVED]
# Entries of which nobody but their author knows.
PRIVATE_HOUR_ENTRY = [HourEntryStatus.DRAFT, HourEntryStatus.DELETED]


class AttestationStatus(TextChoices):
    NONE = "none"
    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    AMENDED = "amended"
    DENIED = "denied"
    EXPIRED = "expired"
    BOUNCED = "bounced"


ATTESTATION_TRANSITIONS: Transitions = {
    "request": (
        {AttestationStatus.NONE, AttestationStatus.EXPIRED, AttestationStatus.BOUNCED},
        AttestationStatus.REQUESTED,
    ),
    "confirm": ({AttestationStatus.REQUESTED}, AttestationStatus.CONFIRMED),
    "amend": ({AttestationStatus.REQUESTED}, AttestationStatus.AMENDED),
    "deny": ({AttestationStatus.REQUESTED}, AttestationStatus.DENIED),
    "expire": ({AttestationStatus.REQUESTED}, AttestationStatus.EXPIRED),
    # The mail came back, or who got it is not the tutor.
    "bounce": ({AttestationStatus.REQUESTED}, AttestationStatus.BOUNCED),
    "acknowledge": ({AttestationStatus.AMENDED}, AttestationStatus.CONFIRMED),
    "attest_by_attendance": (set(AttestationStatus), AttestationStatus.CONFIRMED),
    "reset": ({one for one in AttestationStatus if one != AttestationStatus.NONE}, AttestationStatus.NONE),
}
# With minutes, and only these.
ATTESTED = [AttestationStatus.CONFIRMED, AttestationStatus.AMENDED]


class AttestationVerb(TextChoices):
    """How the organisation gave its word."""

    ATTENDANCE = "attest_by_attendance"
    CONFIRM = "confirm"
    AMEND = "amend"
    DENY = "deny"


class TutorMailStatus(TextChoices):
    """What became of the newest mail to a tutor, or why there is none."""

    # The address serves as many students as it may: it waits for a teacher to confirm it.
    HELD = "held"
    # Whoever reads that mailbox wants no mail any more.
    BLOCKED = "blocked"
    # Whoever reads that mailbox said "this is not me".
    DISOWNED = "disowned"
    QUEUED = "queued"
    SENT = "sent"
    BOUNCED = "bounced"
    GIVEN_UP = "given_up"


class TutorPageStatus(TextChoices):
    """What a tutor's page is about."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    AMENDED = "amended"
    DENIED = "denied"
    DISOWNED = "disowned"
    BLOCKED = "blocked"


class DecisionVerb(TextChoices):
    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"
    REVOKE = "revoke"


class ProgressStatus(TextChoices):
    """Where a student stands against what is expected so far."""

    ON_TRACK = "on_track"
    BEHIND = "behind"
    AT_RISK = "at_risk"
    COMPLETE = "complete"


class AutomaticApproval(TextChoices):
    """When a school's rules approve without anybody: never, or what a verified organisation saw and nothing flags."""

    NEVER = "never"
    CONFIRMED_ATTENDANCE = "confirmed_attendance"


class EntryFlag(TextChoices):
    """What a teacher should look at. A flag never refuses."""

    LONG_DAY = "long_day"
    PHOTO_SEEN = "photo_seen"
    TOO_FAST = "too_fast"
    OFFLINE_CHECK_IN = "offline_check_in"
    DRIFTING_CHECK_IN = "drifting_check_in"
    QUICK_ANSWER = "quick_answer"


class ContestStatus(TextChoices):
    OPEN = "open"
    UPHELD = "upheld"
    DISMISSED = "dismissed"


CONTEST_TRANSITIONS: Transitions = {
    "uphold": ({ContestStatus.OPEN}, ContestStatus.UPHELD),
    "dismiss": ({ContestStatus.OPEN}, ContestStatus.DISMISSED),
}


class CertificateKind(TextChoices):
    """What it puts down: hours that a school approved under its option, or those that organisations attested."""

    OPTION = "option"
    PASSPORT = "passport"


class CertificateStatus(TextChoices):
    ISSUED = "issued"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"


CERTIFICATE_TRANSITIONS: Transitions = {
    "supersede": ({CertificateStatus.ISSUED}, CertificateStatus.SUPERSEDED),
    "revoke": ({CertificateStatus.ISSUED}, CertificateStatus.REVOKED),
}


class ContestSubject(TextChoices):
    REJECTION = "rejection"
    PARTIAL_APPROVAL = "partial_approval"
    DENIAL = "denial"


class EvidenceKind(TextChoices):
    PICTURE = "image/jpeg"
    PDF = "application/pdf"
