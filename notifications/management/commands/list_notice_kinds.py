"""Prints every kind of notice as the table of docs/api.md."""

from typing import Any

from django.core.management.base import BaseCommand

from notifications import registry
from notifications.models import Channel
from notifications.registry import WITHOUT_ACCOUNT, NoticeKind

COLUMNS = ("Kind", "To", "By", "Passes quiet hours", "Digest", "May be refused", "Opens", "Data")
HEAD = f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}"
NOTHING = "–"


class Command(BaseCommand):
    help = "Prints every kind of notice: to whom, by which channels, whether in quiet hours, what an app opens."

    def handle(self, *args: Any, **options: Any) -> None:
        rows = [f"| {' | '.join(_cells(one))} |" for one in registry.registered()]
        self.stdout.write("\n".join([HEAD, *rows]))


def _cells(one: NoticeKind) -> list[str]:
    by = ", ".join(one.channels) + (" ✉" if one.reaches_everyone else "")
    if Channel.PUSH in one.channels:
        by += "".join(f" ({audience}: mail)" for audience in one.to if audience in WITHOUT_ACCOUNT)
    # The data of a mail reach nobody.
    data = one.data if Channel.PUSH in one.channels else ()
    return [
        str(one.kind),
        ", ".join(one.to),
        by,
        one.urgency,
        one.digest or NOTHING,
        "yes" if one.may_be_refused and not set(one.to) <= WITHOUT_ACCOUNT else "no",
        ", else ".join(one.opens) or NOTHING,
        ", ".join(data) or NOTHING,
    ]
