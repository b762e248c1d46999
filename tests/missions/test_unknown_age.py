"""An invited person whose birth date nobody knows takes no place by any way, until they give it, over HTTP."""

from datetime import timedelta

import pytest
import time_machine

from missions.models import Attendance, SignUp
from missions.services import waiting_list
from tests.support.attending import HOUR, NOON
from tests.support.factories import (
    OrganizationMembershipFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
    afternoon,
    years_ago,
)
from tests.support.world import API

pytestmark = pytest.mark.django_db

NEEDED = "birth_date_needed"


@pytest.fixture
def person():
    """Invited by mail, as staff and members are."""
    return UserFactory(birth_date=None)


def refusal(answer):
    return answer.status_code, answer.json()["code"]


def organizer(api, shift):
    return api.as_(OrganizationMembershipFactory(organization=shift.mission.organization).person)


def test_they_sign_up_for_nothing_and_the_question_says_why(api, person):
    night = afternoon(hour=20)
    shifts = [
        ShiftFactory(),
        ShiftFactory(mission__min_age=18, starts_at=night, ends_at=night + timedelta(hours=4)),
        ShiftFactory(mission__sign_up_mode="review"),
        ShiftFactory(capacity=1, taken_count=1),
    ]
    client = api.as_(person)
    for shift in shifts:
        asked = client.get(f"{API}shifts/{shift.pk}/eligibility/").json()
        assert (asked["eligible"], asked["reason"]) == (False, NEEDED)
        assert refusal(client.post(f"{API}shifts/{shift.pk}/sign-up/")) == (409, NEEDED)
    assert client.patch(f"{API}me/", {"birth_date": years_ago(30).isoformat()}, HTTP_IF_MATCH="*").status_code == 200
    answers = [client.post(f"{API}shifts/{shift.pk}/sign-up/").json().get("status") for shift in shifts[2:]]
    assert answers == ["pending", "waitlisted"]


def test_no_coordinator_gives_them_the_place_they_asked_for_before(api, person):
    shift = ShiftFactory(mission__sign_up_mode="review")
    for facts in ({}, {"waitlisted": True}):
        row = SignUpFactory(shift=shift, person=person, **facts)
        assert refusal(organizer(api, shift).post(f"{API}sign-ups/{row.pk}/accept/")) == (409, NEEDED)
        row.delete()


def test_the_waiting_list_passes_them_by_and_an_offer_from_before_is_not_taken(api, person):
    shift = ShiftFactory(capacity=1)
    waiting = SignUpFactory(shift=shift, person=person, waitlisted=True)
    other = SignUpFactory(shift=shift, waitlisted=True)
    waiting_list.offer_freed_places(shift)
    states = [SignUp.objects.get(pk=row.pk).status for row in (waiting, other)]
    assert states == ["waitlisted", "offered"]
    later = ShiftFactory(capacity=1, taken_count=1, starts_at=afternoon(9))
    offer = SignUpFactory(shift=later, person=person, offered=True)
    assert refusal(api.as_(person).post(f"{API}sign-ups/{offer.pk}/take/")) == (409, NEEDED)


def test_no_organiser_lets_them_in_at_the_door(api, person):
    with time_machine.travel(NOON, tick=False):
        shift = ShiftFactory(starts_at=NOON.replace(second=0) - HOUR)
        code = api.as_(person).get(f"{API}me/walk-in-code/").json()["code"]
        answer = organizer(api, shift).post(f"{API}shifts/{shift.pk}/walk-in/", {"code": code})
        assert refusal(answer) == (409, NEEDED)
        assert not Attendance.objects.exists()
