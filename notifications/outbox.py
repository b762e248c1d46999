"""The outbox: a message is a row in the transaction of its fact; after the commit, a nudge that may fail."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Model, QuerySet, TextChoices
from django.utils import timezone, translation

from common.mailboxes import mailbox_of
from common.models import uuid7
from common.names import without_links
from notifications import nudge, registry
from notifications.letters import BETWEEN_LANGUAGES
from notifications.models import Channel, OutboxMessage, Priority
from notifications.registry import Audience, Urgency

# RFC 2606 keeps .invalid for nobody.
NOBODY = "nobody@elan.invalid"


@dataclass(frozen=True)
class Link:
    """A public link to put where the body says `{link}`: made at sending time, stored nowhere (common.links)."""

    purpose: str
    row_id: UUID
    path: str
    nonce: str = ""


@dataclass(frozen=True)
class Notice:
    """What to say, in the language active when it is built. `data` holds ids for the app, never names.

    By which channels, and whether in quiet hours, its kind says (notifications.registry).
    """

    kind: TextChoices
    title: str
    body: str
    data: dict[str, str] = field(default_factory=dict)
    link: Link | None = None
    # Of a kind that passes quiet hours sometimes: this one would be no use after them.
    is_urgent: bool = False
    # Of a kind that goes to staff and to others: to which of them.
    audience: Audience | None = None
    # From when on it is of no use, where that is earlier than its kind lives.
    expires_at: datetime | None = None


LONGEST_TITLE = 200


def in_every_language(say: Callable[[Any], Notice]) -> Callable[[Any], Notice]:
    """Has a notice say itself in all our languages, the first one first: for people who never told us theirs.

    A title that would be cut is said in the first language alone.
    """

    @wraps(say)
    def say_all(about: Any) -> Notice:
        notices = []
        for code in dict.fromkeys([settings.LANGUAGE_CODE, *dict(settings.LANGUAGES)]):
            with translation.override(code):
                notices.append(say(about))
        title = " / ".join(dict.fromkeys(str(notice.title) for notice in notices))
        return replace(
            notices[0],
            title=title if len(title) <= LONGEST_TITLE else notices[0].title,
            body=BETWEEN_LANGUAGES.join(str(notice.body) for notice in notices),
        )

    return say_all


# The row that a notice is about, or its id.
Subject = Model | UUID


@dataclass(frozen=True)
class Mailbox:
    """An address without account, and the row that holds it, or held it: with that row's data go the mails."""

    address: str
    holder_id: UUID


@dataclass(frozen=True)
class Letter:
    """One message to write, to a person or at a mailbox without account: what `publish` takes."""

    say: Callable[[Any], Notice]
    about: Any
    to: Any = None
    subject: Subject | None = None
    occasion: str = ""
    at: Mailbox | None = None


def occasion_of(*parts: UUID | datetime | int | str | None) -> str:
    """Which time it is that one subject brings the same kind: an event's id, an instant, a number, or some of these."""
    said = (part.isoformat() if isinstance(part, datetime) else "" if part is None else str(part) for part in parts)
    return ":".join(said)


def publish(
    say: Callable[[Any], Notice],
    about: Any,
    *,
    subject: Subject | None = None,
    occasion: str = "",
    to: Any = None,
    at: Mailbox | None = None,
) -> OutboxMessage:
    """Writes the message beside its fact: to a person, or at a mailbox without account.

    Call it inside the transaction of that fact. One kind about one subject is written once to each person or holder of
    a mailbox, or once for each occasion: a second publish returns the first row. `subject` is `about` where that is a
    row. The nudge to the relay leaves after the commit.
    """
    row, created = _write(_message(say, about, subject=subject, occasion=occasion, to=to, at=at))
    if created:
        transaction.on_commit(nudge.relay, robust=True)
    return row


def is_published(kind: TextChoices, subject: Subject, *, at: Mailbox, occasion: str = "") -> bool:
    """Whether this has been written already at that mailbox, at whatever address its holder had then."""
    return _about(kind, subject).filter(holder_id=at.holder_id, occasion=occasion).exists()


def published(kind: TextChoices, subjects: Iterable[Subject]) -> set[tuple[UUID, str]]:
    """Of which of these, and on which occasions, this kind has been written already, in one query."""
    return set(_about(kind, *subjects).values_list("subject_id", "occasion"))


def counts_told(kind: TextChoices, people: QuerySet[Any], *, since: datetime) -> dict[UUID, int]:
    """How many messages of this kind each of these people was written since then, in one query; none: absent."""
    written = OutboxMessage.objects.filter(kind=kind, created_at__gt=since, recipient__in=people.values("pk"))
    return dict(written.order_by().values_list("recipient").annotate(Count("pk")))


def last_written(kind: TextChoices, people: Iterable[UUID]) -> dict[UUID, datetime]:
    """When this kind was last written to each of these people, in one query; who never got any is not in it."""
    written = OutboxMessage.objects.filter(kind=kind, recipient__in=list(people))
    return dict(written.values_list("recipient").annotate(at=Max("created_at")))


def count_written(address: str, kinds: Iterable[TextChoices], *, since: datetime) -> int:
    """How many messages of these kinds were written to that mailbox without account, however it is spelt."""
    written = OutboxMessage.objects.filter(mailbox=mailbox_of(address), created_at__gt=since)
    return written.filter(kind__in=list(kinds)).count()


