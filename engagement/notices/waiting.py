"""Notices to schools of hours that wait for their decision: how many, in which classes, and no name."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from engagement.kinds import Kind
from notifications.outbox import Notice


@dataclass(frozen=True)
class WaitingHours:
    """How many entries wait in which classes, by the classes' names."""

    counts: dict[str, int]

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    def lines(self) -> str:
        """A line for each class, by name."""
        line = _("• %(class)s: %(count)d")
        return "\n".join(line % {"class": name, "count": count} for name, count in sorted(self.counts.items()))


def hours_waiting(waiting: WaitingHours) -> Notice:
    """To whoever answers for these classes."""
    count = waiting.count
    title = ngettext("%(count)d entry waits for your decision", "%(count)d entries wait for your decision", count)
    return Notice(kind=Kind.HOURS_WAITING, title=title % {"count": count}, body=waiting.lines())


def hours_waiting_long(waiting: WaitingHours) -> Notice:
    """To a school's managers: of what waits, what has waited for more than ten days."""
    title = ngettext(
        "%(count)d entry has waited for more than 10 days",
        "%(count)d entries have waited for more than 10 days",
        waiting.count,
    )
    return Notice(
        kind=Kind.HOURS_WAITING_LONG,
        title=title % {"count": waiting.count},
        body=_("Their teachers have not decided on these hours:") + "\n" + waiting.lines(),
    )
