"""What every row has in common, the memory of writes already answered, and what changed for whom."""

from uuid import UUID

import uuid_utils.compat
from django.conf import settings
from django.db import models


def uuid7() -> UUID:
    """A fresh UUIDv7 (RFC 9562): unique, and sorted by the millisecond of its making."""
    return uuid_utils.compat.uuid7()


class Row(models.Model):
    """Abstract: a UUIDv7 id, so that the order of ids is the order of creation, and the instant of creation."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True

    @property
    def is_unsaved(self) -> bool:
        """Whether it was made here and is in no database yet."""
        return self.created_at is None


class IdempotencyKey(Row):
    """One write already answered: the same key, path and body of the same person replay this answer.

    Written in the transaction of the effect itself, so that neither can exist without the other.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="idempotency_keys")
    key = models.CharField(max_length=255)
    path = models.CharField(max_length=255)
    body_sha256 = models.CharField(max_length=64)
    status_code = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    etag = models.CharField(max_length=80, blank=True, db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "key"], name="idempotency_key_once_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.path} {self.status_code}"


class Change(Row):
    """The newest change of one thing of a person's own data, by its number in the person's sequence.

    Written by common.changes alone; read by /sync/.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="changes")
    sequence = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=30)
    object_id = models.UUIDField()
    is_removed = models.BooleanField(default=False)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "kind", "object_id"], name="change_once_per_thing"),
            models.UniqueConstraint(fields=["person", "sequence"], name="change_once_per_sequence"),
        ]
        indexes = [models.Index(fields=["changed_at"], name="change_old")]

    def __str__(self) -> str:
        return f"{self.kind} {self.sequence}"
