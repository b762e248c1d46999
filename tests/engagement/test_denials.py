"""A denial stays with the hours, whomever the student has them confirmed by afterwards, and under whatever entry."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail

from engagement.models import HourEntry
from tests.support.attesting import DAY, HOUR, act, axes, log, student_of_a_mission
from tests.support.factories import AttendanceFactory, HourEntryFactory, ShiftFactory
from tests.support.tutors import link_in, mails_to, outside
from tests.support.world import API

pytestmark = pytest.mark.django_db

FRIEND = "copain@voisins.example"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(DAY + timedelta(days=2)):
        yield


@pytest.fixture
def s(api):
    return student_of_a_mission(api)


def confirmed_by_a_friend(api):
    (message,) = mails_to(FRIEND)
    page = api.get(link_in(message)).json()
    assert api.post(link_in(message), {"action": "confirm", "seen": page["seen"]}).status_code == 200
    mail.outbox.clear()


def approved_in_bulk(s, entry, **more):
    rulings = [{"entry": str(entry.pk), "verb": "approve", **more}]
    (result,) = s.teacher.post(f"{API}hour-entries/bulk-decisions/", {"decisions": rulings}).json()["results"]
    return result["code"] or result["status"]


def denied(s):
    entry = log(s)
    assert act(s.organiser, entry, "deny", reason="Personne ce jour-là.") == (200, None)
    assert act(s.phone, entry, "withdraw") == (200, None)
    return entry


def test_another_tutors_word_does_not_swallow_a_denial(s, api):
    entry = denied(s)
    body = {**outside(DAY, 60, tutor_email=FRIEND), "mission": None}
    assert s.phone.patch(f"{API}hour-entries/{entry.pk}/", body, HTTP_IF_MATCH="*").status_code == 200
    assert act(s.phone, entry, "submit") == (200, None)
    confirmed_by_a_friend(api)
    assert axes(entry)[:2] == ("submitted", "confirmed")
    assert approved_in_bulk(s, entry) == "reason_needed"
    assert approved_in_bulk(s, entry, reason="Vu sur place.") == "approved"


def test_hours_logged_anew_once_they_were_denied_and_deleted_are_denied_hours(s, api):
    entry = denied(s)
    assert s.phone.delete(f"{API}hour-entries/{entry.pk}/").status_code == 204
    body = {**outside(DAY + HOUR / 2, 60, tutor_email=FRIEND), "mission": None}
    body.pop("mission")
    anew, other = "0192f6a0-0000-7000-8000-000000000001", "0192f6a0-0000-7000-8000-000000000002"
    assert s.phone.put(f"{API}hour-entries/{anew}/", body).status_code == 201
    assert act(s.phone, anew, "submit") == (200, None)
    confirmed_by_a_friend(api)
    assert approved_in_bulk(s, HourEntry.objects.get(pk=anew)) == "reason_needed"
    later = outside(DAY + 2 * HOUR, 60, tutor_email=FRIEND)
    assert s.phone.put(f"{API}hour-entries/{other}/", later).status_code == 201
    assert act(s.phone, other, "submit") == (200, None)
    assert approved_in_bulk(s, HourEntry.objects.get(pk=other)) == "approved", "other hours are other hours"


def test_the_same_organisations_newer_word_takes_its_denial_back(s):
    entry = denied(s)
    moved = {"ended_at": (entry.ended_at - HOUR / 4).isoformat()}
    assert s.phone.patch(f"{API}hour-entries/{entry.pk}/", moved, HTTP_IF_MATCH="*").status_code == 200
    assert act(s.phone, entry, "submit") == (200, None)
    assert act(s.organiser, entry, "confirm") == (200, None)
    assert approved_in_bulk(s, entry) == "approved"


def test_hours_of_a_confirmed_attendance_are_not_those_that_another_organisation_denied(s):
    denied(s)
    shift = ShiftFactory(starts_at=DAY, ends_at=DAY + HOUR)
    attendance = AttendanceFactory(sign_up__shift=shift, sign_up__person=s.student, confirmed=True)
    attested = {"attestation_status": "confirmed", "attested_minutes": 60}
    entry = HourEntryFactory(
        record=s.record, attendance=attendance, mission=shift.mission, submitted=True, started_at=DAY, **attested
    )
    assert approved_in_bulk(s, entry) == "approved"
