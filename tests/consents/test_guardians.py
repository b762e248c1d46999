"""Guardians named by students, over HTTP."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from consents.models import Consent, Guardian
from notifications import relay
from tests.support.factories import (
    ClassReferentFactory,
    ConsentFactory,
    EnrolmentFactory,
    GuardianFactory,
    RosterLineFactory,
    StaffMembershipFactory,
    UserFactory,
    enrolled_student,
)
from tests.support.guardians import consent_token, page_path

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


def test_a_student_names_ten_guardians_and_no_eleventh(api, settings):
    settings.GUARDIAN_TRIES_PER_DAY = 20
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


def test_a_refusal_says_one_thing_for_all_reasons(api):
    student = enrolled_student(student=UserFactory(aged_15=True, email="ines.ba@example.org")).student
    friend = enrolled_student(student=UserFactory()).student
    teacher = StaffMembershipFactory().person
    client = api.as_(student)
    answers = [client.post(URL, {"email": email}) for email in ("inesba@example.org", friend.email, teacher.email)]
    said = [{**answer.json(), "request_id": ""} for answer in answers]
    assert said[0] == said[1] == said[2]
    assert (said[0]["status"], said[0]["code"]) == (400, "guardian_address_refused")


def test_addresses_are_tried_five_times_a_day_refused_or_not(api):
    student = enrolled_student(student=UserFactory(aged_15=True)).student
    friend = enrolled_student(student=UserFactory()).student
    client = api.as_(student)
    tried = [friend.email, "p1@example.org", friend.email, student.email, friend.email, friend.email, "p2@example.org"]
    statuses = [client.post(URL, {"email": email}).status_code for email in tried]
    assert statuses == [400, 201, 400, 400, 400, 429, 429]
    refused = client.post(URL, {"email": friend.email, "phone": "not a number"})
    assert refused.status_code == 400
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/phone"], "and nothing of the address"
    assert client.post(URL, {"email": "p1@example.org", "phone": "0612345678"}).status_code == 201, "a new number"
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1), tick=False):
        assert api.as_(student).post(URL, {"email": "p2@example.org"}).status_code == 201


def test_a_guardians_page_tells_no_more_of_who_has_an_account(api):
    guardian = GuardianFactory(student=enrolled_student(student=UserFactory(aged_15=True)).student)
    friend = enrolled_student(student=UserFactory()).student
    body = {"action": "change_address", "email": friend.email}
    statuses = [api.post(page_path(guardian), body).status_code for _try in range(7)]
    assert statuses == [400] * 5 + [429] * 2


def correct(api, student, guardian, email):
    return api.as_(student).post(f"{URL}{guardian.pk}/correct-address/", {"email": email})


def test_a_student_corrects_an_address_that_nobody_vouched_for_and_its_links_close(api):
    student = enrolled_student(student=UserFactory(aged_15=True)).student
    guardian = GuardianFactory(student=student, email="maman@exmaple.org", verified_at=None)
    consent = ConsentFactory(guardian=guardian)
    old = consent_token(consent)
    answer = correct(api, student, guardian, "Maman@Example.org")
    assert (answer.status_code, answer.json()["email"]) == (200, "maman@example.org")
    assert Guardian.objects.get().email == "maman@example.org"
    consent.refresh_from_db()
    consent.guardian.refresh_from_db()
    assert consent_token(consent) != old
    type(guardian).objects.update(verified_at=timezone.now())
    assert api.get(f"/api/v1/consents/{old}/").status_code == 410


def test_an_address_that_is_vouched_for_or_has_answered_is_the_schools_to_change(api):
    student = enrolled_student(student=UserFactory(aged_15=True)).student
    verified = GuardianFactory(student=student)
    on_paper = GuardianFactory(student=student, verified_at=None)
    ConsentFactory(guardian=on_paper, granted=True)
    ended = GuardianFactory(student=student, verified_at=None, ended_at=timezone.now())
    codes = [correct(api, student, row, "new@example.org").json()["code"] for row in (verified, on_paper, ended)]
    assert codes == ["guardian_answered", "guardian_answered", "guardian_ended"]


def test_a_correction_is_a_try_and_is_refused_like_a_name(api):
    student = enrolled_student(student=UserFactory(aged_15=True)).student
    friend = enrolled_student(student=UserFactory()).student
    first, second = (GuardianFactory(student=student, verified_at=None) for _row in range(2))
    emails = [student.email, friend.email, second.email, friend.email, friend.email, "new@example.org"]
    answers = [correct(api, student, first, email) for email in emails]
    assert [answer.status_code for answer in answers] == [400] * 5 + [429]
    assert {answer.json()["code"] for answer in answers[:5]} == {"guardian_address_refused"}
    assert correct(api, friend, first, "new@example.org").status_code == 404


def test_a_corrected_address_that_the_roster_knows_is_vouched_for(api):
    enrolment = enrolled_student(student=UserFactory(aged_15=True))
    RosterLineFactory(class_group=enrolment.class_group, enrolment=enrolment, guardian_email="maman@example.org")
    guardian = GuardianFactory(student=enrolment.student, email="maman@exmaple.org", verified_at=None)
    assert correct(api, enrolment.student, guardian, "maman@example.org").json()["is_verified"] is True
    relay.run()
    assert [message.to for message in mail.outbox] == [["maman@example.org"]]
