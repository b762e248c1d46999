"""A person's places as iCalendar (RFC 5545): stable UIDs, growing SEQUENCE numbers, times in UTC.

In UTC, which every program reads alike: of a zone's definition some read only a part, and are an hour late in summer.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from accounts.models import User
from common.changes import changed_at
from missions.models import SignUp
from missions.states import LIVE_SIGN_UP, SignUpStatus

# Long enough that every phone, however rarely it asks, learns that a place is gone.
SHOWN_AFTER = timedelta(days=90)
# How far a sign-up has come, always forward; another sign-up on the same shift begins above all of them.
STEPS = {SignUpStatus.WAITLISTED: 0, SignUpStatus.PENDING: 0, SignUpStatus.OFFERED: 1, SignUpStatus.ACCEPTED: 2}
LAST_STEP = 3


def places_of(person: User) -> list[SignUp]:
    """The person's sign-ups on shifts to come and of the last 90 days, oldest first."""
    return list(
        SignUp.objects.filter(person=person, shift__ends_at__gt=timezone.now() - SHOWN_AFTER)
        .select_related("shift__mission__organization")
        .order_by("id")
    )


def calendar_of(person: User, places: Iterable[SignUp]) -> bytes:
    """The calendar, in the person's language. The same places give the same bytes."""
    calendar = Calendar()
    calendar.add("prodid", "-//Elan//Missions//FR")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    with translation.override(person.language):
        calendar.add("x-wr-calname", _("My missions"))
        by_shift: dict[Any, list[SignUp]] = {}
        for place in places:
            by_shift.setdefault(place.shift_id, []).append(place)
        changes = changed_at(person, "sign_up")
        for attempts in by_shift.values():
            place = attempts[-1]
            calendar.add_component(_event(place, len(attempts), _modified_at(place, changes.get(place.pk))))
    return calendar.to_ical()


def _modified_at(place: SignUp, noted_at: datetime | None) -> datetime:
    """When the place, its shift or its mission changed last: whatever a phone would follow."""
    moments = (place.created_at, place.accepted_at, place.ended_at, noted_at)
    return max(moment for moment in moments if moment).astimezone(UTC)


def _event(place: SignUp, attempt: int, modified_at: datetime) -> Event:
    shift, mission = place.shift, place.shift.mission
    event = Event()
    # Of the shift and the person, so that another attempt moves the event instead of doubling it.
    event.add("uid", f"{place.shift_id}.{place.person_id}@elan")
    event.add("sequence", _sequence(place, attempt))
    event.add("status", _status(place))
    event.add("dtstamp", modified_at)
    event.add("last-modified", modified_at)
    event.add("dtstart", shift.starts_at.astimezone(UTC))
    event.add("dtend", shift.ends_at.astimezone(UTC))
    event.add("summary", mission.title)
    event.add("class", "PRIVATE")
    where = _("Remote") if mission.is_remote else " ".join(filter(None, [mission.postal_code, mission.city]))
    event.add("location", ", ".join(filter(None, [mission.address, where])))
    description = [mission.organization.name]
    if place.status == SignUpStatus.ACCEPTED and mission.contact:
        description.append(mission.contact)
    event.add("description", "\n".join(description))
    return event


def _sequence(place: SignUp, attempt: int) -> int:
    """Every part of it only ever grows: the attempts, the sign-up's own steps, the edits of what the event tells."""
    step = STEPS.get(SignUpStatus(place.status), LAST_STEP)
    mission = place.shift.mission
    edits = place.shift.version + mission.version + mission.organization.version
    return (attempt - 1) * (LAST_STEP + 1) + step + edits


def _status(place: SignUp) -> str:
    if place.status not in LIVE_SIGN_UP:
        return "CANCELLED"
    return "CONFIRMED" if place.status == SignUpStatus.ACCEPTED else "TENTATIVE"
