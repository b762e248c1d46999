"""Somebody whose age becomes known by joining a class is asked the rules again about the places they have."""

from datetime import timedelta

import pytest

from missions.models import Attendance, SignUp
from tests.support.factories import (
    PASSWORD,
    ClassGroupFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
    afternoon,
    years_ago,
)
from tests.support.world import API

pytestmark = pytest.mark.django_db


def test_a_birth_date_that_a_join_brings_ends_a_minors_place_at_night(api):
    person = UserFactory(birth_date=None, email="lou@example.org", first_name="Lou", last_name="Bâ")
    night = afternoon(hour=20)
    shift = ShiftFactory(starts_at=night, ends_at=night + timedelta(hours=4), taken_count=1, mission__min_age=18)
    Attendance.objects.create(sign_up=SignUpFactory(shift=shift, person=person, accepted=True))
    join = {"email": person.email, "password": PASSWORD, "first_name": "Lou", "last_name": "Bâ"}
    join |= {"birth_date": years_ago(16).isoformat(), "join_code": ClassGroupFactory().join_code}
    assert api.post(f"{API}classes/join/", join).status_code == 202
    person.refresh_from_db()
    assert person.birth_date == years_ago(16)
    assert SignUp.objects.get().status == "removed"
    shift.refresh_from_db()
    assert shift.taken_count == 0
