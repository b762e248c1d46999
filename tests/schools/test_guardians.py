"""Guardians named by students, over HTTP."""

import pytest
from django.core import mail

from accounts.models import Guardian
from missions.models import Consent
from notifications import relay
from tests.support.factories import (
    ClassReferentFactory,
    EnrolmentFactory,
    StaffMembershipFactory,
    UserFactory,
    enrolled_student,
)

pytestmark = pytest.mark.django_db

URL = "/api/v1/me/guardians/"


def test_an_address_given_by_the_student_asks_for_consent_only_once_the_school_confirms_it(api):
    referent = ClassReferentFactory()
    student = EnrolmentFactory(class_group=referent.class_group, student=UserFactory(aged_15=True)).student
    named = api.as_(student).post(URL, {"email": "Parent@example.org"})
    assert (named.status_code, named.json()["is_verified"]) == (201, False)
    relay.run()
    assert mail.outbox == []
    confirm = f"/api/v1/guardians/{named.json()['id']}/confirm/"
    assert api.as_(student).post(confirm).status_code == 403
    assert api.as_(ClassReferentFactory().membership.person).post(confirm).status_code == 404
    teacher = api.as_(referent.membership.person)
    assert teacher.post(confirm).json()["is_verified"] is True
    assert teacher.post(confirm).status_code == 200
    relay.run()
    assert [message.to for message in mail.outbox] == [["parent@example.org"]]
    assert Consent.objects.get().student == student


@pytest.mark.parametrize("address", ["inesba@example.org", "ines.ba+maman@example.org", "INES.BA@example.org"])
def test_a_students_own_mailbox_is_no_guardians(api, address):
    student = enrolled_student(student=UserFactory(aged_15=True, email="ines.ba@example.org")).student
    answer = api.as_(student).post(URL, {"email": address})
    assert (answer.status_code, answer.json()["code"]) == (400, "guardian_address_refused")
    assert not Guardian.objects.exists()


def test_another_students_or_a_member_of_staffs_mailbox_is_no_guardians_but_a_citizens_may_be(api):
    student = enrolled_student(student=UserFactory(aged_15=True)).student
    friend = enrolled_student(student=UserFactory(email="best.friend@example.org")).student
    teacher = StaffMembershipFactory(person=UserFactory(email="prof@example.org")).person
    citizen = UserFactory(email="papa@example.org")
    client = api.as_(student)
    assert client.post(URL, {"email": friend.email.replace(".", "", 1)}).status_code == 400
    assert client.post(URL, {"email": teacher.email.replace("@", "+tag@")}).status_code == 400
    assert client.post(URL, {"email": citizen.email}).status_code == 201


def test_a_student_names_ten_guardians_and_no_eleventh(api):
    client = api.as_(enrolled_student(student=UserFactory(aged_15=True)).student)
    for number in range(10):
        assert client.post(URL, {"email": f"p{number}@example.org"}).status_code == 201
    refused = client.post(URL, {"email": "p10@example.org"})
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_guardians")
    assert client.post(URL, {"email": "p3@example.org"}).status_code == 201, "one who is there already"


def test_who_is_no_student_names_no_guardian_and_sees_none(api):
    citizen = api.as_(UserFactory())
    assert citizen.post(URL, {"email": "someone@example.org"}).status_code == 403
    assert citizen.get(URL).json()["results"] == []
