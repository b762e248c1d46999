"""Which kinds of notices exist: to whom each goes, how, at what hours and what an app opens. Apps say theirs."""

from dataclasses import dataclass
from functools import cache

from django.db.models import TextChoices

from common import hooks
from notifications.models import Channel


class Audience(TextChoices):
    """To whom a kind goes. Guardians, tutors and invited people have no account: they get mails alone."""

    PERSON = "person"
    GUARDIAN = "guardian"
    TUTOR = "tutor"
    INVITED = "invited"
    ORGANIZERS = "organizers"
    TEACHERS = "teachers"
    SCHOOL_MANAGERS = "school managers"
    REGION = "region"


WITHOUT_ACCOUNT = frozenset({Audience.GUARDIAN, Audience.TUTOR, Audience.INVITED})


class Urgency(TextChoices):
    """Whether a kind passes quiet hours. `sometimes`: each notice says so itself, by its shift or offer."""

    WAITS = "no"
    SOMETIMES = "sometimes"
    NEVER_HELD = "always"


@dataclass(frozen=True)
class NoticeKind:
    """What is true of every notice of one kind."""

    kind: TextChoices
    to: tuple[Audience, ...]
    # To people with an account. Push is the line of the inbox as well.
    channels: tuple[Channel, ...] = (Channel.PUSH,)
    urgency: Urgency = Urgency.WAITS
    # The names of the ids that a notice may hold.
    data: tuple[str, ...] = ()
    # Paths under /api/v1/ of what it is about: an app opens the first whose names `data` holds and its person may read.
    opens: tuple[str, ...] = ()


@cache
def _kinds() -> dict[str, NoticeKind]:
    found = {str(one.kind): one for kinds in hooks.notice_kinds() for one in kinds}
    return dict(sorted(found.items()))


def facts_of(kind: str) -> NoticeKind:
    """What is true of this kind. Raises KeyError for one that no app publishes."""
    return _kinds()[kind]


def registered() -> list[NoticeKind]:
    """Every kind, by its name."""
    return list(_kinds().values())
