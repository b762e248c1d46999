"""The relay: expands due messages into inbox rows and deliveries, then sends the deliveries under leases."""

import logging
import random
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from common import hooks, links
from common.errors import next_state
from common.models import uuid7
from notifications import expansion, letters, mail, preferences, push
from notifications.models import Channel, Delivery, Device, Notification, OutboxMessage
from notifications.registry import facts_of
from notifications.states import DELIVERY_TRANSITIONS, DeliveryStatus

logger = logging.getLogger(__name__)

BATCH = 50
# A claimed delivery is sent at once; no send may begin that could end after its lease.
LEASE = timedelta(seconds=60)
LONGEST_SEND = timedelta(seconds=20)
# What takes longer, a mail whose server is slow to confirm it, has its lease made longer meanwhile.
RENEW_BEFORE_END = timedelta(seconds=40)
# A run leaves what is left to the next sweep, for other jobs want their turn. While it waits for a last mail server,
# pushes go on, and mails as long as one that begins would end before Celery kills the run (CELERY_TASK_TIME_LIMIT).
LONGEST_RUN_SECONDS = 120
# What a mail takes at most, beside the confirmation after its text: a connection and six answers.
LONGEST_MAIL_SECONDS = 90
# While sends are under way, what is new is looked for that often.
LOOK_EVERY_SECONDS = 1
# A server that is away is tried for two days, as mail servers do among themselves; what we do not know, ten times.
GIVE_UP_AFTER = timedelta(hours=48)
MAX_ATTEMPTS = 10
FIRST_RETRY_SECONDS = 10
LONGEST_RETRY_SECONDS = 3600
CREDENTIALS_RETRY_SECONDS = 300
# So many sends in a row that found the server away, and no more are tried for a while.
AWAY_IN_A_ROW = 3
AWAY_SECONDS = 30


class DeviceGone(Exception):
    """The phone is gone, silenced or has become somebody else's since the message was expanded."""


class NotOurs(Exception):
    """Finished already, or so late in its lease that it may be another worker's by the end of a send."""


class Lane:
    """The places from which one channel sends. A server that hangs fills the places of its own channel alone."""

    def __init__(self, channel: Channel, places: int, pool: ThreadPoolExecutor) -> None:
        self.channel, self.places, self.pool = channel, places, pool
        self.sending: dict[Future[Exception | None], Delivery] = {}
        self.looked_at = float("-inf")
        self.has_more = True
        self.away_count = 0

    def fill(self) -> None:
        """Claims for the places that are free and begins to send.

        In handfuls, for a claim for each place that comes free would cost more than the sends; and now and then, for
        what came meanwhile.
        """
        free, now = self.places - len(self.sending), time.monotonic()
        is_handful = self.has_more and free >= self.places / 2
        if not free or not (is_handful or now - self.looked_at > LOOK_EVERY_SECONDS) or now < _away_until[self.channel]:
            return
        claimed = claim_due(free, self.channel)
        self.looked_at, self.has_more = now, len(claimed) == free
        self.sending |= {self.pool.submit(_attempt, delivery): delivery for delivery in claimed}

    def settle(self, future: Future[Exception | None]) -> int:
        """Writes what became of one send; returns 1 when its delivery is finished, else 0."""
        error = future.result()
        self.has_more = True
        self.away_count = self.away_count + 1 if isinstance(error, mail.ServerAway) else 0
        if self.away_count >= AWAY_IN_A_ROW:
            _away_until[self.channel] = time.monotonic() + AWAY_SECONDS
        return _record(self.sending.pop(future), error)

    def renew(self) -> None:
        """Keeps what is still being sent ours."""
        now = timezone.now()
        old = [one for one in self.sending.values() if one.leased_until and one.leased_until < now + RENEW_BEFORE_END]
        if not old:
            return
        held = Delivery.objects.filter(pk__in=[one.pk for one in old], lease__in={one.lease for one in old})
        held.update(leased_until=now + LEASE)
        for one in old:
            one.leased_until = now + LEASE


# Until when a channel of this process sends nothing, by the monotonic clock.
_away_until: dict[Channel, float] = dict.fromkeys(Channel, float("-inf"))


def run() -> int:
    """Expands and sends everything due; returns how many deliveries were finished. Safe to run twice at once.

    Sends side by side, and neither expansion nor a channel waits for another. Threads only speak to servers; what
    became of it is written here, by the thread that claims.
    """
    finished, began = 0, time.monotonic()
    last_mail = settings.CELERY_TASK_TIME_LIMIT - settings.MAIL_CONFIRM_SECONDS - LONGEST_MAIL_SECONDS
    looked_at, has_more = float("-inf"), True
    places = {Channel.PUSH: settings.RELAY_CONCURRENCY, Channel.MAIL: settings.MAIL_CONCURRENCY}
    with ExitStack() as stack:
        lanes = [
            Lane(channel, count, stack.enter_context(ThreadPoolExecutor(count, thread_name_prefix=f"relay-{channel}")))
            for channel, count in places.items()
        ]
        pushes, mails = lanes
        while True:
            is_young = (age := time.monotonic() - began) < LONGEST_RUN_SECONDS
            if is_young or mails.sending:
                if has_more or time.monotonic() - looked_at > LOOK_EVERY_SECONDS:
                    looked_at, has_more = time.monotonic(), expansion.expand_due() == expansion.BATCH
                pushes.fill()
                if is_young or age < last_mail:
                    mails.fill()
            else:
                has_more = False
            under_way = {future: lane for lane in lanes for future in lane.sending}
            if not under_way and not has_more:
                return finished
            done, _others = wait(under_way, 0 if has_more else LOOK_EVERY_SECONDS, return_when=FIRST_COMPLETED)
            finished += sum(under_way[future].settle(future) for future in done)
            for lane in lanes:
                lane.renew()


