"""Devices and the inbox."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from prometheus_client import Counter

from common import hooks
from common.changes import Noted, note_change, note_changes
from common.links import fingerprint
from notifications.bounces import Bounce
from notifications.models import Device, Notification

# Those that the mail server refuses at once are among `elan_deliveries_finished`, with the reason MailRefused.
BOUNCES = Counter("elan_mails_bounced", "Mails that came back for good, as our provider told.", ["provider"])


@transaction.atomic
def register_device(
    *,
    person: Any,
    platform: str,
    token: str,
    installation_id: str = "",
    session_id: UUID | None = None,
    app_version: str = "",
    locale: str = "",
    notifications_allowed: bool = True,
) -> Device:
    """Makes this phone the person's: a token belongs to one person, the last who registered it.

    It is the session's who registers: when that ends, so do the pushes. A new token of the same installation takes the
    place of the old one, and gets what still waits for it.
    """
    # The person's lock: of two tokens of one installation that come at once, one stays.
    get_user_model().objects.locked().get(pk=person.pk)
    sha256 = fingerprint(token)
    same_phone = Device.objects.filter(person=person, installation_id=installation_id).exclude(token_sha256=sha256)
    former = same_phone.order_by("-seen_at").first() if installation_id else None
    if former is not None and not Device.objects.filter(token_sha256=sha256).exists():
        Device.objects.filter(pk=former.pk).update(token=token, token_sha256=sha256)
    device, _created = Device.objects.update_or_create(
        token_sha256=sha256,
        defaults={
            "person": person,
            "platform": platform,
            "token": token,
            "installation_id": installation_id,
            "session_id": session_id,
            "app_version": app_version,
            "locale": locale,
            "notifications_allowed": notifications_allowed,
            "seen_at": timezone.now(),
        },
    )
    if installation_id:
        same_phone.delete()
    return device


def note_bounces(bounces: Iterable[Bounce], *, provider: str) -> None:
    """What a provider (notifications.bounces.READERS) tells, address by address. Safe to run twice."""
    for bounce in bounces:
        with transaction.atomic():
            hooks.mail_bounced(address=bounce.address, at=bounce.at)
        BOUNCES.labels(provider).inc()


def forget_device(device: Device) -> None:
    """No more pushes to this phone."""
    device.delete()


def note_seen(session_id: UUID) -> None:
    """The phone of this session is alive: its app has just refreshed it."""
    Device.objects.filter(session_id=session_id).update(seen_at=timezone.now())


def forget_devices_of(session_ids: Iterable[UUID]) -> None:
    """No more pushes to the phones of these sessions, which are over."""
    Device.objects.filter(session_id__in=list(session_ids)).delete()


def forget_all_devices(person: Any, *, but_of: UUID | None = None) -> None:
    """No more pushes to any phone of a person who is signed out everywhere, or everywhere but in one session."""
    devices = Device.objects.filter(person=person)
    (devices.exclude(session_id=but_of) if but_of else devices).delete()


def hand_over_devices(*, from_session: UUID, to_session: UUID) -> None:
    """The phone stays when its session is replaced by another on the same phone."""
    Device.objects.filter(session_id=from_session).update(session_id=to_session)


@transaction.atomic
def mark_read(notification: Notification, *, at: datetime | None = None) -> Notification:
    """Marks one line of the inbox read; the first time stays."""
    if Notification.objects.unread().filter(pk=notification.pk).update(read_at=at or timezone.now()):
        note_change(notification.recipient_id, "notification", notification.pk)
    notification.refresh_from_db(fields=["read_at"])
    return notification


@transaction.atomic
def mark_all_read(person: Any, *, at: datetime | None = None) -> None:
    """Marks all of a person's inbox read; what is read already keeps its time."""
    # The rows before the person, as when one is read.
    rows = Notification.objects.unread().filter(recipient=person).select_for_update(of=("self",)).order_by("pk")
    ids = list(rows.values_list("pk", flat=True))
    Notification.objects.filter(pk__in=ids).update(read_at=at or timezone.now())
    note_changes(Noted(person.pk, "notification", pk) for pk in ids)


def count_unread(person: Any) -> int:
    """How many lines of a person's inbox they have not read."""
    return Notification.objects.unread().filter(recipient=person).count()
