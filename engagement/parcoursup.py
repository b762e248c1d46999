"""A student's "Engagement citoyen" for Parcoursup: a draft of at most 1,500 characters, from what the school approved.

Parcoursup counts as browsers do: UTF-16 units, a line's end being two (HTML, textarea, maxlength of a submitted value).
"""

import re
from collections.abc import Iterable

from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from engagement.models import HourEntry
from engagement.notices import minutes_as_text
from engagement.pdf import DOMAINS

LONGEST = 1500
# A reflection of which less would be left says nothing.
SHORTEST_REFLECTION = 40
SENTENCE_END = re.compile(r"[.!?…](?=\s)")


def length_of(text: str) -> int:
    """How many characters Parcoursup counts."""
    return len(text.encode("utf-16-le")) // 2 + text.count("\n")


def text_of(person: User) -> str:
    """The draft, in French as Parcoursup is; empty while no hour is approved."""
    entries = list(
        HourEntry.objects.approved_of(person).select_related("mission__organization", "record__option__school_year")
    )
    if not entries:
        return ""
    with translation.override("fr"):
        return _compose(entries)


def _compose(entries: list[HourEntry]) -> str:
    """The totals, a line for each mission from the longest on as long as there is room, then what was thought of it."""
    lines = [_cut(_totals(entries), LONGEST)]
    missions = _by_mission(entries)
    kept: list[tuple[int, list[HourEntry]]] = []
    for (title, organization), given in missions:
        named = f"{title} ({organization})" if organization else title
        line = _("– %(mission)s: %(time)s.") % {"mission": named, "time": _time(given)}
        if length_of("\n".join([*lines, line])) > LONGEST:
            break
        kept.append((len(lines), given))
        lines.append(line)
    for number, given in kept:
        for reflection in dict.fromkeys(" ".join(entry.reflection.split()) for entry in reversed(given)):
            room = LONGEST - length_of("\n".join(lines)) - 1
            if reflection and (length_of(reflection) <= room or room >= SHORTEST_REFLECTION):
                lines[number] += " " + _cut(reflection, room)
    return "\n".join(lines)


def _totals(entries: list[HourEntry]) -> str:
    domains: dict[str, list[HourEntry]] = {}
    for entry in entries:
        domains.setdefault(entry.domain, []).append(entry)
    ordered = sorted(domains.items(), key=lambda item: -_minutes(item[1]))
    years = sorted({entry.record.option.school_year.label for entry in entries if entry.record.option})
    return _("My school approved %(time)s of my engagement (%(years)s): %(domains)s.") % {
        "time": _time(entries),
        "years": ", ".join(years),
        "domains": ", ".join(f"{DOMAINS[domain].lower()} {_time(given)}" for domain, given in ordered),
    }


def _by_mission(entries: Iterable[HourEntry]) -> list[tuple[tuple[str, str], list[HourEntry]]]:
    missions: dict[tuple[str, str], list[HourEntry]] = {}
    for entry in entries:
        organization = entry.organization_name or (entry.mission.organization.name if entry.mission else "")
        missions.setdefault((entry.title, organization), []).append(entry)
    return sorted(missions.items(), key=lambda item: -_minutes(item[1]))


def _minutes(entries: Iterable[HourEntry]) -> int:
    return sum(entry.approved_minutes or 0 for entry in entries)


def _time(entries: Iterable[HourEntry]) -> str:
    return minutes_as_text(_minutes(entries))


def _cut(text: str, room: int) -> str:
    """No more than that, ended at a sentence, else at a word."""
    if length_of(text) <= room:
        return text
    while length_of(text) > room - 1:
        text = text[:-1]
    ends = [found.end() for found in SENTENCE_END.finditer(text)]
    if ends and ends[-1] >= len(text) // 2:
        return text[: ends[-1]]
    return text.rpartition(" ")[0].rstrip(" ,;:") + "…" if " " in text else text + "…"
