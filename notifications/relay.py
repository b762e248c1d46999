"""The relay: expands due messages into inbox rows and deliveries, then sends the deliveries under leases."""

import logging
import random
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from common import hooks, links
from common.changes import Noted, note_changes
from common.errors import next_state
from common.models import uuid7
from notifications import letters, mail, push
from notifications.models import Channel, Delivery, Device, Notification, OutboxMessage
from notifications.states import DELIVERY_TRANSITIONS, DeliveryStatus

logger = logging.getLogger(__name__)

BATCH = 50
# A claimed delivery is sent at once; no send may begin that could end after its lease.
LEASE = timedelta(seconds=60)
LONGEST_SEND = timedelta(seconds=20)
# A run leaves what is left to the next sweep before Celery would kill it (CELERY_TASK_TIME_LIMIT).
LONGEST_RUN_SECONDS = 120
# A message is written by another machine's clock: one that runs a little ahead must not wait for the sweep.
CLOCK_SKEW = timedelta(seconds=5)
# A server that is away is tried for two days, as mail servers do among themselves; what we do not know, ten times.
GIVE_UP_AFTER = timedelta(hours=48)
MAX_ATTEMPTS = 10
FIRST_RETRY_SECONDS = 10
LONGEST_RETRY_SECONDS = 3600
CREDENTIALS_RETRY_SECONDS = 300
EXPAND_RETRY = timedelta(minutes=10)


class DeviceGone(Exception):
    """The phone is gone, silenced or has become somebody else's since the message was expanded."""


class NotOurs(Exception):
    """Finished already, or so late in its lease that it may be another worker's by the end of a send."""


def run() -> int:
    """Expands and sends everything due; returns how many deliveries were finished. Safe to run twice at once."""
    while expand_due():
        pass
    return _send_due()


def _send_due() -> int:
    """Sends side by side, so that a server that hangs holds one place and delays no other delivery.

    Threads only speak to servers; what became of it is written here, by the thread that claims.
    """
    finished, until = 0, time.monotonic() + LONGEST_RUN_SECONDS
    places = settings.RELAY_CONCURRENCY
    sending: dict[Future[Exception | None], Delivery] = {}
    with ThreadPoolExecutor(places, thread_name_prefix="relay") as pool:
        while True:
            free = places - len(sending)
            # In handfuls: a claim for each place that comes free would cost more than the sends.
            if free >= places / 2 and time.monotonic() < until:
                sending |= {pool.submit(_attempt, delivery): delivery for delivery in claim_due(free)}
            if not sending:
                return finished
            done, _others = wait(sending, return_when=FIRST_COMPLETED)
            finished += sum(_record(sending.pop(future), future.result()) for future in done)


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
        # In one call, which locks the people by id: two relays that wait for each other would wait for ever.
        inbox = Notification.objects.filter(message__in=expanded).values_list("recipient", "pk")
        note_changes(Noted(person_id, "notification", pk) for person_id, pk in inbox)
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
            devices = Device.objects.reachable().filter(person=message.recipient)
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
        claimed = Delivery.objects.filter(pk__in=ids)
        claimed.update(lease=lease, leased_until=now + LEASE)
        # A server that has the mail and is waited for must not get it from another relay meanwhile.
        claimed.filter(channel=Channel.MAIL).update(leased_until=now + LEASE + mail.longest_wait())
    return list(
        Delivery.objects.filter(lease=lease)
        .select_related("message__notification", "message__recipient", "device__person")
        .order_by("due_at", "id")
    )


def deliver(delivery: Delivery) -> int:
    """Sends one claimed delivery and records what became of it; returns 1 when it is finished, else 0."""
    return _record(delivery, _attempt(delivery))


