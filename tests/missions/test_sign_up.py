"""Signing up over HTTP."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from missions.models import Shift
from notifications.models import OutboxMessage
from tests.support.factories import (
    AttendanceFactory,
    GuardianFactory,
    MissionFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    UserFactory,
    enrolled_student,
)

pytestmark = pytest.mark.django_db


def test_a_citizen_gets_a_place_at_once_in_instant_mode(api):
    shift = ShiftFactory()
    answer = api.as_(UserFactory()).post(f"/api/v1/shifts/{shift.pk}/sign-up/")
    assert answer.status_code == 201, answer.json()
    assert answer.json()["status"] == "accepted"
    assert answer.json()["contact"] == shift.mission.contact
    assert Shift.objects.get(pk=shift.pk).taken_count == 1


def test_a_full_shift_whose_list_is_closed_refuses_with_its_machine_reason(api):
    shift = ShiftFactory(capacity=1, running=True)
    api.as_(UserFactory()).post(f"/api/v1/shifts/{shift.pk}/sign-up/")
    late = api.as_(UserFactory())
    assert late.get(f"/api/v1/shifts/{shift.pk}/eligibility/").json()["reason"] == "full"
    answer = late.post(f"/api/v1/shifts/{shift.pk}/sign-up/")
    assert (answer.status_code, answer.json()["code"]) == (409, "full")


@pytest.mark.parametrize("traits", [{}, {"reviewed_sign_ups": True}])
def test_a_minors_surname_leaves_in_no_message(api, traits):
    student = enrolled_student(student=UserFactory(aged_17=True, first_name="Inès", last_name="Zwyxenberg")).student
    GuardianFactory(student=student)
    shift = ShiftFactory(mission=MissionFactory(**traits))
    coordinator = OrganizationMembershipFactory(organization=shift.mission.organization).person
    sign_up = api.as_(student).post(f"/api/v1/shifts/{shift.pk}/sign-up/").json()
    if traits:
        api.as_(coordinator).post(f"/api/v1/sign-ups/{sign_up['id']}/accept/")
    api.as_(student).post(f"/api/v1/sign-ups/{sign_up['id']}/withdraw/")
    messages = OutboxMessage.objects.all()
    assert {"sign_up_received", "sign_up_accepted", "place_withdrawn", "guardian_told_of_place"} <= {
        message.kind for message in messages
    }
    assert not [message for message in messages if "Zwyxenberg" in message.title + message.body]


def test_who_is_a_minor_today_keeps_the_surname_to_themselves_whenever_the_shift_is(api):
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        born_on = (now + timedelta(days=3)).date().replace(year=2008)
        person = UserFactory(birth_date=born_on, last_name="Zwyxenberg")
        student = enrolled_student(student=person).student
        shift = ShiftFactory(mission=MissionFactory(reviewed_sign_ups=True))
        coordinator = api.as_(OrganizationMembershipFactory(organization=shift.mission.organization).person)
        sign_up = api.as_(student).post(f"/api/v1/shifts/{shift.pk}/sign-up/").json()
        (listed,) = coordinator.get(f"/api/v1/shifts/{shift.pk}/list/").json()
        assert listed["person_name"] == f"{person.first_name} Z."
        coordinator.post(f"/api/v1/sign-ups/{sign_up['id']}/accept/")
        api.as_(student).post(f"/api/v1/sign-ups/{sign_up['id']}/withdraw/")
    messages = OutboxMessage.objects.all()
    assert {"sign_up_received", "place_withdrawn"} <= {message.kind for message in messages}
    assert not [message for message in messages if "Zwyxenberg" in message.title + message.body]


def test_the_contact_is_read_by_who_has_the_place_and_its_organisers_and_not_by_their_teacher(api):
    enrolment = enrolled_student()
    place = AttendanceFactory(sign_up__person=enrolment.student).sign_up
    mission, teacher = place.shift.mission, enrolment.class_group.referents.get().membership.person
    organizer = OrganizationMembershipFactory(organization=mission.organization).person
    for reader, contact in ((enrolment.student, mission.contact), (organizer, mission.contact), (teacher, "")):
        client = api.as_(reader)
        assert client.get(f"/api/v1/sign-ups/{place.pk}/").json()["contact"] == contact
        (listed,) = client.get("/api/v1/sign-ups/").json()["results"]
        assert listed["contact"] == contact
