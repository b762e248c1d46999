"""Which kinds of notices schools publish. A kind is part of the contract: its name never changes."""

from django.db.models import TextChoices

from notifications.models import Digest
from notifications.registry import Audience, NoticeKind, Topic


class Kind(TextChoices):
    JOIN_WAITING = "join_waiting"
    JOIN_ACCEPTED = "join_accepted"
    ENROLMENT_ENDED = "enrolment_ended"


def _of_enrolment(kind: Kind, to: Audience, digest: Digest | None = None) -> NoticeKind:
    return NoticeKind(
        kind,
        (to,),
        data=("enrolment",),
        opens=("enrolments/{enrolment}/",),
        topic=Topic.CLASSES,
        reaches_everyone=True,
        digest=digest,
    )


def notice_kinds() -> tuple[NoticeKind, ...]:
    """Hook `notice_kinds`."""
    return (
        _of_enrolment(Kind.JOIN_WAITING, Audience.TEACHERS, Digest.DAILY),
        _of_enrolment(Kind.JOIN_ACCEPTED, Audience.PERSON),
        _of_enrolment(Kind.ENROLMENT_ENDED, Audience.PERSON),
    )
