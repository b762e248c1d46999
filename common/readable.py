"""Dates, times and durations as people read them: Paris time, whole minutes, in the language that is active."""

import re
from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from common.paris import PARIS, day_of

NO_BREAK = "\u00a0"
_WORDS = "min|km|kg|ko|Mo|Go|ans?|mois|(?:heure|minute|seconde|jour|semaine|année)s?"
# A number; or what stands for one in a catalogue, where a percent sign is doubled.
_BEFORE_UNIT = re.compile(rf"(\d|%\(\w+\)\d*[ds]) (?=(?:{_WORDS})(?!\w)|%%?(?!\()|€)|(\d) (?=[hms]\b(?!’))")
# The minutes of a time: "14 h 30".
_AFTER_HOURS = re.compile(r"(?<=\bh) (?=\d\d\b)")


def day(when: date) -> str:
    """`1er décembre 2026`; of an instant, the Paris day."""
    on = day_of(when) if isinstance(when, datetime) else when
    return f"{_number(on)} {date_format(on, 'F Y')}"


def weekday(when: date) -> str:
    """`mardi 1er décembre 2026`."""
    on = day_of(when) if isinstance(when, datetime) else when
    return f"{date_format(on, 'l')} {day(on)}"


def clock(moment: datetime) -> str:
    """An instant's Paris time of day: `14 h 30`, `14 h`; in English `14:30`."""
    local = moment.astimezone(PARIS)
    if not _is_french():
        return f"{local:%H:%M}"
    return f"{local.hour}{NO_BREAK}h" + (f"{NO_BREAK}{local.minute:02d}" if local.minute else "")


def moment(when: datetime) -> str:
    """`1er décembre 2026 à 14 h 30`, in Paris."""
    return _("%(day)s at %(time)s") % {"day": day(when), "time": clock(when)}


def span(start: datetime, end: datetime, *, with_weekday: bool = False) -> str:
    """From when to when, in Paris: `1er décembre 2026 de 14 h à 16 h 30`; over midnight both days are said."""
    say = weekday if with_weekday else day
    if day_of(start) == day_of(end):
        facts = {"day": say(start), "start": clock(start), "end": clock(end)}
        return _("%(day)s from %(start)s to %(end)s") % facts
    first, last = (_("%(day)s at %(time)s") % {"day": say(at), "time": clock(at)} for at in (start, end))
    return f"{first}{NO_BREAK}– {last}"


def duration(minutes: int) -> str:
    """Whole minutes: `16 min`, and from an hour on `1 h 35`."""
    hours, rest = divmod(minutes, 60)
    return f"{hours}{NO_BREAK}h{NO_BREAK}{rest:02d}" if hours else f"{rest}{NO_BREAK}min"


def with_no_break_spaces(french: str) -> str:
    """French with the spaces that hold a line together: before `: ; ! ? »`, after `«`, between number and unit."""
    french = re.sub(r"« ?", f"«{NO_BREAK}", french).replace(f"«{NO_BREAK}\u00a0", f"«{NO_BREAK}")
    french = re.sub(r" (?=[:;!?»])", NO_BREAK, french)
    return _AFTER_HOURS.sub(NO_BREAK, _BEFORE_UNIT.sub(rf"\1\2{NO_BREAK}", french))


def _number(on: date) -> str:
    return "1er" if on.day == 1 and _is_french() else str(on.day)


def _is_french() -> bool:
    return (get_language() or "").startswith("fr")
