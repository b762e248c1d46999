"""Notices for tests of the machinery, of real kinds that go by the channels wanted."""

from typing import Any

from accounts.kinds import Kind as AccountKind
from missions.kinds import Kind
from notifications.models import Channel, OutboxMessage
from notifications.outbox import Notice

# Neither by mail to anybody, nor over by what became of its place.
PUSHED = Kind.OFFER_LAPSED
KINDS = {
    (Channel.PUSH,): PUSHED,
    (Channel.MAIL,): AccountKind.ACCOUNT_VERIFY,
    (Channel.PUSH, Channel.MAIL): AccountKind.ACCOUNT_BIRTH_DATE_CHANGED,
}


def notice(title: str = "t", body: str = "b", *channels: Channel, data: dict[str, str] | None = None) -> Notice:
    """One that says this, by push unless other channels are wanted."""
    return Notice(KINDS[channels or (Channel.PUSH,)], title, body, data or {})


def told(kind: str, about: Any, occasion: str = "") -> bool:
    """Whether a message of this kind about this row was written, on that occasion or any."""
    found = OutboxMessage.objects.filter(kind=kind, subject_id=about.pk)
    return (found.filter(occasion=occasion) if occasion else found).exists()
