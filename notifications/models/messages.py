"""The outbox and what becomes of its messages: the inbox row, and one delivery per channel and address."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from common.models import Row
from notifications.models.devices import Device
from notifications.models.owned import OwnedQuerySet
from notifications.states import DeliveryStatus


class Channel(models.TextChoices):
    PUSH = "push"
    MAIL = "mail"


class Priority(models.IntegerChoices):
    """Which of the messages that are due leaves first."""

    FIRST = 0
    NORMAL = 5
    # One thing told to very many people.
    LAST = 9


# For so long a phone gets its pushes in their order; after it a retry that still waits is overtaken.
IN_ORDER_FOR = timedelta(seconds=60)
# Why a delivery waits that was not tried yet: for quiet hours to end, or for the mail before it.
HELD = "held"
LATE_AFTER = timedelta(minutes=1)


class NotificationQuerySet(OwnedQuerySet):
    owner_field = "recipient"

    def unread(self) -> "NotificationQuerySet":
        return self.filter(read_at__isnull=True)

    def for_digest(self, now: datetime) -> "NotificationQuerySet":
        """Lines that wait for a digest whose time has come."""
        return self.filter(digest_due_at__lte=now)


class OutboxMessageQuerySet(QuerySet[Any]):
    def due(self, now: datetime) -> "OutboxMessageQuerySet":
        """Not yet expanded, and not meant for later; the most pressing first, then the oldest."""
        return self.filter(expanded_at__isnull=True, due_at__lte=now).order_by("priority", "due_at", "id")


class DeliveryQuerySet(QuerySet[Any]):
    def due(self, now: datetime) -> "DeliveryQuerySet":
        """Pending, its time come, and under nobody's live lease; the most pressing first, then the oldest."""
        due = self.free(now).filter(status=DeliveryStatus.PENDING, due_at__lte=now)
        return due.order_by("priority", "due_at", "id")

    def in_turn(self, now: datetime) -> "DeliveryQuerySet":
        """Without pushes before which the same phone is to get another that is being sent, or tried again, just now."""
        before = Delivery.objects.filter(
            Q(due_at__lte=now) | Q(attempt_count__gt=0),
            device=OuterRef("device"),
            sequence__lt=OuterRef("sequence"),
            status=DeliveryStatus.PENDING,
            created_at__gt=now - IN_ORDER_FOR,
        )
        return self.filter(~Exists(before))

    def with_unread_count(self) -> "DeliveryQuerySet":
        """With `unread_count`, how many lines of their inbox the message's person has not read."""
        unread = Notification.objects.unread().filter(recipient=OuterRef("message__recipient"))
        count = unread.order_by().values("recipient").annotate(count=Count("pk")).values("count")
        return self.annotate(unread_count=Coalesce(Subquery(count), 0))

    def pending(self) -> "DeliveryQuerySet":
        """Not finished, whether its time has come or not."""
        return self.filter(status=DeliveryStatus.PENDING)

    def unfinished(self) -> "DeliveryQuerySet":
        """Pending, or given up: what an operator may have to look at."""
        return self.filter(status__in=[DeliveryStatus.PENDING, DeliveryStatus.DEAD])

    def failed(self) -> "DeliveryQuerySet":
        """Given up, or waiting for the next try after one that failed."""
        return self.unfinished().filter(Q(status=DeliveryStatus.DEAD) | ~Q(last_error=""))

    def free(self, now: datetime) -> "DeliveryQuerySet":
        """Under nobody's live lease."""
        return self.filter(Q(leased_until__isnull=True) | Q(leased_until__lte=now))

    def not_replaced(self) -> "DeliveryQuerySet":
        """Without those whose place a newer one with the same key has taken."""
        newer = Delivery.objects.filter(
            ~Q(collapse_key=""),
            Q(device=OuterRef("device")) | Q(device__isnull=True, address=OuterRef("address")),
            collapse_key=OuterRef("collapse_key"),
            channel=OuterRef("channel"),
            pk__gt=OuterRef("pk"),
        )
        return self.filter(~Exists(newer))

    def with_state(self, now: datetime) -> "DeliveryQuerySet":
        """With `state` of what is not finished: dead, late (tried in vain, or over a minute due), due, or held."""
        return self.annotate(
            state=Case(
                When(status=DeliveryStatus.DEAD, then=Value("dead")),
                When(~Q(last_error="") | Q(due_at__lte=now - LATE_AFTER), then=Value("late")),
                When(due_at__lte=now, then=Value("due")),
                default=Value(HELD),
            )
        )

    def finished_since(self, since: datetime) -> "DeliveryQuerySet":
        """Sent, dropped, given up, or refused for good, since then."""
        return self.filter(finished_at__gte=since)

    def with_reason(self, now: datetime) -> "DeliveryQuerySet":
        """With `reason`: why the last try failed, or HELD for what was not tried because its time has not come."""
        return self.annotate(reason=Case(When(last_error="", due_at__gt=now, then=Value(HELD)), default="last_error"))


