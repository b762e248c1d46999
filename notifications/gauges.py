"""What a monitor watches of messages: how many wait, since when, what became of the others, by channel and kind."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q
from django.utils import timezone

from common.metrics import Gauge
from notifications.models import Delivery, OutboxMessage
from notifications.models.messages import HELD
from notifications.states import DeliveryStatus

FINISHED_SINCE = timedelta(hours=24)
# Of what is not expanded no channel is chosen yet.
NO_CHANNEL = "none"


def gauges_of_messages() -> list[Gauge]:
    """Hook `gauges`. Ages are of the oldest, in seconds; 0 when nothing waits. note: causes three queries."""
    now = timezone.now()
    outbox = list(
        OutboxMessage.objects.due(now)
        .order_by()
        .values("kind")
        .annotate(count=Count("pk"), oldest=Min("due_at"), fact=Min("created_at"))
    )
    pending = list(
        Delivery.objects.pending()
        .with_reason(now)
        .values("channel", "message__kind", "reason")
        .annotate(count=Count("pk"), fact=Min("message__created_at"))
        .annotate(due_count=Count("pk", filter=Q(due_at__lte=now)), oldest=Min("due_at", filter=Q(due_at__lte=now)))
    )
    finished = list(
        Delivery.objects.finished_since(now - FINISHED_SINCE)
        .values("channel", "message__kind", "status", "last_error")
        .annotate(count=Count("pk"))
    )
    facts = [(NO_CHANNEL, row["kind"], row["fact"]) for row in outbox]
    facts += [(row["channel"], row["message__kind"], row["fact"]) for row in pending if row["reason"] != HELD]
    outbox_age = _age((row["oldest"] for row in outbox), now)
    pending_age = _age((row["oldest"] for row in pending), now)
    dead = sum(row["count"] for row in finished if row["status"] == DeliveryStatus.DEAD)
    return [
        Gauge(
            "elan_outbox_backlog",
            "Messages whose time has come and that no relay has expanded.",
            sum(row["count"] for row in outbox),
        ),
        Gauge("elan_outbox_backlog_age_seconds", "Since when the oldest of them waits.", outbox_age),
        Gauge(
            "elan_deliveries_pending",
            "Pushes and mails whose time has come and that have not left.",
            sum(row["due_count"] for row in pending),
        ),
        Gauge("elan_deliveries_pending_age_seconds", "Since when the oldest of them waits.", pending_age),
        Gauge("elan_deliveries_dead", "Pushes and mails given up or refused for good in the last 24 hours.", dead),
        *_ages_of_facts(facts, now),
        *(
            Gauge(
                "elan_deliveries_waiting",
                "Pushes and mails that have not left. Reason: why the last try failed; held: for quiet hours or later.",
                row["count"],
                {"channel": row["channel"], "kind": row["message__kind"], "reason": row["reason"]},
            )
            for row in pending
        ),
        *(
            Gauge(
                "elan_deliveries_finished",
                "What became of pushes and mails in the last 24 hours, and why.",
                row["count"],
                {
                    "channel": row["channel"],
                    "kind": row["message__kind"],
                    "status": row["status"],
                    "reason": row["last_error"],
                },
            )
            for row in finished
        ),
    ]


def _ages_of_facts(facts: Iterable[tuple[str, str, datetime]], now: datetime) -> list[Gauge]:
    oldest: dict[tuple[str, str], datetime] = {}
    for channel, kind, fact in facts:
        oldest[channel, kind] = min(fact, oldest.get((channel, kind), fact))
    return [
        Gauge(
            "elan_oldest_unsent_fact_age_seconds",
            "How long ago the oldest thing happened that should have been told by now, however often it was tried.",
            (now - fact).total_seconds(),
            {"channel": channel, "kind": kind},
        )
        for (channel, kind), fact in sorted(oldest.items())
    ]


def _age(instants: Iterable[datetime | None], now: datetime) -> float:
    known = [at for at in instants if at is not None]
    return (now - min(known)).total_seconds() if known else 0.0
