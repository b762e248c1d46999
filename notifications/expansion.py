"""Expansion: of each message that is due, the line of the inbox, and by which ways and when it goes out."""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from common.changes import Noted, note_changes
from notifications import push, quiet_hours
from notifications.models import Channel, Delivery, Device, Digest, Notification, OutboxMessage, Preference
from notifications.registry import STAFF, NoticeKind, Urgency, facts_of
from notifications.states import DeliveryStatus

logger = logging.getLogger(__name__)

BATCH = 500
# A message is written by another machine's clock: one that runs a little ahead must not wait for the sweep.
CLOCK_SKEW = timedelta(seconds=5)
EXPAND_RETRY = timedelta(minutes=10)
# Of what replaces itself, one mail in that time.
BETWEEN_MAILS = timedelta(hours=1)
LONGEST_COLLAPSE_KEY = 64


@dataclass
class Hearers:
    """What is known of the people of one batch."""

    preferences: dict[UUID, Preference] = field(default_factory=dict)
    devices: dict[UUID, list[Device]] = field(default_factory=lambda: defaultdict(list))


def expand_due(limit: int = BATCH) -> int:
    """Turns up to `limit` due messages into lines of inboxes and deliveries, in one transaction; returns how many.

    Several may run: locked messages are skipped. People are locked by id before their devices, as everywhere.
    """
    now = timezone.now()
    with transaction.atomic():
        messages = list(
            OutboxMessage.objects.due(now + CLOCK_SKEW)
            .select_related("recipient")
            .select_for_update(of=("self",), skip_locked=True)[:limit]
        )
        if not messages:
            return 0
        try:
            with transaction.atomic():
                expand(messages, now)
        except Exception:
            # One that cannot be expanded stops no other.
            for message in messages:
                _expand_alone(message, now)
    return len(messages)


def _expand_alone(message: OutboxMessage, now: datetime) -> None:
    try:
        with transaction.atomic():
            expand([message], now)
    except Exception:
        logger.exception("message %s not expanded", message.pk)
        OutboxMessage.objects.filter(pk=message.pk).update(due_at=timezone.now() + EXPAND_RETRY)


def expand(messages: list[OutboxMessage], now: datetime) -> None:
    """Writes what becomes of these messages. note: as many queries for one as for hundreds."""
    people = {message.recipient_id for message in messages if message.recipient_id}
    hearers = Hearers({row.person_id: row for row in Preference.objects.filter(person__in=people)})
    lines = [_line(message, hearers, now) for message in messages if _has_line(message)]
    # In one call, which locks the people by id: two relays that wait for each other would wait for ever.
    note_changes(Noted(line.recipient_id, "notification", line.pk) for line in lines)
    for device in Device.objects.reachable().filter(person__in=people).order_by("pk").select_for_update(of=("self",)):
        hearers.devices[device.person_id].append(device)
    held = {line.message_id for line in lines if line.digest_due_at}
    deliveries = [one for message in messages if message.pk not in held for one in _deliveries(message, hearers, now)]
    deliveries = _newest_of_each_key(deliveries)
    _space_mails(deliveries)
    _number(deliveries)
    Notification.objects.bulk_create(lines)
    Delivery.objects.bulk_create(deliveries)
    _replace_older(deliveries, now)
    OutboxMessage.objects.filter(pk__in=[message.pk for message in messages]).update(expanded_at=now)


def _has_line(message: OutboxMessage) -> bool:
    return message.recipient is not None and message.recipient.is_active and Channel.PUSH in message.channels


def _line(message: OutboxMessage, hearers: Hearers, now: datetime) -> Notification:
    person: Any = message.recipient
    return Notification(
        recipient=person,
        message=message,
        kind=message.kind,
        title=message.title,
        body=message.body,
        data=message.data,
        digest_due_at=_digest_time(message, hearers.preferences.get(person.pk), now),
    )


def _digest_time(message: OutboxMessage, preference: Preference | None, now: datetime) -> datetime | None:
    """When the digest leaves in which this waits; None for what goes out by itself."""
    default = facts_of(message.kind).digest
    if default is None or message.audience not in STAFF:
        return None
    chosen = preference.digest if preference and preference.digest else default
    if chosen == Digest.IMMEDIATE:
        return None
    return quiet_hours.of_preference(preference).next_digest(now, is_weekly=chosen == Digest.WEEKLY)


