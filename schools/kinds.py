"""Which kinds of notices schools publish. A kind is part of the contract: its name never changes."""

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy

from notifications.models import Digest
from notifications.registry import Audience, NoticeKind, Topic


class Kind(TextChoices):
    JOIN_WAITING = "join_waiting", pgettext_lazy("kind of notice", "Somebody who asks to join a class")
    JOIN_ACCEPTED = "join_accepted", pgettext_lazy("kind of notice", "Entry into a class accepted")
    ENROLMENT_ENDED = "enrolment_ended", pgettext_lazy("kind of notice", "End of the time in a class")


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
