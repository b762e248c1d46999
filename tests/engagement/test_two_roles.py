"""Somebody who is a student and a manager of the same lycée speaks for the school about others alone."""

import pytest

from engagement.models import Contest
from tests.support.factories import (
    EnrolmentFactory,
    GuardianFactory,
    HourEntryFactory,
    StaffMembershipFactory,
    UserFactory,
    enrolled_student,
    record_of,
)
from tests.support.world import API

pytestmark = pytest.mark.django_db


@pytest.fixture
def record():
    enrolment = enrolled_student(student=UserFactory())
    StaffMembershipFactory(school=enrolment.class_group.school, person=enrolment.student, manager=True)
    return record_of(enrolment)


def test_they_issue_no_certificate_to_themselves_before_the_target_is_reached(api, record):
    HourEntryFactory(record=record, approved=True)
    body = {"record": str(record.pk), "reason": "Déménagement."}
    answer = api.as_(record.person).post(f"{API}certificates/", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_complete")
    other = StaffMembershipFactory(school=record.option.school, manager=True).person
    assert api.as_(other).post(f"{API}certificates/", body).status_code == 201


def test_they_do_not_uphold_their_own_contest(api, record):
    entry = HourEntryFactory(record=record, submitted=True, status="rejected")
    contest = Contest.objects.create(entry=entry, subject="rejection", reason="J'y étais.")
    answer = api.as_(record.person).post(f"{API}contests/{contest.pk}/uphold/", {"reason": "Oui."})
    assert (answer.status_code, answer.json()["code"]) == (409, "own_entry")


def test_they_vouch_for_no_guardian_of_their_own(api, record):
    guardian = GuardianFactory(student=record.person, verified_at=None)
    path = f"{API}guardians/{guardian.pk}/"
    client = api.as_(record.person)
    assert client.post(f"{path}confirm/").status_code in (403, 404)
    assert client.post(f"{path}record-paper/", {"signed_on": "2026-11-01"}).status_code in (403, 404)
    guardian.refresh_from_db()
    assert guardian.verified_at is None
    other = StaffMembershipFactory(school=record.option.school, manager=True).person
    assert api.as_(other).post(f"{path}confirm/").status_code == 200


def test_a_class_mate_is_none_of_their_family(api, record):
    entry = HourEntryFactory(record=record_of_mate(record), submitted=True, status="rejected")
    contest = Contest.objects.create(entry=entry, subject="rejection", reason="J'y étais.")
    answer = api.as_(record.person).post(f"{API}contests/{contest.pk}/dismiss/", {"reason": "Non."})
    assert answer.status_code == 200


def record_of_mate(record):
    enrolment = record.person.enrolments.get()
    return record_of(EnrolmentFactory(class_group=enrolment.class_group))
