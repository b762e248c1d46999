"""A person's places as iCalendar (RFC 5545): stable UIDs, growing SEQUENCE numbers, Paris wall times."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from common import paris
from missions.models import SignUp
from missions.states import LIVE_SIGN_UP, SignUpStatus

# Long enough that every phone, however rarely it asks, learns that a place is gone.
SHOWN_AFTER = timedelta(days=90)
# How far a sign-up has come, always forward; another sign-up on the same shift begins above all of them.
STEPS = {SignUpStatus.WAITLISTED: 0, SignUpStatus.PENDING: 0, SignUpStatus.OFFERED: 1, SignUpStatus.ACCEPTED: 2}
LAST_STEP = 3


def places_of(person: Any) -> list[SignUp]:
    """The person's sign-ups on shifts to come and of the last 90 days, oldest first."""
    return list(
        SignUp.objects.filter(person=person, shift__ends_at__gt=timezone.now() - SHOWN_AFTER)
        .select_related("shift__mission__organization")
        .order_by("id")
    )


def calendar_of(person: Any, places: Iterable[SignUp]) -> bytes:
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
        for attempts in by_shift.values():
            calendar.add_component(_event(attempts[-1], len(attempts)))
    calendar.add_missing_timezones()
    return calendar.to_ical()


def _event(place: SignUp, attempt: int) -> Event:
    shift, mission = place.shift, place.shift.mission
    event = Event()
    # Of the shift and the person, so that another attempt moves the event instead of doubling it.
    event.add("uid", f"{place.shift_id}.{place.person_id}@elan")
    event.add("sequence", _sequence(place, attempt))
    event.add("status", _status(place))
    event.add("dtstamp", place.ended_at or place.accepted_at or place.created_at)
    event.add("dtstart", shift.starts_at.astimezone(paris.PARIS))
    event.add("dtend", shift.ends_at.astimezone(paris.PARIS))
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
    """Every part of it only ever grows: the attempts, the sign-up's own steps, the edits of shift and mission."""
    step = STEPS.get(SignUpStatus(place.status), LAST_STEP)
    return (attempt - 1) * (LAST_STEP + 1) + step + place.shift.version + place.shift.mission.version


def _status(place: SignUp) -> str:
    if place.status not in LIVE_SIGN_UP:
        return "CANCELLED"
    return "CONFIRMED" if place.status == SignUpStatus.ACCEPTED else "TENTATIVE"
