"""How a digest is worded."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notifications.kinds import Kind
from notifications.models import Notification
from notifications.outbox import Notice

MOST_LINES = 30


@dataclass(frozen=True)
class Waiting:
    """Lines of one person's inbox that wait, oldest first."""

    lines: list[Notification]


def digest(waiting: Waiting) -> Notice:
    """To staff: what came in since the last digest, a line each."""
    count = len(waiting.lines)
    said = [f"• {line.title}" for line in waiting.lines[:MOST_LINES]]
    if count > MOST_LINES:
        said.append(_("… and %(count)d more in the app.") % {"count": count - MOST_LINES})
    return Notice(
        kind=Kind.DIGEST,
        title=ngettext("%(count)d thing waits for you", "%(count)d things wait for you", count) % {"count": count},
        body="\n".join(said),
    )
