"""The outbox: a message is a row in the transaction of its fact; after the commit, a nudge that may fail."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import translation

from notifications import nudge
from notifications.models import Channel, OutboxMessage


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


@dataclass(frozen=True)
class Letter:
    """One message to write: `say(about)` builds the notice in the recipient's language."""

    say: Callable[[Any], Notice]
    about: Any
    to: Any
    dedupe_key: str


def publish(
    say: Callable[[Any], Notice], about: Any, *, dedupe_key: str, to: Any = None, address: str = ""
) -> OutboxMessage:
    """Writes the message beside its fact, to a person or to an address without account.

    Call it inside the transaction of that fact. The same `dedupe_key` is written once: a second publish returns
    the first row. The nudge to the relay leaves after the commit.
    """
    message = _message(say, about, dedupe_key=dedupe_key, to=to, address=address)
    row, created = OutboxMessage.objects.get_or_create(
        dedupe_key=dedupe_key,
        defaults={name: getattr(message, name) for name in _WRITTEN},
    )
    if created:
        transaction.on_commit(nudge.relay, robust=True)
    return row


def publish_many(letters: Iterable[Letter]) -> None:
    """`publish` for many people in one statement; keys already written are passed over."""
    messages = [_message(one.say, one.about, dedupe_key=one.dedupe_key, to=one.to) for one in letters]
    OutboxMessage.objects.bulk_create(messages, ignore_conflicts=True)
    transaction.on_commit(nudge.relay, robust=True)


_WRITTEN = ("kind", "recipient", "address", "title", "body", "data", "link", "channels", "due_at")


def _message(
    say: Callable[[Any], Notice], about: Any, *, dedupe_key: str, to: Any = None, address: str = ""
) -> OutboxMessage:
    with translation.override(getattr(to, "language", "") or settings.LANGUAGE_CODE):
        notice = say(about)
    channels = notice.channels if to else (Channel.MAIL,)
    return OutboxMessage(
        dedupe_key=dedupe_key,
        kind=notice.kind,
        recipient=to,
        address=address,
        title=str(notice.title)[:200],
        body=str(notice.body),
        data={name: str(value) for name, value in notice.data.items()},
        link=_link_json(notice.link),
        channels=[str(channel) for channel in channels],
    )


def _link_json(link: Link | None) -> dict[str, str] | None:
    if link is None:
        return None
    return {"purpose": link.purpose, "row_id": str(link.row_id), "path": link.path, "nonce": link.nonce}
