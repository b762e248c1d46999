"""What guardians read on their two pages: exactly what is agreed to, and where the child goes."""

from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from common import paris, readable
from consents.models import Guardian
from missions.consent_texts import TEXT_VERSION, text_of
from missions.models import Consent, Mission, Shift, SignUp
from missions.states import CONSENT_TRANSITIONS


def when_of(shift: Shift) -> str:
    """From when to when, in Paris, as people read it."""
    return readable.span(shift.starts_at, shift.ends_at)


def _where_of(mission: Mission) -> str:
    parts = (mission.address, f"{mission.postal_code} {mission.city}".strip())
    return ", ".join(filter(None, parts)) or _("remote")


def _shift(shift: Shift) -> dict[str, Any]:
    return {"starts_at": shift.starts_at, "ends_at": shift.ends_at, "when": when_of(shift)}


def _missions(mission: Mission | None) -> list[dict[str, Any]]:
    """The one mission, or none where it is about all."""
    if mission is None:
        return []
    coming = mission.shifts.upcoming(timezone.now()).order_by("starts_at", "id")
    return [
        {
            "title": mission.title,
            "organization": mission.organization.name,
            "where": _where_of(mission),
            "shifts": [_shift(shift) for shift in coming],
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
        "missions": _missions(consent.mission),
        **_text(consent.text_version, first_name, is_to_one=consent.mission_id is not None),
    }


def _word(consent: Consent) -> dict[str, Any]:
    """A consent as its guardian sees it: what was said, and what they may say now."""
    return {
        "id": consent.pk,
        "is_to_all": consent.mission_id is None,
        "missions": _missions(consent.mission),
        "status": consent.status,
        "decided_at": consent.decided_at,
        "is_settled": consent.settled_at is not None,
        **{
            f"can_{verb}": consent.status in CONSENT_TRANSITIONS[verb][0] for verb in ("grant", "refuse", "withdraw")
        },
    }


def management_page(guardian: Guardian) -> dict[str, Any]:
    """Behind the management link: what was said, the places to come, and what the guardian may change."""
    student, now = guardian.student, timezone.now()
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
    consents = Consent.objects.filter(guardian=guardian).select_related("mission__organization").order_by("-id")
    rows = sorted(consents, key=lambda row: row.mission_id is not None)
    age = student.age_on(paris.day_of(now))
    is_needed = age is not None and age < settings.CONSENT_NEEDED_BELOW_AGE
    places = SignUp.objects.accepted().filter(person=student, shift__ends_at__gt=now)
    places = places.select_related("shift__mission__organization").order_by("shift__starts_at", "id")
    return {
        **page,
        "can_agree_to_all": is_needed and all(row.mission_id is not None for row in rows),
        "consents": [_word(row) for row in rows],
        "places": [
            {
                "mission_title": row.shift.mission.title,
                "organization": row.shift.mission.organization.name,
                "where": _where_of(row.shift.mission),
                **_shift(row.shift),
            }
            for row in places
        ],
    }
