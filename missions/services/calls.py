"""Calls for volunteers: a shift under its minimum is told to people nearby who asked to hear of such."""

from datetime import datetime, timedelta
from itertools import islice

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from common import paris
from common.querysets import distance_km
from missions import eligibility, notices
from missions.kinds import Kind
from missions.models import Mission, Shift
from missions.states import Reason
from notifications import outbox
from schools.models import Commune, Enrolment

CALLED_BEFORE = timedelta(hours=72)
# A beat that was off calls so much later.
MAY_BE_LATE = timedelta(hours=12)
A_WEEK = timedelta(days=7)
MOST_A_WEEK = 2
# The rules are asked for each person alone: of so many at most, those who heard least of late first, until there are
# that many for each place under the minimum.
MOST_ASKED = 100
CALLED_FOR_EACH_PLACE = 3


def call_for_volunteers() -> None:
    """Tells of each shift that lacks people, once, those nearby who may take a place. Safe to run twice."""
    now = timezone.now()
    shifts = _in_need(now)
    centres = _centres() if shifts else {}
    for shift in shifts:
        _call(shift, _people(shift, _communes_near(shift.mission, centres), now), now)


def _centres() -> dict[str, tuple[float, float]]:
    """Latitude and longitude of each commune that has them, by its code."""
    rows = Commune.objects.values_list("code", "latitude", "longitude")
    return {code: (north, east) for code, north, east in rows if north is not None and east is not None}


def _communes_near(mission: Mission, centres: dict[str, tuple[float, float]]) -> set[str]:
    """The codes of the commune it is in, and of those whose centre is not far."""
    own = {mission.commune_code} - {""}
    if mission.latitude is None or mission.longitude is None:
        return own
    here = (mission.latitude, mission.longitude)
    return own | {code for code, centre in centres.items() if distance_km(*here, *centre) <= settings.CALL_RADIUS_KM}


def _in_need(now: datetime) -> list[Shift]:
    """Of the feed, at a place, and below their minimum. Each is called for once."""
    listed = Mission.objects.listed().filter(latitude__isnull=False)
    due = Shift.objects.scheduled().filter(
        mission__in=listed.values("pk"),
        starts_at__gt=now + CALLED_BEFORE - MAY_BE_LATE,
        starts_at__lte=now + CALLED_BEFORE,
        minimum__gt=F("taken_count"),
    )
    rows = list(due.select_related("mission__organization").order_by("starts_at", "id"))
    called = {pk for pk, _occasion in outbox.published(Kind.VOLUNTEERS_NEEDED, rows)}
    return [row for row in rows if row.pk not in called]


def _people(shift: Shift, near: set[str], now: datetime) -> list[User]:
    """Who asked to hear of needs near there, and heard of fewer than two this week; the least told first."""
    today = paris.day_of(now)
    at_school = Enrolment.objects.active().on_day(today).filter(class_group__school__commune_code__in=near)
    asked = User.objects.filter(
        Q(preference__near_commune_code__in=near)
        | Q(preference__near_commune_code="", pk__in=at_school.values("student")),
        preference__hears_of_needs=True,
        is_active=True,
        suspended_at__isnull=True,
    )
    asked = asked.exclude(sign_ups__shift=shift)
    told = outbox.counts_told(Kind.VOLUNTEERS_NEEDED, asked, since=now - A_WEEK)
    rows = [person for person in asked.order_by("pk") if told.get(person.pk, 0) < MOST_A_WEEK]
    return sorted(rows, key=lambda person: told.get(person.pk, 0))[:MOST_ASKED]


def _call(shift: Shift, people: list[User], now: datetime) -> None:
    eligible = (one for one in people if eligibility.reason_for(one, shift, now) == Reason.OK)
    most = CALLED_FOR_EACH_PLACE * ((shift.minimum or 0) - shift.taken_count)
    called = list(islice(eligible, most))
    with transaction.atomic():
        outbox.publish_many(outbox.Letter(notices.volunteers_needed, shift, one) for one in called)
