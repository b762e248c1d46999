"""Which kinds of notices the ledger publishes. A kind is part of the contract: its name never changes."""

from django.db.models import TextChoices

from notifications.models import Channel, Digest
from notifications.registry import Audience, NoticeKind, Topic


class Kind(TextChoices):
    TO_ATTEST = "to_attest"
    ATTESTED = "attested"
    AMENDED = "amended"
    DENIED = "denied"
    APPROVED = "approved"
    PARTLY_APPROVED = "partly_approved"
    RETURNED = "returned"
    REJECTED = "rejected"
    REVOKED = "revoked"
    CONTEST_OPENED = "contest_opened"
    CONTEST_DECIDED = "contest_decided"
    TUTOR_ASKED = "tutor_asked"
    ATTESTATION_EXPIRED = "attestation_expired"
    ATTESTATION_BOUNCED = "attestation_bounced"
    ATTESTATION_REOPENED = "attestation_reopened"
    CERTIFICATE_ISSUED = "certificate_issued"
    CERTIFICATE_SUPERSEDED = "certificate_superseded"
    CERTIFICATE_REVOKED = "certificate_revoked"


def _of_entry(kind: Kind, to: Audience = Audience.PERSON, *also: str) -> NoticeKind:
    return NoticeKind(
        kind,
        (to,),
        data=("hour_entry", *also),
        opens=("hour-entries/{hour_entry}/",),
        topic=Topic.HOURS,
        reaches_everyone=True,
        digest=Digest.IMMEDIATE if to == Audience.ORGANIZERS else None,
    )


def _of_certificate(kind: Kind) -> NoticeKind:
    return NoticeKind(
        kind,
        (Audience.PERSON,),
        data=("certificate",),
        opens=("certificates/{certificate}/",),
        topic=Topic.HOURS,
        reaches_everyone=True,
    )


def notice_kinds() -> tuple[NoticeKind, ...]:
    """Hook `notice_kinds`."""
    return (
        _of_entry(Kind.TO_ATTEST, Audience.ORGANIZERS),
        _of_entry(Kind.ATTESTED),
        _of_entry(Kind.AMENDED),
        _of_entry(Kind.DENIED),
        _of_entry(Kind.APPROVED),
        _of_entry(Kind.PARTLY_APPROVED),
        _of_entry(Kind.RETURNED),
        _of_entry(Kind.REJECTED),
        _of_entry(Kind.REVOKED),
        _of_entry(Kind.CONTEST_OPENED, Audience.SCHOOL_MANAGERS, "contest"),
        _of_entry(Kind.CONTEST_DECIDED, Audience.PERSON, "contest"),
        NoticeKind(Kind.TUTOR_ASKED, (Audience.TUTOR,), (Channel.MAIL,), data=("mail",), topic=Topic.HOURS),
        _of_entry(Kind.ATTESTATION_EXPIRED),
        _of_entry(Kind.ATTESTATION_BOUNCED),
        _of_entry(Kind.ATTESTATION_REOPENED),
        _of_certificate(Kind.CERTIFICATE_ISSUED),
        _of_certificate(Kind.CERTIFICATE_SUPERSEDED),
        _of_certificate(Kind.CERTIFICATE_REVOKED),
    )
