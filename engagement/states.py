"""The two axes of an hour entry: does it count (the school's), did it happen (the organisation's)."""

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy

from common.errors import Transitions


class HourEntryStatus(TextChoices):
    DRAFT = "draft", pgettext_lazy("hours", "Draft")
    SUBMITTED = "submitted", pgettext_lazy("hours", "Handed in")
    APPROVED = "approved", pgettext_lazy("hours", "Approved")
    RETURNED = "returned", pgettext_lazy("hours", "To be corrected")
    REJECTED = "rejected", pgettext_lazy("hours", "Refused")
    REVOKED = "revoked", pgettext_lazy("hours", "Approval taken back")
    # The tombstone: the row stays for its id and its events, and exists for nobody.
    DELETED = "deleted", pgettext_lazy("hours", "Deleted")


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


class HourEntryStage(TextChoices):
    """What an app lists apart: what its author has to finish, what waits for the school, what it has decided."""

    TO_DO = "to_do"
    WAITING = "waiting"
    DECIDED = "decided"


HOUR_ENTRY_STAGES = {
    HourEntryStage.TO_DO: [HourEntryStatus.DRAFT, HourEntryStatus.RETURNED],
    HourEntryStage.WAITING: [HourEntryStatus.SUBMITTED],
    HourEntryStage.DECIDED: [HourEntryStatus.APPROVED, HourEntryStatus.REJECTED, HourEntryStatus.REVOKED],
}


class AttestationStatus(TextChoices):
    NONE = "none", pgettext_lazy("attestation", "Not asked for yet")
    REQUESTED = "requested", pgettext_lazy("attestation", "Waiting for the organisation")
    CONFIRMED = "confirmed", pgettext_lazy("attestation", "Hours confirmed")
    AMENDED = "amended", pgettext_lazy("attestation", "Minutes corrected, to be acknowledged")
    DENIED = "denied", pgettext_lazy("attestation", "Hours not confirmed")
    EXPIRED = "expired", pgettext_lazy("attestation", "Left without an answer")
    BOUNCED = "bounced", pgettext_lazy("attestation", "The mail came back")


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

    ATTENDANCE = "attest_by_attendance", pgettext_lazy("attestation", "Confirmed by the attendance")
    CONFIRM = "confirm", pgettext_lazy("attestation", "Confirmed by the tutor")
    AMEND = "amend", pgettext_lazy("attestation", "Corrected by the tutor")
    DENY = "deny", pgettext_lazy("attestation", "Denied by the tutor")


class TutorMailStatus(TextChoices):
    """What became of the newest mail to a tutor, or why there is none."""

    # The address serves as many students as it may: it waits for a teacher to confirm it.
    HELD = "held", pgettext_lazy("mail to a tutor", "Waits for a teacher")
    # Whoever reads that mailbox wants no mail any more.
    BLOCKED = "blocked", pgettext_lazy("mail to a tutor", "This address wants no mail")
    # Whoever reads that mailbox said "this is not me".
    DISOWNED = "disowned", pgettext_lazy("mail to a tutor", "Not the tutor’s address")
    QUEUED = "queued", pgettext_lazy("mail to a tutor", "About to leave")
    SENT = "sent", pgettext_lazy("mail to a tutor", "Sent")
    BOUNCED = "bounced", pgettext_lazy("mail to a tutor", "The mail came back")
    GIVEN_UP = "given_up", pgettext_lazy("mail to a tutor", "Could not be sent")


class TutorPageStatus(TextChoices):
    """What a tutor's page is about."""

    OPEN = "open", pgettext_lazy("tutor’s page", "Waiting for an answer")
    CONFIRMED = "confirmed", pgettext_lazy("tutor’s page", "Hours confirmed")
    AMENDED = "amended", pgettext_lazy("tutor’s page", "Minutes corrected")
    DENIED = "denied", pgettext_lazy("tutor’s page", "Hours not confirmed")
    DISOWNED = "disowned", pgettext_lazy("tutor’s page", "Not the tutor’s address")
    BLOCKED = "blocked", pgettext_lazy("tutor’s page", "This address wants no mail")