class OutboxMessage(Row):
    """What must be told, written in the transaction of the fact; to a person, or to an address without account.

    Its identity is its kind, its subject, to whom it goes and, where one subject brings the same kind again, the
    occasion: one identity is written once.

    `link` names a public link to fill into the body when it is sent (see common.links), so that no secret is
    kept: {"purpose", "row_id", "nonce", "path"}.
    """

    kind = models.CharField(max_length=60)
    # The row of an app above that it is about.
    subject_id = models.UUIDField()
    # Written by notifications.outbox.occasion_of alone.
    occasion = models.CharField(max_length=120, blank=True)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="outbox_messages"
    )
    address = models.EmailField(blank=True)
    # Of that address (common.mailboxes.mailbox_of): what limits per mailbox count by.
    mailbox = models.CharField(max_length=254, blank=True, editable=False)
    # The row of an app above that has, or had, that address: a guardian, hours with a tutor, an account. With its data
    # go the mails.
    holder_id = models.UUIDField(null=True, editable=False)
    title = models.CharField(max_length=200)
    body = models.TextField()
    data = models.JSONField(default=dict)
    link = models.JSONField(null=True)
    channels = models.JSONField(default=list)
    # As whom they hear it (notifications.registry.Audience).
    audience = models.CharField(max_length=20, blank=True, db_default="")
    # To be sent in quiet hours, too.
    is_urgent = models.BooleanField(default=False)
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL, db_default=Priority.NORMAL)
    due_at = models.DateTimeField(default=timezone.now)
    # What has not left by then is not sent any more. Empty in rows of before there was such a time.
    expires_at = models.DateTimeField(null=True)
    expanded_at = models.DateTimeField(null=True)

    objects = OutboxMessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="outbox_message_is_to_a_person_or_an_address",
                condition=Q(recipient__isnull=False, address="", holder_id__isnull=True)
                | (Q(recipient__isnull=True, holder_id__isnull=False) & ~Q(address="")),
            ),
            # Without a condition: what is asked of a subject is read by it, to whomever it goes.
            models.UniqueConstraint(
                fields=["subject_id", "kind", "occasion", "recipient"],
                name="outbox_message_is_written_once_to_a_person",
            ),
            models.UniqueConstraint(
                fields=["subject_id", "kind", "occasion", "holder_id"],
                condition=Q(holder_id__isnull=False),
                name="outbox_message_is_written_once_to_a_holder",
            ),
        ]
        indexes = [
            models.Index(
                fields=["priority", "due_at", "id"],
                condition=Q(expanded_at__isnull=True),
                name="outbox_message_in_turn",
            ),
            models.Index(fields=["mailbox"], condition=~Q(mailbox=""), name="outbox_message_to_mailbox"),
            models.Index(fields=["holder_id"], condition=Q(holder_id__isnull=False), name="outbox_message_of_holder"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Notification(Row):
    """A line of a person's inbox. Every push or mail about it carries its id, so that a phone shows it once."""

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    message = models.OneToOneField(OutboxMessage, on_delete=models.CASCADE, related_name="notification")
    kind = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    body = models.TextField()
    data = models.JSONField(default=dict)
    read_at = models.DateTimeField(null=True)
    # It waits for the digest of that time instead of going out by itself.
    digest_due_at = models.DateTimeField(null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["recipient", "-id"], name="notification_inbox"),
            models.Index(
                fields=["digest_due_at", "recipient"],
                condition=Q(digest_due_at__isnull=False),
                name="notification_for_digest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Delivery(Row):
    """One attempt-until-done to bring a message to one device or address. Held under a lease while being sent."""

    message = models.ForeignKey(OutboxMessage, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=4, choices=Channel)
    device = models.ForeignKey(Device, null=True, on_delete=models.SET_NULL, related_name="deliveries")
    address = models.EmailField(blank=True)
    # As the message's, so that what is due is found by one index.
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL, db_default=Priority.NORMAL)
    # A push's number for its phone (Device.last_sequence).
    sequence = models.PositiveBigIntegerField(null=True)
    # What a newer delivery with the same key to the same place replaces. Empty: it replaces only itself.
    collapse_key = models.CharField(max_length=64, blank=True, db_default="")
    status = models.CharField(max_length=8, choices=DeliveryStatus, default=DeliveryStatus.PENDING)
    attempt_count = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=60, blank=True)

    # By DeliveryQuerySet.with_unread_count.
    unread_count: int
    # Of a mail that is about to be sent: the school or organisation that its footer names (hook `mail_written_for`).
    written_for: str = ""

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="delivery_is_finished_iff_not_pending",
                condition=Q(status=DeliveryStatus.PENDING, finished_at__isnull=True)
                | (~Q(status=DeliveryStatus.PENDING) & Q(finished_at__isnull=False)),
            ),
            models.UniqueConstraint(fields=["message", "device"], name="delivery_once_per_message_and_device"),
            models.UniqueConstraint(
                fields=["message", "address"],
                condition=Q(channel=Channel.MAIL),
                name="delivery_once_per_message_and_address",
            ),
        ]
        indexes = [
            models.Index(
                fields=["channel", "priority", "due_at", "id"],
                condition=Q(status=DeliveryStatus.PENDING),
                name="delivery_in_turn",
            ),
            models.Index(
                fields=["device", "sequence"], condition=Q(status=DeliveryStatus.PENDING), name="delivery_before"
            ),
            models.Index(
                fields=["collapse_key", "channel"], condition=~Q(collapse_key=""), name="delivery_of_collapse_key"
            ),
            models.Index(fields=["finished_at"], condition=Q(status=DeliveryStatus.DEAD), name="delivery_dead"),
            models.Index(fields=["finished_at"], condition=Q(finished_at__isnull=False), name="delivery_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.status} {self.id}"
