"""What people say they were trained for, who verifies it, and what a mission asks for."""

from datetime import date, timedelta
from unittest.mock import Mock

import pytest
from django.utils import timezone

from common import paris
from common.errors import DomainError
from missions import eligibility
from missions.models import Qualification, SignUp
from missions.services import shift_changes
from missions.states import Reason
from notifications.models import OutboxMessage
from tests.support.factories import (
    GuardianFactory,
    MissionFactory,
    OrganizationMembershipFactory,
    QualificationFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
    afternoon,
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


# --- A place that needed what is no longer there -----------------------------------------------------------------
@pytest.fixture
def trained():
    """Somebody with a verified PSC."""
    return QualificationFactory(verified=True, person__language="en")


def sign_up(api, person, **facts):
    shift = ShiftFactory(mission__requirements=["psc"], **facts)
    answer = api.as_(person).post(f"/api/v1/shifts/{shift.pk}/sign-up/")
    assert answer.status_code == 201, answer.json()
    return SignUp.objects.get(pk=answer.json()["id"])


def forget(api, training):
    assert api.as_(training.person).delete(f"{MINE}{training.pk}/?accept_losses=true").status_code == 204


@pytest.mark.parametrize("said", ["1", "True", "yes", ""])
def test_losses_are_accepted_by_one_word_alone(api, trained, said):
    answer = api.as_(trained.person).delete(f"{MINE}{trained.pk}/?accept_losses={said}")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/accept_losses")
    assert api.as_(trained.person).delete(f"{MINE}{trained.pk}/?accept_losses=false").status_code == 204


def state(row):
    row.refresh_from_db()
    return row.status, row.machine_reason


def test_a_qualification_deleted_by_a_tap_costs_no_place_that_needs_it(api, trained):
    place = sign_up(api, trained.person)
    answer = api.as_(trained.person).delete(f"{MINE}{trained.pk}/")
    assert (answer.status_code, answer.json()["code"]) == (409, "would_lose")
    assert [loss["sign_up"] for loss in answer.json()["losses"]] == [str(place.pk)]
    assert state(place) == ("accepted", "")
    assert Qualification.objects.filter(pk=trained.pk).exists()


def test_who_forgets_a_required_qualification_loses_the_places_that_need_it_and_all_are_told(api, trained):
    place = sign_up(api, trained.person, capacity=1)
    untouched = (
        api.as_(trained.person).post(f"/api/v1/shifts/{ShiftFactory(starts_at=afternoon(9)).pk}/sign-up/").json()
    )
    organizer = OrganizationMembershipFactory(
        organization=place.shift.mission.organization, person__language="en"
    ).person
    next_in_line = QualificationFactory(verified=True).person
    waiting = api.as_(next_in_line).post(f"/api/v1/shifts/{place.shift_id}/sign-up/").json()
    assert waiting["status"] == "waitlisted"
    forget(api, trained)
    assert state(place) == ("removed", "requirement_missing")
    assert place.attendance.status == "voided"
    assert SignUp.objects.get(pk=untouched["id"]).status == "accepted"
    assert SignUp.objects.get(pk=waiting["id"]).status == "offered"
    told = OutboxMessage.objects.get(kind="sign_up_removed")
    assert told.recipient == trained.person
    assert "A qualification that this mission asks for is missing, expired or not verified yet. " in told.body
    said = OutboxMessage.objects.get(kind="place_withdrawn", recipient=organizer)
    assert said.body.startswith(f"{trained.person.full_name} no longer fits")


def test_the_guardian_of_a_minor_who_loses_the_place_is_told(api):
    student = enrolled_student().student
    GuardianFactory(student=student, email="parent@example.org")
    training = QualificationFactory(person=student, verified=True)
    place = sign_up(api, student)
    forget(api, training)
    assert state(place) == ("removed", "requirement_missing")
    assert OutboxMessage.objects.filter(kind="guardian_told_of_loss", address="parent@example.org").count() == 1


def test_another_paper_of_the_same_training_keeps_the_place(api, trained):
    other = QualificationFactory(person=trained.person, verified=True, issued_on=date(2020, 1, 1))
    place = sign_up(api, trained.person)
    forget(api, other)
    assert state(place) == ("accepted", "")


def test_a_stated_paper_left_is_enough_where_a_coordinator_decides_and_not_elsewhere(api, trained):
    QualificationFactory(person=trained.person, issued_on=date(2020, 1, 1))
    reviewed = sign_up(api, trained.person, mission__sign_up_mode="review")
    instant = sign_up(api, trained.person, starts_at=afternoon(9))
    forget(api, trained)
    assert (state(reviewed), state(instant)) == (("pending", ""), ("removed", "requirement_missing"))


def test_a_request_that_nobody_decided_yet_is_declined(api, trained):
    pending = sign_up(api, trained.person, mission__sign_up_mode="review")
    forget(api, trained)
    assert state(pending) == ("declined", "requirement_missing")


def test_who_has_come_already_and_what_is_over_stay_as_they_were(api, trained):
    shift = ShiftFactory(mission__requirements=["psc"], running=True)
    running = SignUpFactory(shift=shift, person=trained.person, accepted=True)
    past = ShiftFactory(mission__requirements=["psc"], starts_at=timezone.now() - timedelta(days=3))
    over = SignUpFactory(shift=past, person=trained.person, accepted=True)
    forget(api, trained)
    assert (state(running), state(over)) == (("accepted", ""), ("accepted", ""))


def test_a_loss_that_fails_takes_the_deletion_back(api, trained, monkeypatch):
    place = sign_up(api, trained.person)
    monkeypatch.setattr(shift_changes, "leave", Mock(side_effect=DomainError(code="wrong_state")))
    assert api.as_(trained.person).delete(f"{MINE}{trained.pk}/").status_code == 409
    assert Qualification.objects.filter(pk=trained.pk).exists()
    assert state(place) == ("accepted", "")
