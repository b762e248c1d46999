"""What guardians read on their two pages: exactly what is agreed to, and where the child goes."""

from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from common import paris, readable
from consents.answers import MissionFacts, ShiftFacts, missions_of, places_to_come_of
from consents.models import Consent, Guardian, needs_consent
from consents.notices.texts import TEXT_VERSION, text_of
from consents.states import CONSENT_TRANSITIONS


def _where_of(mission: MissionFacts) -> str:
    parts = (mission.address, f"{mission.postal_code} {mission.city}".strip())
    return ", ".join(filter(None, parts)) or _("remote")


def _shift(shift: ShiftFacts) -> dict[str, Any]:
    when = readable.span(shift.starts_at, shift.ends_at)
    return {"starts_at": shift.starts_at, "ends_at": shift.ends_at, "when": when}


def _missions(consent: Consent) -> list[dict[str, Any]]:
    """The one mission, or none where it is about all."""
    mission = consent.mission
    if mission is None:
        return []
    return [
        {
            "title": mission.title,
            "organization": mission.organization,
            "where": _where_of(mission),
            "shifts": [_shift(shift) for shift in mission.shifts],
        }
    ]


def _text(version: str, first_name: str, *, is_to_one: bool) -> dict[str, Any]:
    language = translation.get_language() or settings.LANGUAGE_CODE
    opening, points = text_of(version, language[:2], first_name=first_name, is_to_one=is_to_one)
    return {"text_version": version, "opening": opening, "points": points}


def decision_page(consent: Consent) -> dict[str, Any]:
    """Behind the link that decides: the child's first name, the text, the mission if it is one, the state."""
    first_name = consent.student.first_name
    return {
        "first_name": first_name,
        "status": consent.status,
        "expires_at": consent.expires_at,
        "decided_at": consent.decided_at,
        "missions": _missions(consent),
        **_text(consent.text_version, first_name, is_to_one=consent.mission_id is not None),
    }


def _word(consent: Consent) -> dict[str, Any]:
    """A consent as its guardian sees it: what was said, and what they may say now."""
    return {
        "id": consent.pk,
        "is_to_all": consent.mission_id is None,
        "missions": _missions(consent),
        "status": consent.status,
        "decided_at": consent.decided_at,
        "is_settled": consent.settled_at is not None,
        **{
            f"can_{verb}": consent.status in CONSENT_TRANSITIONS[verb][0] for verb in ("grant", "refuse", "withdraw")
        },
    }


def management_page(guardian: Guardian) -> dict[str, Any]:
    """Behind the management link: what was said, the places to come, and what the guardian may change."""
    student = guardian.student
    page = {
        "first_name": student.first_name,
        "is_ended": guardian.ended_at is not None,
        "email": guardian.email,
        "new_email": guardian.new_email,
        "phone": guardian.phone,
        "wants_place_notices": guardian.wants_place_notices,
        **_text(TEXT_VERSION, student.first_name, is_to_one=False),
    }
    if guardian.ended_at is not None:
        return {**page, "can_agree_to_all": False, "consents": [], "places": []}
    consents = Consent.objects.filter(guardian=guardian).order_by("-id")
    rows = sorted(consents, key=lambda row: row.mission_id is not None)
    missions = missions_of(row.mission_id for row in rows if row.mission_id)
    for row in rows:
        row.mission = missions[row.mission_id] if row.mission_id else None
    is_needed = needs_consent(student, paris.day_of(timezone.now()))
    return {
        **page,
        "can_agree_to_all": is_needed and all(row.mission_id is not None for row in rows),
        "consents": [_word(row) for row in rows],
        "places": [
            {
                "mission_title": place.mission.title,
                "organization": place.mission.organization,
                "where": _where_of(place.mission),
                **_shift(place.shift),
            }
            for place in places_to_come_of(student)
        ],
    }