class DecisionVerb(TextChoices):
    APPROVE = "approve", pgettext_lazy("decision", "Approved")
    RETURN = "return", pgettext_lazy("decision", "Sent back to be corrected")
    REJECT = "reject", pgettext_lazy("decision", "Refused")
    REVOKE = "revoke", pgettext_lazy("decision", "Approval taken back")


class ProgressStatus(TextChoices):
    """Where a student stands against what is expected so far."""

    ON_TRACK = "on_track", pgettext_lazy("progress", "On track")
    BEHIND = "behind", pgettext_lazy("progress", "Behind")
    AT_RISK = "at_risk", pgettext_lazy("progress", "At risk")
    COMPLETE = "complete", pgettext_lazy("progress", "Complete")


class AutomaticApproval(TextChoices):
    """When a school's rules approve without anybody: never, or what a verified organisation saw and nothing flags."""

    NEVER = "never", pgettext_lazy("approval", "Never")
    CONFIRMED_ATTENDANCE = (
        "confirmed_attendance",
        pgettext_lazy("approval", "When the organisation confirmed the attendance"),
    )


class EntryFlag(TextChoices):
    """What a teacher should look at. A flag never refuses."""

    LONG_DAY = "long_day", pgettext_lazy("hours", "A long day")
    PHOTO_SEEN = "photo_seen", pgettext_lazy("hours", "This photo was shown before")
    TOO_FAST = "too_fast", pgettext_lazy("hours", "Written very fast")
    OFFLINE_CHECK_IN = "offline_check_in", pgettext_lazy("hours", "Checked in without a network")
    DRIFTING_CHECK_IN = "drifting_check_in", pgettext_lazy("hours", "The phone’s clock was wrong")
    QUICK_ANSWER = "quick_answer", pgettext_lazy("hours", "The tutor answered very fast")


class ContestStatus(TextChoices):
    OPEN = "open", pgettext_lazy("contest", "Waiting for the school")
    UPHELD = "upheld", pgettext_lazy("contest", "Upheld")
    DISMISSED = "dismissed", pgettext_lazy("contest", "Dismissed")


CONTEST_TRANSITIONS: Transitions = {
    "uphold": ({ContestStatus.OPEN}, ContestStatus.UPHELD),
    "dismiss": ({ContestStatus.OPEN}, ContestStatus.DISMISSED),
}


class CertificateKind(TextChoices):
    """What it puts down: hours that a school approved under its option, or those that organisations attested."""

    OPTION = "option", pgettext_lazy("certificate", "Engagement option")
    PASSPORT = "passport", pgettext_lazy("certificate", "Engagement passport")


class CertificateStatus(TextChoices):
    ISSUED = "issued", pgettext_lazy("certificate", "Valid")
    SUPERSEDED = "superseded", pgettext_lazy("certificate", "Replaced by a later one")
    REVOKED = "revoked", pgettext_lazy("certificate", "Revoked")


CERTIFICATE_TRANSITIONS: Transitions = {
    "supersede": ({CertificateStatus.ISSUED}, CertificateStatus.SUPERSEDED),
    "revoke": ({CertificateStatus.ISSUED}, CertificateStatus.REVOKED),
}


class ContestSubject(TextChoices):
    REJECTION = "rejection", pgettext_lazy("contest", "Hours refused")
    PARTIAL_APPROVAL = "partial_approval", pgettext_lazy("contest", "Hours approved in part")
    DENIAL = "denial", pgettext_lazy("contest", "Hours not confirmed by the organisation")


class EvidenceKind(TextChoices):
    PICTURE = "image/jpeg", pgettext_lazy("evidence", "Photo")
    PDF = "application/pdf", pgettext_lazy("evidence", "PDF document")
