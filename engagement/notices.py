"""What the ledger says to people."""

from django.utils.translation import gettext as _

from engagement.models import Decision, HourEntry
from notifications.outbox import Notice


def _about(entry: HourEntry) -> dict[str, str]:
    return {"hour_entry": str(entry.pk)}


def minutes_as_text(minutes: int) -> str:
    """`95` as "1 h 35"."""
    return _("%(hours)d h %(minutes)02d") % {"hours": minutes // 60, "minutes": minutes % 60}


def attested(entry: HourEntry) -> Notice:
    """To a student: the organisation confirmed; write a reflection and submit."""
    return Notice(
        kind="attested",
        title=_("%(time)s attested: %(title)s")
        % {"time": minutes_as_text(entry.attested_minutes or 0), "title": entry.title},
        body=_("Add what you learned, then submit the hours to your teacher."),
        data=_about(entry),
    )


def attested_in_passport(entry: HourEntry) -> Notice:
    """To a citizen: the organisation confirmed; it counts."""
    return Notice(
        kind="attested",
        title=_("%(time)s attested: %(title)s")
        % {"time": minutes_as_text(entry.attested_minutes or 0), "title": entry.title},
        body=_("They are in your volunteer passport."),
        data=_about(entry),
    )


def decided(decision: Decision) -> Notice:
    """To the student: what the school decided, with the reason."""
    entry = decision.entry
    title = {
        "approve": _("%(time)s approved: %(title)s")
        % {"time": minutes_as_text(decision.minutes or 0), "title": entry.title},
        "return": _("To complete: %(title)s") % {"title": entry.title},
        "reject": _("Not counted: %(title)s") % {"title": entry.title},
    }[decision.verb]
    kind = {"approve": "approved", "return": "returned", "reject": "rejected"}[decision.verb]
    return Notice(
        kind=kind, title=title, body=decision.reason or _("Your teacher decided on your hours."), data=_about(entry)
    )