def _attempt(delivery: Delivery) -> Exception | None:
    """Speaks to the server, and to no database; answers what went wrong."""
    try:
        if delivery.status != DeliveryStatus.PENDING or _is_late(delivery):
            raise NotOurs
        if delivery.channel == Channel.MAIL:
            _send_mail(delivery)
        else:
            _send_push(delivery)
    except Exception as error:
        # A failure of any kind is this delivery's alone: the others go on.
        return error
    return None


def _is_late(delivery: Delivery) -> bool:
    return delivery.leased_until is not None and delivery.leased_until < timezone.now() + LONGEST_SEND


def _record(delivery: Delivery, error: Exception | None) -> int:
    match error:
        case None:
            return _finish(delivery, "send", "")
        case NotOurs():
            return 0
        case DeviceGone():
            return _finish(delivery, "drop", "device gone")
        case push.DeadToken():
            _forget_token(delivery.device)
            return _finish(delivery, "drop", "token dead")
        case push.MessageRefused() | mail.MailRefused() | mail.ContentRefused():
            return _finish(delivery, "die", type(error).__name__)
        case push.CredentialsRefused():
            # Our own fault, for an operator to mend: it must cost no message its last attempt.
            logger.error("push credentials refused: %s", error)
            return _put_off(delivery, type(error).__name__, CREDENTIALS_RETRY_SECONDS, delivery.attempt_count)
        case push.RetryLater():
            return _try_later(delivery, type(error).__name__, error.after_seconds)
        case mail.MailLater():
            return _try_later(delivery, type(error).__name__, None)
    logger.error("delivery %s failed", delivery.pk, exc_info=error)
    if delivery.attempt_count + 1 >= MAX_ATTEMPTS:
        return _finish(delivery, "die", type(error).__name__)
    return _try_later(delivery, type(error).__name__, None)


def _filled_body(message: OutboxMessage) -> str:
    if message.link is None:
        return message.body
    token = links.make_token(message.link["purpose"], UUID(message.link["row_id"]), message.link["nonce"])
    return message.body.replace("{link}", links.url(message.link["path"], token))


def _send_mail(delivery: Delivery) -> None:
    message = delivery.message
    reader = message.recipient
    letter = letters.compose(
        title=message.title,
        body=_filled_body(message),
        kind=message.kind,
        language=reader.language if reader else "",
        has_account=reader is not None,
    )
    mail.send(to=delivery.address, letter=letter, message_id=str(message.pk))


def _send_push(delivery: Delivery) -> None:
    device, message = delivery.device, delivery.message
    if device is None or device.person_id != message.recipient_id or not device.is_reachable:
        raise DeviceGone
    notification: Notification = message.notification
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
    if delivery.channel != Channel.MAIL:
        return _close(delivery, verb, error)
    with transaction.atomic():
        finished = _close(delivery, verb, error)
        if finished:
            hooks.mail_settled(message=delivery.message, is_sent=verb == "send")
            if error == mail.MailRefused.__name__:
                hooks.mail_bounced(address=delivery.address, at=timezone.now())
    return finished


def _close(delivery: Delivery, verb: str, error: str) -> int:
    status = next_state(DELIVERY_TRANSITIONS, verb, delivery.status)
    return _write(
        delivery,
        status=status,
        finished_at=timezone.now(),
        attempt_count=delivery.attempt_count + 1,
        last_error=error,
    )


def _try_later(delivery: Delivery, error: str, after_seconds: float | None) -> int:
    if timezone.now() - delivery.created_at > GIVE_UP_AFTER:
        return _finish(delivery, "die", error)
    backoff = min(FIRST_RETRY_SECONDS * 2 ** min(delivery.attempt_count, 20), LONGEST_RETRY_SECONDS)
    return _put_off(delivery, error, max(after_seconds or 0, backoff), delivery.attempt_count + 1)


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
    """Writes only while the lease is ours: a relay that lost it has nothing to say any more."""
    held = Delivery.objects.filter(pk=delivery.pk, lease=delivery.lease, status=DeliveryStatus.PENDING)
    return held.update(lease=None, leased_until=None, **changes)
