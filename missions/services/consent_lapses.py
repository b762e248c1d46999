"""What becomes of consents for one mission when it moves, and of the places that depended on them."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from common import globe
from consents.kinds import Kind
from missions import eligibility, notices
from missions.models import Consent, Mission, Shift, SignUp
from missions.services.consents import (
    lock_for_decision,
    move,
    present_of,
    release_places,
    release_uncovered_places,
    tell_guardian,
    tell_student,
)
from missions.states import LIVE_SIGN_UP, ConsentStatus
from notifications import outbox


def _has_moved(agreed_to: dict[str, Any], mission: Mission) -> bool:
    """Whether a shift starts or ends over 2 h elsewhere in time, or the mission is over 5 km away (⚙), from then."""
    present = present_of(mission)
    longest = timedelta(minutes=settings.CONSENT_LAPSES_OVER_MINUTES)
    for shift, then in agreed_to["shifts"].items():
        moved = (
            abs(datetime.fromisoformat(now) - datetime.fromisoformat(before))
            for now, before in zip(present["shifts"].get(shift, then), then, strict=True)
        )
        if any(distance > longest for distance in moved):
            return True
    if present["place"] is None:
        return False  # from home there is no way to go
    if agreed_to["place"] is None:
        return True
    return globe.distance_km(*agreed_to["place"], *present["place"]) > settings.CONSENT_LAPSES_OVER_KM


def lapse_moved_consents(mission: Mission) -> list[Consent]:
    """Ends the consents for this one mission that were given for too different a time or place; tells those concerned.

    Compared with what each guardian agreed to, so that many small moves count together. Call it in the transaction of
    the change, after it was written, under the locks of its people and shifts (`locks.lock_everybody_on`); then
    `release_lapsed_places` for each of these shifts. Places on the mission's other shifts follow after the commit.
    """
    granted = Consent.objects.granted().filter(mission=mission).select_for_update(of=("self",)).order_by("pk")
    lapsed = []
    for consent in granted.select_related("student", "guardian__student"):
        if _has_moved(consent.agreed_to, mission):
            consent.mission = mission
            event = move(consent, "lapse")
            occasion = outbox.occasion_of(event.pk)
            tell_guardian(Kind.CONSENT_LAPSED, notices.consent_lapsed, consent, consent.guardian, occasion)
            tell_student(consent, event)
            lapsed.append(consent)
    if lapsed:
        transaction.on_commit(release_places_of_lapsed, robust=True)
    return lapsed


def release_lapsed_places(shift: Shift) -> None:
    """Gives back the places on a shift that depended on consents that lapsed; the caller holds its people and it."""
    lapsed = Consent.objects.filter(mission=shift.mission_id, status=ConsentStatus.LAPSED).values("student")
    for row in SignUp.objects.live().filter(shift=shift, person__in=lapsed).select_related("person").order_by("pk"):
        if eligibility.lacks_consent(row.person, shift):
            release_places(row.person, [shift.pk])


def release_places_of_lapsed() -> int:
    """The same for every other shift of such missions, one student at a time. Safe to run twice; returns how many."""
    left = Consent.objects.filter(
        status=ConsentStatus.LAPSED,
        mission__shifts__starts_at__gt=timezone.now(),
        mission__shifts__sign_ups__person=F("student"),
        mission__shifts__sign_ups__status__in=LIVE_SIGN_UP,
    )
    students = list(left.values_list("student", flat=True).distinct())
    for student_id in students:
        with transaction.atomic():
            release_uncovered_places(lock_for_decision(student_id))
    return len(students)
