"""What an author says of hours given by hand: how long, and for a mission of the catalogue or for whom outside it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common import paris
from common.errors import BadInput, DomainError
from common.mailboxes import known_address
from engagement.models import LONGEST_MINUTES, SHORTEST_MINUTES, HourEntry
from engagement.services import tutors
from missions.models import Domain, Mission

# A phone's clock may run ahead by a check-in step.
CLOCK_TOLERANCE = timedelta(minutes=1)
NAMED_OUTSIDE = ("title", "domain", "organization_name", "tutor_name", "tutor_email")


class MinutesImpossible(BadInput):
    code = "minutes_impossible"
    field = "ended_at"
    detail = _("An entry is 15 to 720 minutes, breaks taken off. Change its times or its break.")


class InTheFuture(DomainError):
    code = "in_the_future"
    field = "ended_at"
    detail = _("These hours are not over yet. Log them once they are.")


@dataclass(frozen=True)
class EntryFacts:
    """What an author says of hours given by hand: for a mission of the catalogue, or for whom outside it."""

    started_at: datetime
    ended_at: datetime
    break_minutes: int = 0
    reflection: str = ""
    mission: UUID | None = None
    title: str = ""
    domain: str | None = None
    organization_name: str = ""
    tutor_name: str = ""
    tutor_email: str | None = None


def claimed_minutes(started_at: datetime, ended_at: datetime, break_minutes: int) -> int:
    """Elapsed minutes less the break, rounded down once. Raises MinutesImpossible outside 15 to 720."""
    minutes = paris.elapsed_minutes(started_at, ended_at) - break_minutes
    if not SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES:
        raise MinutesImpossible
    return minutes


def is_as_said(entry: HourEntry, facts: EntryFacts) -> bool:
    """Whether the entry says these facts already."""
    times = (facts.started_at, facts.ended_at, facts.break_minutes, facts.reflection, facts.mission)
    if times != (entry.started_at, entry.ended_at, entry.break_minutes, entry.reflection, entry.mission_id):
        return False
    named = {name: getattr(entry, name) for name in NAMED_OUTSIDE}
    return facts.mission is not None or named == _name_outside(vars(facts))


def take_times(entry: HourEntry, started_at: datetime, ended_at: datetime, break_minutes: int) -> None:
    """Gives the entry its times and the minutes they claim. Raises MinutesImpossible, InTheFuture."""
    entry.started_at, entry.ended_at, entry.break_minutes = started_at, ended_at, break_minutes
    entry.claimed_minutes = claimed_minutes(started_at, ended_at, break_minutes)
    if ended_at > timezone.now() + CLOCK_TOLERANCE:
        raise InTheFuture


def _name_outside(facts: dict[str, Any]) -> dict[str, Any]:
    """What stands in the ledger for hours outside the catalogue: without a title the organisation's name."""
    return {
        "title": facts["title"] or facts["organization_name"],
        "domain": facts["domain"] or Domain.AUTRE,
        "organization_name": facts["organization_name"],
        "tutor_name": facts["tutor_name"],
        "tutor_email": known_address(facts["tutor_email"] or ""),
    }


def take_name(entry: HourEntry, facts: dict[str, Any], person: User) -> None:
    """Names the entry after its mission as it is today, or as its author says outside the catalogue.

    Raises BadInput (`mission_unknown`, `named_by_mission`, `organization_needed`, `tutor_needed`, `tutor_refused`).
    """
    if facts["mission"] is None:
        _ensure_named(facts, person)
        named = _name_outside(facts)
        entry.mission = None
    else:
        if any(facts[name] for name in NAMED_OUTSIDE):
            said = _("The mission gives title and organisation: leave them out.")
            raise BadInput(code="named_by_mission", fields={"mission": said})
        # That was public once: hours may be logged when it is over.
        once_public = Mission.objects.filter(published_at__isnull=False).only("title", "domain")
        mission = once_public.filter(pk=facts["mission"]).first()
        if mission is None:
            said = _("This mission is not in the catalogue. Choose another one, or name the association.")
            raise BadInput(code="mission_unknown", fields={"mission": said})
        named = {**dict.fromkeys(NAMED_OUTSIDE, ""), "title": mission.title, "domain": mission.domain}
        entry.mission = mission
    for name, value in named.items():
        setattr(entry, name, value)


def _ensure_named(facts: dict[str, Any], person: User) -> None:
    if not facts["organization_name"]:
        wanted = _("Name the association, or a mission of the catalogue.")
        raise BadInput(code="organization_needed", fields={"organization_name": wanted})
    if not facts["tutor_email"]:
        wanted = _("Give the address of somebody there who can confirm it.")
        raise BadInput(code="tutor_needed", fields={"tutor_email": wanted})
    tutors.ensure_can_be_tutor(facts["tutor_email"], person)


def rename(entry: HourEntry, changes: dict[str, Any], person: User) -> None:
    """Names the entry anew when something of its name is said, and says something else; as `take_name`."""
    said = {name: changes[name] for name in ("mission", *NAMED_OUTSIDE) if name in changes}
    if not said:
        return
    mission = said.get("mission", entry.mission_id)
    is_outside = mission is None and entry.mission_id is None
    kept = {name: getattr(entry, name) if is_outside else "" for name in NAMED_OUTSIDE}
    facts = {**kept, **said, "mission": mission}
    if mission is None or mission != entry.mission_id or any(facts[name] for name in NAMED_OUTSIDE):
        take_name(entry, facts, person)
