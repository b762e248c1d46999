"""The outbox: a message is a row in the transaction of its fact; after the commit, a nudge that may fail."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

from common.mailboxes import mailbox_of
from common.models import uuid7
from common.names import without_links
from notifications import nudge
from notifications.models import Channel, OutboxMessage

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
    """What to say, in the language active when it is built. `data` holds ids for the app, never names."""

    kind: str
    title: str
    body: str
    data: dict[str, str] = field(default_factory=dict)
    channels: tuple[Channel, ...] = (Channel.PUSH,)
    link: Link | None = None
    # Passes quiet hours: it would be no use after them.
    is_urgent: bool = False


LONGEST_TITLE = 200


def in_every_language(say: Callable[[Any], Notice]) -> Callable[[Any], Notice]:
    """Has a notice say itself in all our languages, the first one first: to who never told us theirs.

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
            body="\n----\n\n".join(str(notice.body) for notice in notices),
        )

    return say_all


@dataclass(frozen=True)
class Letter:
    """One message to write: `say(about)` builds the notice in the recipient's language."""

    say: Callable[[Any], Notice]
    about: Any
    to: Any
    dedupe_key: str


@dataclass(frozen=True)
class Mailbox:
    """An address without account, and the row that holds it, or held it: with that row's data go the mails."""

    address: str
    holder_id: UUID


def publish(
    say: Callable[[Any], Notice], about: Any, *, dedupe_key: str, to: Any = None, at: Mailbox | None = None
) -> OutboxMessage:
    """Writes the message beside its fact: to a person, or at a mailbox without account.

    Call it inside the transaction of that fact. The same `dedupe_key` is written once: a second publish returns
    the first row. The nudge to the relay leaves after the commit.
    """
    message = _message(say, about, dedupe_key=dedupe_key, to=to, at=at)
    row, created = OutboxMessage.objects.get_or_create(
        dedupe_key=dedupe_key,
        defaults={name: getattr(message, name) for name in _WRITTEN},
    )
    if created:
        transaction.on_commit(nudge.relay, robust=True)
    return row


def is_published(dedupe_key: str) -> bool:
    """Whether this fact has been written already."""
    return OutboxMessage.objects.filter(dedupe_key=dedupe_key).exists()


def count_written(address: str, kind_begins: str, *, since: datetime) -> int:
    """How many messages of such kinds were written to that mailbox without account, however it is spelt."""
    written = OutboxMessage.objects.filter(mailbox=mailbox_of(address), created_at__gt=since)
    return written.filter(kind__startswith=kind_begins).count()


def published(dedupe_keys: Iterable[str]) -> set[str]:
    """Which of these facts have been written already, in one query."""
    known = OutboxMessage.objects.filter(dedupe_key__in=list(dedupe_keys))
    return set(known.values_list("dedupe_key", flat=True))


def publish_nothing(say: Callable[[Any], Notice], about: Any) -> None:
    """Writes a message that is never sent, where telling would say who has an account or was told just now.

    The work is that of `publish`, so that the time an answer takes tells no more than the answer.
    """
    message = _message(say, about, dedupe_key=f"nothing:{uuid7()}", at=Mailbox(NOBODY, uuid7()))
    message.expanded_at = timezone.now()
    OutboxMessage.objects.get_or_create(
        dedupe_key=message.dedupe_key,
        defaults={name: getattr(message, name) for name in (*_WRITTEN, "expanded_at")},
    )


def forget_nothings() -> None:
    """Deletes the messages to nobody, of which whoever asks for a mail adds one. Safe to run twice."""
    OutboxMessage.objects.filter(mailbox=NOBODY, expanded_at__isnull=False).delete()


def take_back(dedupe_key_start: str) -> None:
    """Deletes what was written under keys that begin so and has not left yet: it is not true any more.

    What a relay holds at this moment is leaving, and not waited for: the relay waits for people whom we may hold.
    """
    waiting = OutboxMessage.objects.filter(dedupe_key__startswith=dedupe_key_start, expanded_at__isnull=True)
    free = waiting.select_for_update(skip_locked=True).values_list("pk", flat=True)
    OutboxMessage.objects.filter(pk__in=list(free)).delete()


def forget(holder_id: UUID) -> None:
    """Deletes what was written at every address that this row holds or held, sent or not."""
    OutboxMessage.objects.filter(holder_id=holder_id).delete()


def publish_many(letters: Iterable[Letter]) -> None:
    """`publish` for many people in one statement; keys already written are passed over."""
    messages = [_message(one.say, one.about, dedupe_key=one.dedupe_key, to=one.to) for one in letters]
    if not messages:
        return
    OutboxMessage.objects.bulk_create(messages, ignore_conflicts=True)
    transaction.on_commit(nudge.relay, robust=True)


_WRITTEN = (
    *("kind", "recipient", "address", "mailbox", "holder_id", "title", "body", "data", "link"),
    *("channels", "is_urgent", "due_at"),
)


def _message(
    say: Callable[[Any], Notice], about: Any, *, dedupe_key: str, to: Any = None, at: Mailbox | None = None
) -> OutboxMessage:
    with translation.override(getattr(to, "language", "") or settings.LANGUAGE_CODE):
        notice = say(about)
    title, body = str(notice.title), str(notice.body)
    if not to:
        # People without an account take a mail of ours for the region's word: our link alone is one.
        title, body = without_links(title), without_links(body)
    channels = notice.channels if to else (Channel.MAIL,)
    return OutboxMessage(
        dedupe_key=dedupe_key,
        kind=notice.kind,
        recipient=to,
        address=at.address if at else "",
        mailbox=mailbox_of(at.address) if at else "",
        holder_id=at.holder_id if at else None,
        title=title[:LONGEST_TITLE],
        body=body,
        data={name: str(value) for name, value in notice.data.items()},
        link=_link_json(notice.link),
        channels=[str(channel) for channel in channels],
        is_urgent=notice.is_urgent,
    )


def _link_json(link: Link | None) -> dict[str, str] | None:
    if link is None:
        return None
    return {"purpose": link.purpose, "row_id": str(link.row_id), "path": link.path, "nonce": link.nonce}
