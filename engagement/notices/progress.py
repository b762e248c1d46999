"""Notices to students of how far they have come: of their own hours, and nobody's name."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common import readable
from common.readable import duration
from engagement.kinds import Kind
from notifications.outbox import Notice

WHOLE = 100


@dataclass(frozen=True)
class Reached:
    """How much of the target counts, in minutes and as the last of the shares that are told."""

    percent: int
    counted_minutes: int
    target_minutes: int

    @property
    def said(self) -> dict[str, str]:
        return {"counted": duration(self.counted_minutes), "target": duration(self.target_minutes)}


def progress_reached(reached: Reached) -> Notice:
    """To the student: half, four fifths or all of the target counts."""
    title, body = _("You have reached %(percent)d%% of your hours"), _("%(counted)s of %(target)s count.")
    if reached.percent == WHOLE:
        title = _("You have reached your target")
        body = _("%(counted)s of %(target)s count. You can ask for your certificate in the app.")
    return Notice(Kind.PROGRESS_REACHED, title % {"percent": reached.percent}, body % reached.said)


def behind_at_mid_year(reached: Reached) -> Notice:
    """To the student: far from what the calendar asks by then."""
    return Notice(
        Kind.BEHIND_AT_MID_YEAR,
        _("Your hours: time to find a mission"),
        _(
            "Half of the school year is over, and %(counted)s of %(target)s count or wait for your school. Look for a "
            "mission in the app, or talk to your teacher."
        )
        % reached.said,
    )


@dataclass(frozen=True)
class DeadlineAhead:
    """How many days are left to a student whose target is not reached, and what waits for the school."""

    deadline_on: date
    days: int
    reached: Reached
    pending_minutes: int


def deadline_near(ahead: DeadlineAhead) -> Notice:
    """To the student: the day by which the target is to be reached."""
    title = ngettext("%(days)d day left for your hours", "%(days)d days left for your hours", ahead.days)
    said = [
        _("By %(deadline)s, %(target)s are asked; %(counted)s count.")
        % {**ahead.reached.said, "deadline": readable.day(ahead.deadline_on)}
    ]
    if ahead.pending_minutes:
        said.append(_("%(pending)s wait for your school.") % {"pending": duration(ahead.pending_minutes)})
    return Notice(Kind.DEADLINE_NEAR, title % {"days": ahead.days}, " ".join(said))
