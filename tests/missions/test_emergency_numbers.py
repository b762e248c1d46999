"""Emergency numbers over HTTP: given, shown around the shift to its organisers, never elsewhere, each view recorded."""

from datetime import timedelta

import pytest
import time_machine

from notifications.models import OutboxMessage
from tests.support.factories import (
    GuardianFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    SignUpFactory,
    StaffMembershipFactory,
    UserFactory,
    enrolled_student,
)
from tests.support.guardians import page_path

pytestmark = pytest.mark.django_db

API = "/api/v1/"
OWN, THEIRS = "+33611111111", "+33622222222"


@pytest.fixture
def enrolment():
    return enrolled_student(student=UserFactory(aged_17=True, phone=OWN))


@pytest.fixture
def place(enrolment):
    GuardianFactory(student=enrolment.student, phone=THEIRS)
    return SignUpFactory(person=enrolment.student, accepted=True, shift=ShiftFactory())


@pytest.fixture
def coordinator(place):
    return OrganizationMembershipFactory(organization=place.shift.mission.organization).person


def numbers(api, person, place):
    return api.as_(person).get(f"{API}sign-ups/{place.pk}/emergency-numbers/")


def test_from_24_hours_before_to_24_hours_after_the_organiser_reads_the_numbers(api, place, coordinator):
    day = timedelta(hours=24)
    second = timedelta(seconds=1)
    starts_at, ends_at = place.shift.starts_at, place.shift.ends_at
    for moment, status in (
        (starts_at - day - second, 409),
        (starts_at - day, 200),
        (ends_at + day, 200),
        (ends_at + day + second, 409),
    ):
        with time_machine.travel(moment, tick=False):
            answer = numbers(api, coordinator, place)
        assert answer.status_code == status, moment
        if status == 200:
            assert answer.json()["numbers"] == [{"whose": "guardian", "phone": THEIRS}, {"whose": "own", "phone": OWN}]
            assert answer["Cache-Control"] == "no-store"
        else:
            assert answer.json()["code"] == "outside_window"


def test_only_of_a_minor_who_is_accepted(api, place, coordinator):
    shift = place.shift
    adult = SignUpFactory(shift=shift, person=UserFactory(phone=OWN), accepted=True)
    asking = SignUpFactory(shift=shift, person=UserFactory(aged_17=True, phone=OWN))
    with time_machine.travel(shift.starts_at, tick=False):
        assert numbers(api, coordinator, adult).json()["code"] == "not_a_minor"
        assert numbers(api, coordinator, asking).json()["code"] == "not_accepted"


def test_each_view_is_recorded_for_the_school_and_nobody_else(api, place, coordinator, enrolment):
    manager = StaffMembershipFactory(school=enrolment.class_group.school, manager=True).person
    stranger = StaffMembershipFactory(manager=True).person
    with time_machine.travel(place.shift.starts_at, tick=False):
        assert numbers(api, coordinator, place).status_code == 200
        assert numbers(api, coordinator, place).status_code == 200
        rows = api.as_(manager).get(f"{API}emergency-number-views/").json()["results"]
        assert api.as_(stranger).get(f"{API}emergency-number-views/").json()["results"] == []
        assert api.as_(coordinator).get(f"{API}emergency-number-views/").status_code == 403
    assert [(row["sign_up"], row["viewer"], row["viewer_name"]) for row in rows] == [
        (str(place.pk), str(coordinator.pk), coordinator.full_name)
    ] * 2
    assert OWN not in str(rows)


def test_a_refused_view_is_not_recorded(api, place, coordinator, enrolment):
    manager = StaffMembershipFactory(school=enrolment.class_group.school, manager=True).person
    numbers(api, coordinator, place)
    assert api.as_(manager).get(f"{API}emergency-number-views/").json()["results"] == []


def test_one_gives_ones_own_number_in_any_usual_form_and_takes_it_back(api):
    me = api.as_(UserFactory(aged_17=True))
    edit = {"HTTP_IF_MATCH": "*"}
    assert me.patch(f"{API}me/", {"phone": "06 11 11 11 11"}, **edit).json()["phone"] == OWN
    assert me.patch(f"{API}me/", {"language": "en"}, **edit).json()["phone"] == OWN
    refused = me.patch(f"{API}me/", {"phone": "112"}, **edit)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/phone")
    assert me.patch(f"{API}me/", {"phone": ""}, **edit).json()["phone"] == ""


def test_a_guardians_number_comes_from_the_student_the_page_or_the_roster(api, enrolment):
    student = api.as_(enrolment.student)
    named = student.post(f"{API}me/guardians/", {"email": "mere@example.org"}).json()
    assert named["has_phone"] is False
    again = student.post(f"{API}me/guardians/", {"email": "mere@example.org", "phone": "0622222222"}).json()
    assert (again["id"], again["has_phone"]) == (named["id"], True)
    guardian = GuardianFactory(student=enrolment.student)
    page = api.post(page_path(guardian), {"action": "change_phone", "phone": "06 33 33 33 33"}).json()
    assert page["phone"] == "+33633333333"


def test_no_list_and_no_message_holds_a_number(api, place, coordinator, enrolment):
    manager = StaffMembershipFactory(school=enrolment.class_group.school, manager=True).person
    referent = enrolment.class_group.referents.get().membership.person
    with time_machine.travel(place.shift.starts_at, tick=False):
        for person, paths in (
            (coordinator, ["sign-ups/", f"sign-ups/{place.pk}/", f"shifts/{place.shift_id}/list/", "attendances/"]),
            (manager, ["guardians/", "enrolments/", f"classes/{enrolment.class_group_id}/students/", "sign-ups/"]),
            (referent, ["guardians/", "enrolments/", "consents/"]),
            (enrolment.student, ["me/guardians/", "sign-ups/"]),
        ):
            for path in paths:
                answer = api.as_(person).get(API + path)
                assert answer.status_code == 200, path
                assert OWN not in answer.text + str(answer.headers), path
                assert THEIRS not in answer.text, path
    assert not OutboxMessage.objects.filter(body__contains=THEIRS).exists()
