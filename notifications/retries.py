"""An operator has what was given up, or waits for its next try, sent again. What is over by then is dropped there."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from common.errors import next_state
from notifications import nudge
from notifications.models import Delivery
from notifications.states import DELIVERY_TRANSITIONS, DeliveryStatus

BATCH = 1000


def retry(deliveries: QuerySet[Any]) -> int:
    """Makes those of them that failed due now, as if never tried; returns how many.

    Left alone: what was sent, dropped or never tried, what a relay holds just now, and what a newer one has replaced.
    Safe to run twice.
    """
    ids = list(Delivery.objects.filter(pk__in=deliveries.order_by().values("pk")).failed().values_list("pk", flat=True))
    return sum(_retry(ids[start : start + BATCH]) for start in range(0, len(ids), BATCH))


@transaction.atomic
def _retry(ids: list[Any]) -> int:
    now = timezone.now()
    failed = Delivery.objects.filter(pk__in=ids).failed().not_replaced().free(now)
    held = list(failed.order_by("pk").select_for_update(of=("self",), skip_locked=True).values_list("pk", flat=True))
    transaction.on_commit(nudge.relay, robust=True)
    return Delivery.objects.filter(pk__in=held).update(
        status=next_state(DELIVERY_TRANSITIONS, "retry", DeliveryStatus.DEAD),
        finished_at=None,
        due_at=now,
        attempt_count=0,
        last_error="",
        lease=None,
        leased_until=None,
    )