def holders_written_to(kinds: Iterable[TextChoices], holders: Iterable[UUID], *, since: datetime) -> set[UUID | None]:
    """Which of these rows that hold a mailbox were written to there, by one of these kinds, in one query."""
    written = OutboxMessage.objects.filter(holder_id__in=list(holders), created_at__gt=since, kind__in=list(kinds))
    return set(written.values_list("holder_id", flat=True))


def publish_nothing(say: Callable[[Any], Notice], about: Any) -> None:
    """Writes a message that is never sent, where telling would say who has an account or was told just now.

    The work is that of `publish`, so that the time an answer takes tells no more than the answer.
    """
    message = _message(say, about, subject=uuid7(), at=Mailbox(NOBODY, uuid7()))
    message.expanded_at = timezone.now()
    _write(message)


def forget_nothings() -> None:
    """Deletes the messages to nobody, of which whoever asks for a mail adds one. Safe to run twice."""
    OutboxMessage.objects.filter(mailbox=NOBODY, expanded_at__isnull=False).delete()


def take_back(kind: TextChoices, *subjects: Subject) -> None:
    """Deletes what was written of this kind about these and has not left yet: it is not true any more.

    A message that a relay holds now is leaving, and not waited for: the relay waits for people whom we may hold.
    """
    waiting = _about(kind, *subjects).filter(expanded_at__isnull=True)
    free = waiting.select_for_update(skip_locked=True).values_list("pk", flat=True)
    OutboxMessage.objects.filter(pk__in=list(free)).delete()


def forget(holder_id: UUID) -> None:
    """Deletes what was written at every address that this row holds or held, sent or not."""
    OutboxMessage.objects.filter(holder_id=holder_id).delete()


def publish_many(letters: Iterable[Letter]) -> None:
    """`publish` for many in one statement; what is written already is passed over."""
    messages = [
        _message(one.say, one.about, subject=one.subject, occasion=one.occasion, to=one.to, at=one.at)
        for one in letters
    ]
    if not messages:
        return
    OutboxMessage.objects.bulk_create(messages, ignore_conflicts=True)
    transaction.on_commit(nudge.relay, robust=True)


# As the constraints of the table have it.
_IDENTITY = ("kind", "subject_id", "occasion", "recipient", "holder_id")
_WRITTEN = (
    "address",
    "mailbox",
    "title",
    "body",
    "data",
    "link",
    "channels",
    "audience",
    "is_urgent",
    "priority",
    "due_at",
    "expires_at",
    "expanded_at",
)


def _write(message: OutboxMessage) -> tuple[OutboxMessage, bool]:
    return OutboxMessage.objects.get_or_create(
        **{name: getattr(message, name) for name in _IDENTITY},
        defaults={name: getattr(message, name) for name in _WRITTEN},
    )


def _about(kind: TextChoices, *subjects: Subject) -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(kind=kind, subject_id__in=[_id_of(subject) for subject in subjects])


def _id_of(subject: Subject) -> UUID:
    return subject.pk if isinstance(subject, Model) else subject


def _message(
    say: Callable[[Any], Notice],
    about: Any,
    *,
    subject: Subject | None = None,
    occasion: str = "",
    to: Any = None,
    at: Mailbox | None = None,
) -> OutboxMessage:
    with translation.override(getattr(to, "language", "") or settings.LANGUAGE_CODE):
        notice = say(about)
    facts = registry.facts_of(notice.kind)
    if surplus := notice.data.keys() - set(facts.data):
        raise ValueError(f"{notice.kind} promises no {', '.join(sorted(surplus))}")
    title, body = str(notice.title), str(notice.body)
    if not to:
        # People without an account take a mail of ours for the region's word: our link alone is one.
        title, body = without_links(title), without_links(body)
    channels = facts.channels if to else (Channel.MAIL,)
    is_urgent = facts.urgency == Urgency.NEVER_HELD or (facts.urgency == Urgency.SOMETIMES and notice.is_urgent)
    now = timezone.now()
    return OutboxMessage(
        kind=notice.kind,
        subject_id=_id_of(about if subject is None else subject),
        occasion=occasion,
        recipient=to,
        address=at.address if at else "",
        mailbox=mailbox_of(at.address) if at else "",
        holder_id=at.holder_id if at else None,
        title=title[:LONGEST_TITLE],
        body=body,
        data={name: str(value) for name, value in notice.data.items()},
        link=_link_json(notice.link),
        channels=[str(channel) for channel in channels],
        audience=facts.audience_of(notice.audience) if to else "",
        is_urgent=is_urgent,
        priority=Priority.FIRST if is_urgent else facts.priority,
        due_at=now,
        expires_at=min(now + facts.lives, notice.expires_at or now + facts.lives),
    )


def _link_json(link: Link | None) -> dict[str, str] | None:
    if link is None:
        return None
    return {"purpose": link.purpose, "row_id": str(link.row_id), "path": link.path, "nonce": link.nonce}


def ids_in(messages: Iterable[OutboxMessage], name: str) -> dict[UUID, UUID]:
    """The id that the data of messages have by this name, by the ids of the messages that have one."""
    return {one.pk: UUID(one.data[name]) for one in messages if name in one.data}


def named(about: dict[UUID, UUID], names: Iterable[tuple[UUID, str]]) -> dict[UUID, str]:
    """`ids_in`, with the names of the rows instead of their ids. note: causes a query where any message has one."""
    by_id = dict(names) if about else {}
    return {pk: by_id[row_id] for pk, row_id in about.items() if row_id in by_id}
