"""Says which pushes and mails are due, late or given up, and has those that failed sent again."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Count, Min
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications import retries
from notifications.models import Channel, Delivery, OutboxMessage

WORDS = {
    "held": gettext_lazy("waits for its hour"),
    "due": gettext_lazy("due"),
    "late": gettext_lazy("late"),
    "dead": gettext_lazy("given up"),
}
COLUMNS = "{:<20} {:<6} {:<34} {:<20} {:>7}  {}"
MINUTE, HOUR, DAY = 60, 3600, 86400


class Command(BaseCommand):
    help = "Says which pushes and mails are due, late or given up, by channel, kind and reason. Prints no address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--channel", choices=Channel.values)
        parser.add_argument("--kind", help="as `list_notice_kinds` prints it")
        parser.add_argument("--reason", help="why the last try failed, for example ServerAway")
        parser.add_argument("--state", choices=list(WORDS))
        parser.add_argument("--retry", action="store_true", help="have those of them that failed sent again now")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        asked = {"channel": "channel", "kind": "message__kind", "reason": "last_error", "state": "state"}
        chosen = {field: options[name] for name, field in asked.items() if options[name]}
        rows = Delivery.objects.unfinished().with_state(now).filter(**chosen)
        if options["retry"]:
            count = retries.retry(rows)
            said = _("%(count)d will be tried again now. What is over by then is not sent.")
            self.stdout.write(said % {"count": count})
            return
        if not chosen.keys() - {"message__kind"}:
            self._say_backlog(now, options["kind"])
        groups = list(
            rows.values("state", "channel", "message__kind", "last_error")
            .annotate(count=Count("pk"), fact=Min("message__created_at"))
            .order_by("state", "channel", "message__kind", "last_error")
        )
        if not groups:
            self.stdout.write(_("No push or mail waits, and none was given up."))
            return
        heads = (_("State"), _("Channel"), _("Kind"), _("Reason"), _("Count"), _("Oldest"))
        self.stdout.write(COLUMNS.format(*map(str, heads)))
        for row in groups:
            age = _age(row["fact"], now)
            words = str(WORDS[row["state"]])
            cells = (words, row["channel"], row["message__kind"], row["last_error"] or "–", row["count"], age)
            self.stdout.write(COLUMNS.format(*cells))

    def _say_backlog(self, now: datetime, kind: str | None) -> None:
        waiting = OutboxMessage.objects.due(now).order_by()
        if kind:
            waiting = waiting.filter(kind=kind)
        backlog = waiting.aggregate(count=Count("pk"), fact=Min("created_at"))
        if backlog["count"]:
            self.stdout.write(
                _("%(count)d messages wait for the relay, the oldest for %(age)s. Is a worker running, and the beat?")
                % {"count": backlog["count"], "age": _age(backlog["fact"], now)}
            )


def _age(since: datetime, now: datetime) -> str:
    """In the largest two units, as `3 h 12 min`."""
    seconds = max(0, int((now - since).total_seconds()))
    days, hours, minutes = seconds // DAY, seconds % DAY // HOUR, seconds % HOUR // MINUTE
    if days:
        return _("%(days)d d %(hours)d h") % {"days": days, "hours": hours}
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    return _("%(minutes)d min") % {"minutes": minutes}
