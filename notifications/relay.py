"""The relay: expands due messages into inbox rows and deliveries, then sends the deliveries under leases."""

import logging
import random
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from common import links
from common.errors import next_state
from common.models import uuid7
from notifications import mail, push
from notifications.models import Channel, Delivery, Device, Notification, OutboxMessage
from notifications.states import DELIVERY_TRANSITIONS, DeliveryStatus

logger = logging.getLogger(__name__)

BATCH = 50
# Longer than the longest possible send (FCM 8 s, SMTP 10 s) times the batch is not needed: the lease is renewed
# per delivery just before its send.
LEASE = timedelta(seconds=60)
# A message is written by another machine's clock: one that runs a little ahead must not wait for the sweep.
CLOCK_SKEW = timedelta(seconds=5)
MAX_ATTEMPTS = 10
FIRST_RETRY_SECONDS = 10
LONGEST_RETRY_SECONDS = 3600
CREDENTIALS_RETRY_SECONDS = 300
EXPAND_RETRY = timedelta(minutes=10)


def run() -> int:
    """Expands and sends everything due; returns how many deliveries were finished. Safe to run twice at once."""
    while expand_due():
        pass
    finished = 0
    while batch := claim_due():
        for delivery in batch:
            finished += deliver(delivery)
    return finished


def expand_due(limit: int = BATCH) -> int:
    """Turns up to `limit` due messages into a notification and deliveries, in one transaction; returns how many."""
    now = timezone.now()
    with transaction.atomic():
        messages = list(
            OutboxMessage.objects.due(now + CLOCK_SKEW)
            .select_related("recipient")
            .select_for_update(of=("self",), skip_locked=True)[:limit]
        )
        expanded = [message.pk for message in messages if _expand_alone(message)]
        OutboxMessage.objects.filter(pk__in=expanded).update(expanded_at=now)
    return len(messages)


def _expand_alone(message: OutboxMessage) -> bool:
    """Expands in a savepoint: one message that cannot be is put off and stops no other."""
    try:
        with transaction.atomic():
            _expand(message)
    except Exception:
        logger.exception("message %s not expanded", message.pk)
        OutboxMessage.objects.filter(pk=message.pk).update(due_at=timezone.now() + EXPAND_RETRY)
        return False
    return True


def _expand(message: OutboxMessage) -> None:
    if message.recipient is None:
        Delivery.objects.create(message=message, channel=Channel.MAIL, address=message.address)
        return
    if not message.recipient.is_active:
        return
    if Channel.PUSH in message.channels:
        Notification.objects.create(
            recipient=message.recipient,
            message=message,
            kind=message.kind,
            title=message.title,
            body=message.body,
            data=message.data,
        )
        if push.is_configured():
            devices = Device.objects.filter(person=message.recipient)
            Delivery.objects.bulk_create(
                Delivery(message=message, channel=Channel.PUSH, device=device) for device in devices
            )
    if Channel.MAIL in message.channels:
        Delivery.objects.create(message=message, channel=Channel.MAIL, address=message.recipient.email)


def claim_due(limit: int = BATCH) -> list[Delivery]:
    """Leases up to `limit` due deliveries to this worker. Nobody else gets them before the lease ends."""
    now = timezone.now()
    lease = uuid7()
    with transaction.atomic():
        due = Delivery.objects.due(now).select_for_update(skip_locked=True)
        ids = list(due.values_list("pk", flat=True)[:limit])
        Delivery.objects.filter(pk__in=ids).update(lease=lease, leased_until=now + LEASE)
    return list(
        Delivery.objects.filter(lease=lease).select_related("message__notification", "device").order_by("due_at", "id")
    )


