"""What becomes of the consents to one mission when it moves away from what was agreed to."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from common import globe
from consents import notices
from consents.answers import MissionFacts
from consents.kinds import Kind
from consents.models import Consent
from consents.services.consents import move, present_of, tell_guardian, tell_student
from notifications import outbox


def _has_moved(agreed_to: dict[str, Any], present: dict[str, Any]) -> bool:
    """Whether a shift starts or ends over 2 h elsewhere in time, or the mission is over 5 km away (⚙), from then."""
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


def lapse_moved(mission: MissionFacts) -> list[Consent]:
    """Ends the consents to this one mission that were given for too different a time or place; tells those concerned.

    Compared with what each guardian agreed to, so that many small moves count together. Places that depended on them
    are the caller's to release, who holds the people and shifts of the change.
    """
    present = present_of(mission)
    granted = Consent.objects.granted().filter(mission_id=mission.id).select_for_update(of=("self",)).order_by("pk")
    lapsed = []
    for consent in granted.select_related("student", "guardian__student"):
        if _has_moved(consent.agreed_to, present):
            consent.mission = mission
            event = move(consent, "lapse")
            occasion = outbox.occasion_of(event.pk)
            tell_guardian(Kind.CONSENT_LAPSED, notices.consent_lapsed, consent, consent.guardian, occasion)
            tell_student(consent, event)
            lapsed.append(consent)
    return lapsed
