"""Which kinds of notices the ledger publishes. A kind is part of the contract: its name never changes."""

from datetime import timedelta

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy

from notifications.models import Channel, Digest
from notifications.registry import Audience, NoticeKind, Topic


class Kind(TextChoices):
    TO_ATTEST = "to_attest", pgettext_lazy("kind of notice", "Hours to attest")
    ATTESTED = "attested", pgettext_lazy("kind of notice", "Hours attested")
    AMENDED = "amended", pgettext_lazy("kind of notice", "Hours corrected by the organisation")
    DENIED = "denied", pgettext_lazy("kind of notice", "Hours not confirmed by the organisation")
    APPROVED = "approved", pgettext_lazy("kind of notice", "Hours approved by the school")
    PARTLY_APPROVED = "partly_approved", pgettext_lazy("kind of notice", "Hours approved in part")
    RETURNED = "returned", pgettext_lazy("kind of notice", "Hours to complete")
    REJECTED = "rejected", pgettext_lazy("kind of notice", "Hours not counted")
    REVOKED = "revoked", pgettext_lazy("kind of notice", "Hours no longer counted")
    CONTEST_OPENED = "contest_opened", pgettext_lazy("kind of notice", "Decision contested by a student")
    CONTEST_DECIDED = "contest_decided", pgettext_lazy("kind of notice", "Answer to a contest")
    HOURS_WAITING = "hours_waiting", pgettext_lazy("kind of notice", "Hours that wait for a decision")
    HOURS_WAITING_LONG = "hours_waiting_long", pgettext_lazy("kind of notice", "Hours that have waited for long")
    PROGRESS_REACHED = "progress_reached", pgettext_lazy("kind of notice", "Part of the target reached")
    BEHIND_AT_MID_YEAR = "behind_at_mid_year", pgettext_lazy("kind of notice", "Behind in the middle of the year")
    DEADLINE_NEAR = "deadline_near", pgettext_lazy("kind of notice", "Deadline of the option near")
    TUTOR_ASKED = "tutor_asked", pgettext_lazy("kind of notice", "Hours to confirm by a tutor")
    ATTESTATION_EXPIRED = "attestation_expired", pgettext_lazy("kind of notice", "Hours that nobody confirmed")
    ATTESTATION_BOUNCED = "attestation_bounced", pgettext_lazy("kind of notice", "Tutor who cannot be reached")
    ATTESTATION_REOPENED = "attestation_reopened", pgettext_lazy("kind of notice", "Tutor who can answer after all")
    CERTIFICATE_ISSUED = "certificate_issued", pgettext_lazy("kind of notice", "Certificate issued")
    CERTIFICATE_SUPERSEDED = "certificate_superseded", pgettext_lazy("kind of notice", "Certificate replaced")
    CERTIFICATE_REVOKED = "certificate_revoked", pgettext_lazy("kind of notice", "Certificate revoked")


def _of_entry(kind: Kind, to: Audience = Audience.PERSON, *also: str, digest: Digest | None = None) -> NoticeKind:
    return NoticeKind(
        kind,
        (to,),
        data=("hour_entry", *also),
        opens=("hour-entries/{hour_entry}/",),
        topic=Topic.HOURS,
        reaches_everyone=True,
        digest=digest,
    )


def _of_waiting(kind: Kind, to: Audience) -> NoticeKind:
    return NoticeKind(
        kind, (to,), opens=("hour-entries/",), topic=Topic.HOURS, reaches_everyone=True, digest=Digest.DAILY
    )


def _of_progress(kind: Kind, lives: timedelta) -> NoticeKind:
    """To phones alone: good to know, and nothing that a person has to do."""
    return NoticeKind(kind, (Audience.PERSON,), opens=("me/progress/",), topic=Topic.HOURS, lives=lives)


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
        _of_entry(Kind.TO_ATTEST, Audience.ORGANIZERS, digest=Digest.IMMEDIATE),
        _of_entry(Kind.ATTESTED),
        _of_entry(Kind.AMENDED),
        _of_entry(Kind.DENIED),
        _of_entry(Kind.APPROVED),
        _of_entry(Kind.PARTLY_APPROVED),
        _of_entry(Kind.RETURNED),
        _of_entry(Kind.REJECTED),
        _of_entry(Kind.REVOKED),
        _of_entry(Kind.CONTEST_OPENED, Audience.SCHOOL_MANAGERS, "contest", digest=Digest.DAILY),
        _of_entry(Kind.CONTEST_DECIDED, Audience.PERSON, "contest"),
        _of_waiting(Kind.HOURS_WAITING, Audience.TEACHERS),
        _of_waiting(Kind.HOURS_WAITING_LONG, Audience.SCHOOL_MANAGERS),
        _of_progress(Kind.PROGRESS_REACHED, timedelta(days=2)),
        _of_progress(Kind.BEHIND_AT_MID_YEAR, timedelta(days=2)),
        # A day before the deadline, it is worth no more than that.
        _of_progress(Kind.DEADLINE_NEAR, timedelta(days=1)),
        NoticeKind(
            Kind.TUTOR_ASKED,
            (Audience.TUTOR,),
            (Channel.MAIL,),
            data=("mail",),
            topic=Topic.HOURS,
            # As long as what is asked can be answered.
            lives=timedelta(days=21),
        ),
        _of_entry(Kind.ATTESTATION_EXPIRED),
        _of_entry(Kind.ATTESTATION_BOUNCED),
        _of_entry(Kind.ATTESTATION_REOPENED),
        _of_certificate(Kind.CERTIFICATE_ISSUED),
        _of_certificate(Kind.CERTIFICATE_SUPERSEDED),
        _of_certificate(Kind.CERTIFICATE_REVOKED),
    )
