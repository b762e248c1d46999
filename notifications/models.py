"""The outbox and what becomes of its messages: the inbox row, and one delivery per channel and address."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone

from common.models import Row
from notifications.states import DeliveryStatus


class Channel(models.TextChoices):
    PUSH = "push"
    MAIL = "mail"


class Platform(models.TextChoices):
    ANDROID = "android"
    IOS = "ios"
    WEB = "web"


class OwnedQuerySet(QuerySet[Any]):
    """Rows that belong to one person and are seen by nobody else."""

    owner_field = "person"

    def visible_to(self, person: Any) -> "OwnedQuerySet":
        """Only the owner's."""
        return self.filter(**{self.owner_field: person}) if person.is_authenticated else self.none()


class DeviceQuerySet(OwnedQuerySet):
    def reachable(self) -> "DeviceQuerySet":
        """Whose person may be told things on a phone: neither closed nor suspended."""
        return self.filter(person__is_active=True, person__suspended_at__isnull=True)


class NotificationQuerySet(OwnedQuerySet):
    owner_field = "recipient"

    def unread(self) -> "NotificationQuerySet":
        return self.filter(read_at__isnull=True)


class OutboxMessageQuerySet(QuerySet[Any]):
    def due(self, now: datetime) -> "OutboxMessageQuerySet":
        """Not yet expanded, and not meant for later; oldest first."""
        return self.filter(expanded_at__isnull=True, due_at__lte=now).order_by("due_at", "id")


class DeliveryQuerySet(QuerySet[Any]):
    def due(self, now: datetime) -> "DeliveryQuerySet":
        """Pending, its time come, and under nobody's live lease; oldest first."""
        return self.filter(
            Q(leased_until__isnull=True) | Q(leased_until__lte=now), status=DeliveryStatus.PENDING, due_at__lte=now
        ).order_by("due_at", "id")

    def late(self, now: datetime) -> "DeliveryQuerySet":
        """Pending, and its time come, whoever holds it."""
        return self.filter(status=DeliveryStatus.PENDING, due_at__lte=now)

    def dead_since(self, since: datetime) -> "DeliveryQuerySet":
        """Given up, or refused for good, since then."""
        return self.filter(status=DeliveryStatus.DEAD, finished_at__gte=since)


class Device(Row):
    """A phone that wants pushes. A registration token belongs to one person: the last who registered it."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="devices")
    platform = models.CharField(max_length=10, choices=Platform)
    token = models.CharField(max_length=4096)
    # The token itself is too long for an index on every database; its SHA-256 is unique in its place.
    token_sha256 = models.CharField(max_length=64, unique=True)
    installation_id = models.CharField(max_length=255, blank=True)
    seen_at = models.DateTimeField(default=timezone.now)
    # The sign-in that registered it (a row of an app above): pushes end with it.
    session_id = models.UUIDField(null=True, db_index=True)

    objects = DeviceQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.platform} {self.id}"

    @property
    def is_reachable(self) -> bool:
        """As DeviceQuerySet.reachable."""
        return self.person.is_active and self.person.suspended_at is None


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
    # To be sent in quiet hours, too.
    is_urgent = models.BooleanField(default=False)
    due_at = models.DateTimeField(default=timezone.now)
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
            models.Index(fields=["due_at", "id"], condition=Q(expanded_at__isnull=True), name="outbox_message_due"),
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

    objects = NotificationQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["recipient", "-id"], name="notification_inbox")]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Delivery(Row):
    """One attempt-until-done to bring a message to one device or address. Held under a lease while being sent."""

    message = models.ForeignKey(OutboxMessage, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=4, choices=Channel)
    device = models.ForeignKey(Device, null=True, on_delete=models.SET_NULL, related_name="deliveries")
    address = models.EmailField(blank=True)
    status = models.CharField(max_length=8, choices=DeliveryStatus, default=DeliveryStatus.PENDING)
    attempt_count = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=60, blank=True)

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
            models.Index(fields=["due_at", "id"], condition=Q(status=DeliveryStatus.PENDING), name="delivery_due"),
            models.Index(fields=["finished_at"], condition=Q(status=DeliveryStatus.DEAD), name="delivery_dead"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.status} {self.id}"
