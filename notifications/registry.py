"""Which kinds of notices exist: to whom each goes, how, at what hours and what an app opens. Apps say theirs."""

from dataclasses import KW_ONLY, dataclass
from datetime import timedelta
from functools import cache
from string import Formatter

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy

from common import hooks
from notifications.models import Channel, Digest, Priority


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
# They work with it: what reaches everyone reaches them by mail always, and what can wait comes in digests.
STAFF = frozenset({Audience.ORGANIZERS, Audience.TEACHERS, Audience.SCHOOL_MANAGERS, Audience.REGION})


class Topic(TextChoices):
    """What kinds are about, as people choose them: an app's channel on Android."""

    ACCOUNT = "account", pgettext_lazy("topic of notices", "Account and safety")
    PLACES = "places", pgettext_lazy("topic of notices", "Places on missions")
    HOURS = "hours", pgettext_lazy("topic of notices", "Hours and certificates")
    CLASSES = "classes", pgettext_lazy("topic of notices", "Classes and families")
    ORGANIZATIONS = "organizations", pgettext_lazy("topic of notices", "Organisations and their missions")


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
    # To people with an account. Push is the line of the inbox as well. A mail of them goes to whatever address they
    # have, confirmed or not: mails about the account itself.
    channels: tuple[Channel, ...] = (Channel.PUSH,)
    urgency: Urgency = Urgency.WAITS
    # The names of the ids that a notice may hold.
    data: tuple[str, ...] = ()
    # Paths under /api/v1/ of what it is about: an app opens the first whose names `data` holds and its person may read.
    opens: tuple[str, ...] = ()
    _: KW_ONLY
    topic: Topic
    # By mail as well to staff, and to everybody whose phone cannot be counted on, if they confirmed their address.
    reaches_everyone: bool = False
    may_be_refused: bool = True
    # How staff hear of it who did not choose; none: at once, whatever they chose.
    digest: Digest | None = None
    # The name of the id in `data` by which a newer notice of the kind replaces an older one, and mails come at most
    # one an hour.
    replaces_by: str = ""
    # So long after it could first be sent, it is not sent any more.
    lives: timedelta = timedelta(days=2)
    # Told to very many at once, and nobody is waiting for it.
    is_told_to_many: bool = False

    @property
    def priority(self) -> Priority:
        """Which of what is due leaves first."""
        if self.urgency == Urgency.NEVER_HELD:
            return Priority.FIRST
        return Priority.LAST if self.is_told_to_many else Priority.NORMAL

    def path_for(self, data: dict[str, str]) -> str:
        """Under /api/v1/, what an app opens that holds these ids; "" for nothing."""
        return next((path.format(**data) for path in self.opens if _names(path) <= data.keys()), "")

    def audience_of(self, said: Audience | None) -> Audience:
        """As whom a person with an account hears it. A kind to staff and others too must have it `said`."""
        with_account = [one for one in self.to if one not in WITHOUT_ACCOUNT]
        if said is None and len({one in STAFF for one in with_account}) == 1:
            return with_account[0]
        if said not in with_account:
            raise ValueError(f"{self.kind}: to whom of {', '.join(with_account)}?")
        return said


def _names(path: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in Formatter().parse(path) if name}


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


def ids_of_the_inbox() -> list[str]:
    """Every name that the `data` of a line of an inbox may have, in the order of the alphabet."""
    return sorted({name for one in _kinds().values() if Channel.PUSH in one.channels for name in one.data})