def deliver(delivery: Delivery) -> int:
    """Sends one leased delivery and records what became of it; returns 1 when it is finished, else 0."""
    if not _renew(delivery):
        return 0
    try:
        if delivery.channel == Channel.MAIL:
            _send_mail(delivery)
        elif (device := _device_now(delivery)) is None:
            return _finish(delivery, "drop", "device gone")
        else:
            _send_push(delivery, device)
    except push.DeadToken:
        _forget_token(delivery.device)
        return _finish(delivery, "drop", "token dead")
    except (push.MessageRefused, mail.MailRefused) as error:
        return _finish(delivery, "die", type(error).__name__)
    except push.RetryLater as error:
        return _try_later(delivery, type(error).__name__, error.after_seconds)
    except push.CredentialsRefused as error:
        # Our own fault, for an operator to mend: it must cost no message its last attempt.
        logger.error("push credentials refused: %s", error)
        return _put_off(delivery, type(error).__name__, CREDENTIALS_RETRY_SECONDS, delivery.attempt_count)
    except Exception as error:
        # A failure of any kind is this delivery's alone: the others of the batch go on.
        if not isinstance(error, mail.MailLater):
            logger.exception("delivery %s failed", delivery.pk)
        return _try_later(delivery, type(error).__name__, None)
    return _finish(delivery, "send", "")


def _renew(delivery: Delivery) -> bool:
    """Whether the lease is still ours; if so it runs again from now."""
    held = Delivery.objects.filter(pk=delivery.pk, lease=delivery.lease, status=DeliveryStatus.PENDING)
    return held.update(leased_until=timezone.now() + LEASE) == 1


def _filled_body(message: OutboxMessage) -> str:
    if message.link is None:
        return message.body
    token = links.make_token(message.link["purpose"], UUID(message.link["row_id"]), message.link["nonce"])
    return message.body.replace("{link}", links.url(message.link["path"], token))


def _send_mail(delivery: Delivery) -> None:
    message = delivery.message
    mail.send(to=delivery.address, subject=message.title, body=_filled_body(message), message_id=str(message.pk))


def _device_now(delivery: Delivery) -> Device | None:
    """The phone, unless it is gone or has become somebody else's since the message was expanded."""
    if delivery.device_id is None:
        return None
    return Device.objects.filter(pk=delivery.device_id, person=delivery.message.recipient_id).first()


def _send_push(delivery: Delivery, device: Device) -> None:
    notification: Notification = delivery.message.notification
    push.send(
        push.PushMessage(
            token=device.token,
            title=notification.title,
            body=notification.body,
            data={**notification.data, "notification_id": str(notification.pk), "kind": notification.kind},
            collapse_key=str(notification.pk),
        )
    )


def _forget_token(device: Device | None) -> None:
    """Deletes the device unless its phone has registered a new token meanwhile."""
    if device is not None:
        Device.objects.filter(pk=device.pk, token_sha256=device.token_sha256).delete()


def _finish(delivery: Delivery, verb: str, error: str) -> int:
    status = next_state(DELIVERY_TRANSITIONS, verb, delivery.status)
    return _write(
        delivery,
        status=status,
        finished_at=timezone.now(),
        attempt_count=delivery.attempt_count + 1,
        last_error=error,
    )


def _try_later(delivery: Delivery, error: str, after_seconds: float | None) -> int:
    attempts = delivery.attempt_count + 1
    if attempts >= MAX_ATTEMPTS:
        return _finish(delivery, "die", error)
    backoff = min(FIRST_RETRY_SECONDS * 2 ** (attempts - 1), LONGEST_RETRY_SECONDS)
    return _put_off(delivery, error, max(after_seconds or 0, backoff), attempts)


def _put_off(delivery: Delivery, error: str, seconds: float, attempts: int) -> int:
    # Spread upwards, so that a thousand failures of one second do not come back in one second.
    wait = seconds * random.uniform(1, 1.3)  # noqa: S311 not a secret
    _write(
        delivery,
        status=next_state(DELIVERY_TRANSITIONS, "fail", delivery.status),
        due_at=timezone.now() + timedelta(seconds=wait),
        attempt_count=attempts,
        last_error=error,
    )
    return 0


def _write(delivery: Delivery, **changes: Any) -> int:
    """Writes only while the lease is ours: who lost it has nothing to say any more."""
    held = Delivery.objects.filter(pk=delivery.pk, lease=delivery.lease, status=DeliveryStatus.PENDING)
    return held.update(lease=None, leased_until=None, **changes)