def _deliveries(message: OutboxMessage, hearers: Hearers, now: datetime) -> Iterable[Delivery]:
    person = message.recipient
    if person is None:
        yield _delivery(message, Channel.MAIL, None, now, address=message.address)
        return
    if not person.is_active:
        return
    facts, preference = facts_of(message.kind), hearers.preferences.get(person.pk)
    devices = hearers.devices[person.pk] if push.is_configured() else []
    if Channel.PUSH in message.channels and not _refuses(preference, facts, Channel.PUSH):
        for device in devices:
            yield _delivery(message, Channel.PUSH, preference, now, device=device)
    if Channel.MAIL in message.channels or (
        _is_mailed(message, person, devices, now) and not _refuses(preference, facts, Channel.MAIL)
    ):
        yield _delivery(message, Channel.MAIL, preference, now, address=person.email)


def _is_mailed(message: OutboxMessage, person: Any, devices: list[Device], now: datetime) -> bool:
    """Whether what must reach everyone goes to this person by mail as well."""
    if not facts_of(message.kind).reaches_everyone or not person.takes_mail or person.suspended_at:
        return False
    return message.audience in STAFF or not any(device.hears(now) for device in devices)


def _refuses(preference: Preference | None, facts: NoticeKind, channel: Channel) -> bool:
    return preference is not None and facts.may_be_refused and facts.kind in preference.refused(channel)


def _delivery(
    message: OutboxMessage, channel: Channel, preference: Preference | None, now: datetime, **place: Any
) -> Delivery:
    return Delivery(
        message=message,
        channel=channel,
        priority=message.priority,
        due_at=_due_at(message, preference, now),
        collapse_key=_collapse_key(message),
        **place,
    )


def _due_at(message: OutboxMessage, preference: Preference | None, now: datetime) -> datetime:
    """When it may go: not in quiet hours, unless it cannot wait or would be over when they end."""
    if message.is_urgent:
        return now
    allowed = quiet_hours.of_preference(preference).first_allowed(now)
    would_be_over = message.expires_at is not None and message.expires_at <= allowed
    return now if would_be_over and facts_of(message.kind).urgency == Urgency.SOMETIMES else allowed


def _collapse_key(message: OutboxMessage) -> str:
    """By what a newer notice takes the place of this one: its kind and what it is about. Empty: by none."""
    name = facts_of(message.kind).replaces_by
    about = message.data.get(name)
    return f"{message.kind}:{about}"[-LONGEST_COLLAPSE_KEY:] if about else ""


def _place(delivery: Delivery) -> tuple[str, Any]:
    return delivery.collapse_key, delivery.device_id or delivery.address


def _newest_of_each_key(deliveries: list[Delivery]) -> list[Delivery]:
    """Of those of one batch that replace each other at one place, the last."""
    last = {_place(one): one for one in deliveries if one.collapse_key}
    return [one for one in deliveries if not one.collapse_key or last[_place(one)] is one]


def _space_mails(deliveries: list[Delivery]) -> None:
    """A mail that replaces others leaves an hour after the last one that left."""
    mails = [one for one in deliveries if one.collapse_key and one.channel == Channel.MAIL]
    if not mails:
        return
    sent = Delivery.objects.filter(
        collapse_key__in={one.collapse_key for one in mails}, channel=Channel.MAIL, status=DeliveryStatus.SENT
    )
    last = {
        (key, address): at
        for key, address, at in sent.values_list("collapse_key", "address").annotate(at=Max("finished_at"))
    }
    for one in mails:
        if left := last.get(_place(one)):
            one.due_at = max(one.due_at, left + BETWEEN_MAILS)


def _number(deliveries: list[Delivery]) -> None:
    """Gives each push the next number of its phone, which is locked."""
    counts = Counter(one.device for one in deliveries if one.device is not None)
    by_count: dict[int, list[UUID]] = defaultdict(list)
    for device, count in counts.items():
        by_count[count].append(device.pk)
    for count, ids in by_count.items():
        Device.objects.filter(pk__in=ids).update(last_sequence=F("last_sequence") + count)
    for one in deliveries:
        if one.device is not None:
            one.device.last_sequence += 1
            one.sequence = one.device.last_sequence


def _replace_older(deliveries: list[Delivery], now: datetime) -> None:
    """Drops what these replace and nobody is sending just now."""
    keyed = [one for one in deliveries if one.collapse_key]
    if not keyed:
        return
    older = Delivery.objects.filter(
        collapse_key__in={one.collapse_key for one in keyed}, status=DeliveryStatus.PENDING, lease__isnull=True
    ).exclude(pk__in=[one.pk for one in keyed])
    places = {_place(one) for one in keyed}
    replaced = [one.pk for one in older.select_for_update(skip_locked=True) if _place(one) in places]
    Delivery.objects.filter(pk__in=replaced).update(
        status=DeliveryStatus.DROPPED, finished_at=now, last_error="replaced"
    )
