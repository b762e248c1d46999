"""The outbox: a message is a row in the transaction of its fact; after the commit, a nudge that may fail."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

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


def publish(
    say: Callable[..., Notice],
    *about: Any,
    dedupe_key: str,
    to: Any = None,
    address: str = "",
    language: str = "",
    due_at: datetime | None = None,
) -> OutboxMessage:
    """Writes the message beside its fact; call it inside the transaction of that fact.

    `say(*about)` builds the notice in the recipient's language. The same `dedupe_key` is written once: a
    second publish returns the first row. The nudge to the relay leaves after the commit.
    """
    with translation.override(language or getattr(to, "language", "") or settings.LANGUAGE_CODE):
        notice = say(*about)
    message, created = OutboxMessage.objects.get_or_create(
        dedupe_key=dedupe_key,
        defaults={
            "kind": notice.kind,
            "recipient": to,
            "address": address,
            "title": str(notice.title),
            "body": str(notice.body),
            "data": notice.data,
            "link": _link_json(notice.link),
            "channels": [str(channel) for channel in (notice.channels if to else (Channel.MAIL,))],
            "due_at": due_at or timezone.now(),
        },
    )
    if created:
        transaction.on_commit(nudge.relay)
    return message


def _link_json(link: Link | None) -> dict[str, str] | None:
    if link is None:
        return None
    return {"purpose": link.purpose, "row_id": str(link.row_id), "path": link.path, "nonce": link.nonce}
