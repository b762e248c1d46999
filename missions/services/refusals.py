"""The refusal of a place: the machine reason, and the facts behind it."""

from typing import Any

from django.conf import settings

from accounts.models import User
from common.errors import DomainError
from missions import eligibility
from missions.eligibility import Standing
from missions.models import Shift
from missions.notices.reasons import sentence
from missions.states import Reason


class NotEligible(DomainError):
    """409 with the machine reason as its code, a sentence of its own, and the facts that the reader may know."""

    def __init__(self, reason: Reason, person: User, shift: Shift, *, to_person: bool) -> None:
        """`to_person`: the person reads it themselves; an organiser reads no fact of their other places."""
        facts = facts_behind(reason, Standing(person, [shift]), shift, to_person=to_person)
        super().__init__(sentence(reason, facts, to_person=to_person), code=str(reason), extra=facts)


def facts_behind(reason: Reason, standing: Standing, shift: Shift, *, to_person: bool) -> dict[str, Any]:
    """What stands in the way, for programs: ids, limits, missing qualifications; {} where the reason says it all."""
    if reason == Reason.TOO_YOUNG:
        return {"min_age": shift.mission.min_age}
    if reason == Reason.DAILY_LIMIT:
        return {"limit_minutes": eligibility.MINOR_DAILY_MINUTES}
    if reason == Reason.TOO_MANY_PENDING:
        return {"limit": settings.MAX_PENDING_SIGN_UPS}
    if reason == Reason.REQUIREMENT_MISSING:
        return {"missing_requirements": sorted(standing.missing_requirements(shift))}
    if reason == Reason.COLLIDES and to_person and (other := standing.other_place(shift)):
        return {
            "collides_with": str(other.sign_up),
            "collides_with_title": other.mission_title,
            "collides_with_starts_at": other.starts_at,
        }
    return {}