def claim_due(limit: int = BATCH, channel: Channel = Channel.PUSH) -> list[Delivery]:
    """Leases up to `limit` due deliveries to this worker. Nobody else gets them before the lease ends.

    What is of no use any more is dropped instead, and the next in turn claimed.
    """
    claimed: list[Delivery] = []
    while len(claimed) < limit:
        asked = limit - len(claimed)
        found = _lease(asked, channel)
        claimed += _of_use(found)
        if len(found) < asked:
            break
    return claimed


def _lease(limit: int, channel: Channel) -> list[Delivery]:
    now = timezone.now()
    lease = uuid7()
    with transaction.atomic():
        due = Delivery.objects.due(now).filter(channel=channel)
        if channel == Channel.PUSH:
            due = due.in_turn(now)
        ids = list(due.select_for_update(of=("self",), skip_locked=True).values_list("pk", flat=True)[:limit])
        Delivery.objects.filter(pk__in=ids).update(lease=lease, leased_until=now + LEASE)
    return list(
        Delivery.objects.filter(lease=lease)
        .with_unread_count()
        .select_related("message__notification", "message__recipient", "device__person")
        .order_by("priority", "due_at", "id")
    )


def _of_use(deliveries: list[Delivery]) -> list[Delivery]:
    now = timezone.now()
    obsolete = {pk for ids in hooks.obsolete_notices(messages=[one.message for one in deliveries]) for pk in ids}
    kept = [one for one in deliveries if not _drop_if_over(one, obsolete, now)]
    mails = [one for one in kept if one.channel == Channel.MAIL]
    names: dict[UUID, str] = {}
    for found in hooks.mail_written_for(messages=[one.message for one in mails]):
        names |= found
    for one in mails:
        one.written_for = names.get(one.message_id, "")
    return kept


def _drop_if_over(delivery: Delivery, obsolete: set[UUID], now: datetime) -> bool:
    message, recipient = delivery.message, delivery.message.recipient
    line = getattr(message, "notification", None)
    if message.pk in obsolete:
        reason = "obsolete"
    elif now >= _end_of(delivery):
        reason = "too late"
    elif recipient is not None and not recipient.is_active:
        reason = "account closed"
    elif line is not None and line.read_at is not None:
        reason = "read"
    else:
        return False
    _finish(delivery, "drop", reason)
    return True


def _end_of(delivery: Delivery) -> datetime:
    """From when on it is not sent any more."""
    end: datetime = delivery.message.expires_at or delivery.created_at + GIVE_UP_AFTER
    return end


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
            # Our own fault, for an operator to mend: it costs no message an attempt, but its time runs.
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
        writer=delivery.written_for,
        unsubscribe_url=preferences.unsubscribe_url(message),
    )
    mail.send(to=delivery.address, letter=letter, message_id=str(message.pk))


def _send_push(delivery: Delivery) -> None:
    device, message = delivery.device, delivery.message
    if device is None or device.person_id != message.recipient_id or not device.is_reachable:
        raise DeviceGone
    notification: Notification = message.notification
    facts = facts_of(message.kind)
    push.send(
        push.PushMessage(
            token=device.token,
            title=notification.title,
            body=notification.body,
            data={**notification.data, "notification_id": str(notification.pk), "kind": notification.kind},
            collapse_key=delivery.collapse_key or str(notification.pk),
            platform=device.platform,
            sequence=delivery.sequence,
            opens=facts.path_for(notification.data),
            ttl_seconds=max(0, int((_end_of(delivery) - timezone.now()).total_seconds())),
            is_urgent=message.is_urgent,
            channel_id=facts.topic,
            badge=delivery.unread_count,
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
    due_at = timezone.now() + timedelta(seconds=wait)
    if due_at >= _end_of(delivery):
        return _finish(delivery, "die", error)
    _write(
        delivery,
        status=next_state(DELIVERY_TRANSITIONS, "fail", delivery.status),
        due_at=due_at,
        attempt_count=attempts,
        last_error=error,
    )
    return 0


def _write(delivery: Delivery, **changes: object) -> int:
    """Writes only while the lease is ours: a relay that lost it has nothing to say any more."""
    held = Delivery.objects.filter(pk=delivery.pk, lease=delivery.lease, status=DeliveryStatus.PENDING)
    return held.update(lease=None, leased_until=None, **changes)
