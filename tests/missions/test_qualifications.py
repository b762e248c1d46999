"""What people say they were trained for, who verifies it, and what a mission asks for."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from common import paris
from missions import eligibility
from missions.models import Qualification
from missions.states import Reason
from tests.support.factories import (
    MissionFactory,
    OrganizationMembershipFactory,
    QualificationFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
    enrolled_student,
)

pytestmark = pytest.mark.django_db

MINE = "/api/v1/me/qualifications/"


def test_a_person_states_reads_and_forgets_a_qualification(api):
    client = api.as_(UserFactory())
    stated = client.post(MINE, {"kind": "pse1", "issued_on": "2025-03-01", "expires_on": "2028-03-01"})
    assert stated.status_code == 201
    assert stated.json() == {
        "id": stated.json()["id"], "kind": "pse1", "issued_on": "2025-03-01", "expires_on": "2028-03-01",
        "verified_at": None,
    }  # fmt: skip
    assert client.get(MINE).json()["results"] == [stated.json()]
    assert client.delete(f"{MINE}{stated.json()['id']}/").status_code == 204
    assert client.get(MINE).json()["results"] == []


def test_psc1_is_what_psc_was_called(api):
    assert api.as_(UserFactory()).post(MINE, {"kind": "psc1", "issued_on": "2020-01-01"}).json()["kind"] == "psc"
    organizer = OrganizationMembershipFactory()
    mission = MissionFactory(organization=organizer.organization, draft=True)
    answer = api.as_(organizer.person).patch(
        f"/api/v1/missions/{mission.pk}/", {"requirements": ["psc1", "bafa", "psc"]}, HTTP_IF_MATCH="*"
    )
    assert answer.json()["requirements"] == ["bafa", "psc"]


@pytest.mark.parametrize(("dates", "code"), [
    ({"issued_on": "2999-01-01"}, "not_issued_yet"),
    ({"issued_on": "2025-01-01", "expires_on": "2025-01-01"}, "expires_too_early"),
])  # fmt: skip
def test_dates_that_cannot_be_are_refused(api, dates, code):
    answer = api.as_(UserFactory()).post(MINE, {"kind": "psc", **dates})
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_the_same_paper_is_stated_once(api):
    client = api.as_(UserFactory())
    client.post(MINE, {"kind": "psc", "issued_on": "2025-01-01"})
    again = client.post(MINE, {"kind": "psc1", "issued_on": "2025-01-01"})
    assert (again.status_code, again.json()["code"]) == (409, "already_stated")


@pytest.mark.parametrize(("mode", "facts", "reason"), [
    ("review", {}, Reason.OK), ("instant", {}, Reason.REQUIREMENT_MISSING),
    ("instant", {"verified": True}, Reason.OK),
    ("review", {"kind": "bafa"}, Reason.REQUIREMENT_MISSING),
])  # fmt: skip
def test_where_nobody_looks_a_requirement_must_be_verified(mode, facts, reason):
    row = QualificationFactory(**facts)
    shift = ShiftFactory(mission__requirements=["psc"], mission__sign_up_mode=mode)
    assert eligibility.reason_for(row.person, shift, timezone.now()) == reason


@pytest.mark.parametrize(("days_left", "reason"), [(0, Reason.OK), (-1, Reason.REQUIREMENT_MISSING)])
def test_a_requirement_is_met_on_the_day_of_the_shift(days_left, reason):
    shift = ShiftFactory(mission__requirements=["psc"])
    day = paris.day_of(shift.starts_at)
    row = QualificationFactory(verified=True, expires_on=day + timedelta(days=days_left))
    assert eligibility.reason_for(row.person, shift, timezone.now()) == reason


def test_an_organiser_sees_the_state_of_those_signed_up_and_nothing_else_and_verifies_it(api):
    row = SignUpFactory()
    training = QualificationFactory(person=row.person, expires_on=date(2099, 1, 1))
    stranger = QualificationFactory()
    client = api.as_(OrganizationMembershipFactory(organization=row.shift.mission.organization).person)
    (seen,) = client.get("/api/v1/qualifications/").json()["results"]
    assert seen == {"id": str(training.pk), "person": str(row.person.pk), "kind": "psc", "state": "declared"}
    assert client.post(f"/api/v1/qualifications/{stranger.pk}/verify/").status_code == 404
    assert client.post(f"/api/v1/qualifications/{training.pk}/verify/").json()["state"] == "verified"
    row.status, row.ended_at = "withdrawn", timezone.now()
    row.save()
    assert client.get("/api/v1/qualifications/").json()["results"] == []


def test_the_school_verifies_for_its_students_and_nobody_for_themselves(api):
    enrolment = enrolled_student()
    teacher = enrolment.class_group.referents.get().membership.person
    training = QualificationFactory(person=enrolment.student)
    own = QualificationFactory(person=teacher)
    client = api.as_(teacher)
    assert client.post(f"/api/v1/qualifications/{training.pk}/verify/").json()["state"] == "verified"
    assert client.post(f"/api/v1/qualifications/{own.pk}/verify/").status_code == 404
    assert Qualification.objects.get(pk=training.pk).verified_by == teacher


def test_what_has_expired_is_not_verified(api):
    enrolment = enrolled_student()
    training = QualificationFactory(person=enrolment.student, expires_on=date(2024, 6, 1))
    client = api.as_(enrolment.class_group.referents.get().membership.person)
    assert client.get("/api/v1/qualifications/").json()["results"][0]["state"] == "expired"
    answer = client.post(f"/api/v1/qualifications/{training.pk}/verify/")
    assert (answer.status_code, answer.json()["code"]) == (409, "qualification_expired")


def test_the_list_costs_the_same_however_long(api, assert_constant_queries):
    row = SignUpFactory()
    QualificationFactory(person=row.person)
    client = api.as_(OrganizationMembershipFactory(organization=row.shift.mission.organization).person)

    def grow():
        for _one in range(5):
            QualificationFactory(person=SignUpFactory(shift=row.shift).person)

    assert_constant_queries(lambda: client.get("/api/v1/qualifications/"), grow=grow)
