"""Signing up over HTTP."""

import pytest

from missions.models import Shift
from tests.support.factories import ShiftFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_citizen_gets_a_place_at_once_in_instant_mode(api):
    shift = ShiftFactory()
    answer = api.as_(UserFactory()).post(f"/api/v1/shifts/{shift.pk}/sign-up/")
    assert answer.status_code == 201, answer.json()
    assert answer.json()["status"] == "accepted"
    assert answer.json()["contact"] == shift.mission.contact
    assert Shift.objects.get(pk=shift.pk).taken_count == 1


def test_a_full_shift_refuses_with_its_machine_reason(api):
    shift = ShiftFactory(capacity=1)
    api.as_(UserFactory()).post(f"/api/v1/shifts/{shift.pk}/sign-up/")
    late = api.as_(UserFactory())
    assert late.get(f"/api/v1/shifts/{shift.pk}/eligibility/").json() == {"eligible": False, "reason": "full"}
    answer = late.post(f"/api/v1/shifts/{shift.pk}/sign-up/")
    assert (answer.status_code, answer.json()["code"]) == (409, "full")
