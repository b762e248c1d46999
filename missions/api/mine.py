"""What a mission and its shifts are to the person who reads them, for the `mine` of an answer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import Reader, User
from missions import eligibility
from missions.models import Favourite, Shift, SignUp
from missions.notices.reasons import sentence
from missions.services import refusals
from missions.states import LIVE_SIGN_UP


def eligibility_of(standing: eligibility.Standing, shift: Shift, now: datetime) -> dict[str, Any]:
    """The machine reason, its sentence to the person, and the facts behind it."""
    reason = eligibility.reason_of(standing, shift, now)
    facts = refusals.facts_behind(reason, standing, shift, to_person=True)
    said = sentence(reason, facts, to_person=True)
    return {"eligible": reason in eligibility.ELIGIBLE, "reason": reason, "detail": said, **facts}


def of_shift(person: Reader, shift: Shift) -> dict[str, Any] | None:
    """One's sign-up and eligibility; None to somebody who is not signed in."""
    return _of_shifts(person, [shift])[0] if person.is_authenticated else None


def of_mission(person: Reader, mission: Any) -> dict[str, Any] | None:
    """Whether one keeps it, and each of its `next_shifts`; None to somebody who is not signed in."""
    if not person.is_authenticated:
        return None
    is_favourite = Favourite.objects.visible_to(person).filter(mission=mission).exists()
    return {"is_favourite": is_favourite, "shifts": _of_shifts(person, mission.next_shifts)}


def _of_shifts(person: User, shifts: Sequence[Shift]) -> list[dict[str, Any]]:
    """Of shifts of one mission, in a number of queries that does not grow with theirs."""
    now, standing, known = timezone.now(), eligibility.Standing(person, shifts), _sign_ups(person, shifts)
    return [
        {"shift": shift.pk, "sign_up": known.get(shift.pk), "eligibility": eligibility_of(standing, shift, now)}
        for shift in shifts
    ]


def _sign_ups(person: User, shifts: Sequence[Shift]) -> dict[UUID, SignUp]:
    """On each shift the sign-up that lives, else the last that did."""
    by_id = {shift.pk: shift for shift in shifts}
    rows = SignUp.objects.own(person).with_waiting_rank(person).filter(shift__in=by_id)
    found: dict[UUID, SignUp] = {}
    for row in sorted(rows, key=lambda one: (one.status in LIVE_SIGN_UP, one.pk)):
        row.person, row.shift = person, by_id[row.shift_id]
        found[row.shift_id] = row
    return found
