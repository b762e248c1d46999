"""Whom the school or the region makes younger keeps no place that their true age forbids."""

from datetime import timedelta

import pytest

from missions.models import SignUp
from notifications.models import OutboxMessage
from tests.support.factories import (
    GuardianFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
    afternoon,
    enrolled_student,
    years_ago,
)

pytestmark = pytest.mark.django_db

API = "/api/v1/"


@pytest.fixture
def enrolment():
    return enrolled_student(student=UserFactory(aged_17=True))


def sign_up(api, person, **facts):
    shift = ShiftFactory(**facts)
    answer = api.as_(person).post(f"{API}shifts/{shift.pk}/sign-up/")
    assert answer.status_code == 201, answer.json()
    return SignUp.objects.get(pk=answer.json()["id"])


def send(api, enrolment, years, **facts):
    referent = enrolment.class_group.referents.get().membership.person
    body = {"birth_date": str(years_ago(years)), "reason": "Erreur de saisie.", **facts}
    return api.as_(referent).post(f"{API}enrolments/{enrolment.pk}/change-birth-date/", body)


def correct(api, enrolment, years):
    answer = send(api, enrolment, years, accept_losses=True)
    assert answer.status_code == 200, answer.json()


def state(row):
    row.refresh_from_db()
    return row.status, row.machine_reason


def test_a_birth_date_that_the_school_mistypes_costs_the_student_no_place(api, enrolment):
    GuardianFactory(student=enrolment.student, email="parent@example.org")
    place, before = sign_up(api, enrolment.student), enrolment.student.birth_date
    told = OutboxMessage.objects.count()
    answer = send(api, enrolment, 15)
    assert (answer.status_code, answer.json()["code"]) == (409, "would_lose")
    (loss,) = answer.json()["losses"]
    assert (loss["sign_up"], loss["reason"]) == (str(place.pk), "consent_needed")
    enrolment.student.refresh_from_db()
    assert (enrolment.student.birth_date, state(place)) == (before, ("accepted", ""))
    assert OutboxMessage.objects.count() == told
    assert send(api, enrolment, 18).status_code == 200, "what costs nothing is made at once"


def test_who_turns_out_to_be_15_loses_the_places_that_no_guardian_agreed_to_and_all_are_told(api, enrolment):
    GuardianFactory(student=enrolment.student, email="parent@example.org")
    place = sign_up(api, enrolment.student, capacity=1)
    organizer = OrganizationMembershipFactory(organization=place.shift.mission.organization).person
    waiting = api.as_(UserFactory()).post(f"{API}shifts/{place.shift_id}/sign-up/").json()
    correct(api, enrolment, 15)
    assert state(place) == ("removed", "consent_needed")
    assert SignUp.objects.get(pk=waiting["id"]).status == "offered"
    kinds = {(row.kind, row.recipient, row.address) for row in OutboxMessage.objects.all()}
    assert kinds >= {
        ("sign_up_removed", enrolment.student, ""),
        ("place_withdrawn", organizer, ""),
        ("guardian_told_of_loss", None, "parent@example.org"),
        ("consent_asked", None, "parent@example.org"),
    }


def test_a_place_below_the_minimum_age_or_at_night_is_lost_and_another_stays(api):
    enrolment = enrolled_student(student=UserFactory(birth_date=years_ago(19)))
    late = afternoon(8, 21)
    too_old, night, fits = (
        sign_up(api, enrolment.student, **facts)
        for facts in (
            {"mission__min_age": 18},
            {"starts_at": late, "ends_at": late + timedelta(hours=2)},
            {"starts_at": afternoon(9)},
        )
    )
    correct(api, enrolment, 17)
    assert [state(row) for row in (too_old, night, fits)] == [
        ("removed", "too_young"),
        ("removed", "night"),
        ("accepted", ""),
    ]


def test_what_has_begun_stays(api, enrolment):
    running = SignUpFactory(shift=ShiftFactory(running=True), person=enrolment.student, accepted=True)
    correct(api, enrolment, 15)
    assert state(running) == ("accepted", "")
