"""What a monitor watches of messages: how many wait, since when, and how many were given up."""

from datetime import datetime, timedelta

from django.db.models import Count, Min
from django.utils import timezone

from common.metrics import Gauge
from notifications.models import Delivery, OutboxMessage

DEAD_SINCE = timedelta(hours=24)


def gauges_of_messages() -> list[Gauge]:
    """Ages are of the oldest, in seconds, 0 when nothing waits. note: causes three queries."""
    now = timezone.now()
    outbox = OutboxMessage.objects.due(now).order_by().aggregate(count=Count("pk"), oldest=Min("due_at"))
    late = Delivery.objects.late(now).aggregate(count=Count("pk"), oldest=Min("due_at"))
    dead = Delivery.objects.dead_since(now - DEAD_SINCE).count()
    return [
        Gauge("elan_outbox_backlog", "Messages whose time has come and that no relay has expanded.", outbox["count"]),
        Gauge("elan_outbox_backlog_age_seconds", "Since when the oldest of them waits.", _age(outbox["oldest"], now)),
        Gauge("elan_deliveries_pending", "Pushes and mails whose time has come and that have not left.", late["count"]),
        Gauge("elan_deliveries_pending_age_seconds", "Since when the oldest of them waits.", _age(late["oldest"], now)),
        Gauge("elan_deliveries_dead", "Pushes and mails given up or refused for good in the last 24 hours.", dead),
    ]


def _age(since: datetime | None, now: datetime) -> float:
    return (now - since).total_seconds() if since else 0.0
