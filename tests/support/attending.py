"""Coming and leaving in tests: a noon in November, a shift that runs then, and what phones send."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from missions import codes
from tests.support.factories import AttendanceFactory, OrganizationMembershipFactory

NOON = datetime(2026, 11, 18, 12, 0, 10, tzinfo=UTC)
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
CHECK_INS, BATCH = "/api/v1/check-ins/", "/api/v1/check-ins/batch/"


def running_place(**facts):
    """An accepted place on a shift of two hours that began an hour before NOON."""
    facts.setdefault("sign_up__shift__starts_at", NOON.replace(second=0) - HOUR)
    return AttendanceFactory(**facts)


def organizer_of(place):
    return OrganizationMembershipFactory(organization=place.sign_up.shift.mission.organization).person


def told(place, direction="in", at=None, **facts):
    """What a phone keeps of a check-in at an instant, by the code of that instant unless another."""
    shift, at = place.sign_up.shift, at or timezone.now()
    code = codes.code_of(shift.pk, codes.step_of(at))
    return {"shift": str(shift.pk), "direction": direction, "code": code, "occurred_at": at.isoformat(), **facts}


def present(api, place, direction="in", at=None, **facts):
    body = {"sent_at": timezone.now().isoformat(), **told(place, direction, at, **facts)}
    return api.as_(place.sign_up.person).post(CHECK_INS, body)


def send_batch(api, place, tellings, **facts):
    body = {"sent_at": timezone.now().isoformat(), "check_ins": tellings}
    return api.as_(place.sign_up.person).post(BATCH, body, **facts)


def refusal(answer):
    return answer.status_code, answer.json().get("code")
