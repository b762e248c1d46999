"""Digests: what can wait reaches staff together, each day or each week."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from common import hooks
from notifications import notices, outbox
from notifications.models import Notification


def send_digests() -> int:
    """Sends each person whose time has come what waits and is neither read nor over; returns how many digests.

    Safe to run twice, and late: lines leave the waiting as the digest is written.
    """
    now = timezone.now()
    people = list(Notification.objects.for_digest(now).order_by().values_list("recipient", flat=True).distinct())
    return sum(_send_digest(person_id, now) for person_id in people)


@transaction.atomic
def _send_digest(person_id: UUID, now: datetime) -> bool:
    person: Any = get_user_model().objects.locked().get(pk=person_id)
    rows = list(Notification.objects.for_digest(now).filter(recipient=person).select_related("message").order_by("id"))
    over = {pk for ids in hooks.obsolete_notices(messages=[row.message for row in rows]) for pk in ids}
    lines = [row for row in rows if row.read_at is None and row.message_id not in over]
    if lines:
        # The first line is in one digest only.
        outbox.publish(notices.digest, notices.Waiting(lines), subject=lines[0], to=person)
    Notification.objects.filter(pk__in=[row.pk for row in rows]).update(digest_due_at=None)
    return bool(lines)
