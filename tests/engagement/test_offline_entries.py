"""A phone's entries under ids of its own: put, repeated, edited, deleted, one by one and in batches."""

import random
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.models import Change, uuid7
from engagement import chain
from engagement.models import HourEntry, RecordEvent
from engagement.services import entries, verification
from engagement.services.entry_facts import EntryFacts
from tests.support.factories import EnrolmentFactory, MissionFactory, UserFactory, enrolled_student, record_of
from tests.support.queries import sql_of
from tests.support.races import at_once

pytestmark = pytest.mark.django_db

DAY = datetime(2026, 11, 18, 9, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(DAY + timedelta(days=2)):
        yield


@pytest.fixture
def school(api):
    enrolment = enrolled_student()
    return SimpleNamespace(
        enrolment=enrolment,
        record=record_of(enrolment),
        student=enrolment.student,
        phone=api.as_(enrolment.student),
        mission=MissionFactory(),
    )


def hours(school, start=DAY, minutes=60, **facts):
    end = start + minutes * MINUTE
    mission = {} if "organization_name" in facts else {"mission": str(school.mission.pk)}
    return {**mission, "started_at": start.isoformat(), "ended_at": end.isoformat(), **facts}


def outside(school, **facts):
    named = {"organization_name": "Les Voisins", "tutor_name": "Jo", "tutor_email": "jo@voisins.example"}
    return hours(school, **{**named, **facts})


def put(client, entry_id, body, match=None):
    extra = {} if match is None else {"HTTP_IF_MATCH": match}
    answer = client.put(f"/api/v1/hour-entries/{entry_id}/", body, **extra)
    return answer.status_code, answer.json().get("code")


def delete(client, entry_id, **extra):
    answer = client.delete(f"/api/v1/hour-entries/{entry_id}/", **extra)
    return answer.status_code, answer.json().get("code") if answer.content else None


@pytest.mark.parametrize("new_id", [uuid.uuid4, uuid7])
def test_hours_are_put_once_however_often_they_are_sent(school, new_id):
    entry_id, body = new_id(), hours(school)
    assert [put(school.phone, entry_id, body) for _time in range(3)] == [(201, None), (200, None), (200, None)]
    entry = HourEntry.objects.get(pk=entry_id)
    assert (entry.status, entry.claimed_minutes, entry.title) == ("draft", 60, school.mission.title)
    assert (entry.record, entry.attestation_status) == (school.record, "none")
    assert [event.facts["verb"] for event in entry.events.all()] == ["create"]
    chain.verify_chain(entry.record)


def test_an_id_in_capitals_is_the_same_id(school):
    """As Swift writes it; in a batch it always was."""
    entry_id, body = uuid7(), hours(school)
    spoken = str(entry_id).upper()
    assert [put(school.phone, one, body) for one in (spoken, entry_id)] == [(201, None), (200, None)]
    assert school.phone.get(f"/api/v1/hour-entries/{spoken}/").json()["id"] == str(entry_id)
    assert school.phone.post(f"/api/v1/hour-entries/{spoken}/submit/").json()["status"] == "submitted"
    assert school.phone.post(f"/api/v1/hour-entries/{spoken}/withdraw/").json()["status"] == "draft"
    assert [delete(school.phone, one) for one in (spoken, entry_id)] == [(204, None), (410, "gone")]


def test_another_body_needs_the_version_it_replaces_and_a_state_that_allows_it(school):
    entry_id, other = uuid7(), hours(school, minutes=75)
    put(school.phone, entry_id, hours(school))
    assert put(school.phone, entry_id, other) == (428, "if_match_required")
    assert put(school.phone, entry_id, other, '"7"') == (412, "stale")
    assert put(school.phone, entry_id, other, '"1"') == (200, None)
    assert put(school.phone, entry_id, other) == (200, None)
    assert HourEntry.objects.get(pk=entry_id).claimed_minutes == 75
    school.phone.post(f"/api/v1/hour-entries/{entry_id}/submit/")
    assert put(school.phone, entry_id, hours(school), "*") == (409, "wrong_state")
    assert put(school.phone, entry_id, other) == (200, None)
    assert put(school.phone, uuid7(), hours(school), '"1"') == (412, "stale")


def test_the_id_of_anothers_entry_is_never_usable_and_answers_as_none_would(api, school):
    entry_id = uuid7()
    put(school.phone, entry_id, hours(school))
    stranger = api.as_(UserFactory())
    for match in (None, "*", '"1"'):
        assert put(stranger, entry_id, hours(school), match) == (404, "not_found")
    assert delete(stranger, entry_id) == delete(stranger, uuid7()) == (404, "not_found")
    delete(school.phone, entry_id)
    assert put(stranger, entry_id, hours(school)) == (404, "not_found")


@pytest.mark.parametrize("wrong", [uuid.uuid1(), uuid.uuid3(uuid.NAMESPACE_DNS, "x"), uuid.UUID(int=0)])
def test_an_id_is_a_uuid_of_version_4_or_7(school, wrong):
    assert put(school.phone, wrong, hours(school)) == (400, "id_impossible")


def test_a_deleted_draft_is_gone_for_its_author_and_what_was_written_with_it(school):
    entry_id = uuid7()
    put(school.phone, entry_id, outside(school, reflection="Un secret."))
    assert delete(school.phone, entry_id, HTTP_IF_MATCH='"7"') == (412, "stale")
    assert delete(school.phone, entry_id) == (204, None)
    assert delete(school.phone, entry_id) == put(school.phone, entry_id, hours(school)) == (410, "gone")
    for path in ("", "events/", "evidence/"):
        assert school.phone.get(f"/api/v1/hour-entries/{entry_id}/{path}").status_code == 410
    assert school.phone.post(f"/api/v1/hour-entries/{entry_id}/submit/").status_code == 410
    assert school.phone.get("/api/v1/hour-entries/").json()["results"] == []
    tombstone = HourEntry.objects.get(pk=entry_id)
    assert (tombstone.reflection, tombstone.tutor_email, tombstone.title) == ("", "", "")
    assert not RecordEvent.objects.exclude(text="", details={}).exists()
    assert list(verification.verify_records(type(school.record).objects.all())) == []
    assert Change.objects.get(object_id=entry_id).is_removed


def test_only_a_draft_is_deleted(school):
    entry_id = uuid7()
    put(school.phone, entry_id, hours(school))
    school.phone.post(f"/api/v1/hour-entries/{entry_id}/submit/")
    assert delete(school.phone, entry_id) == (409, "wrong_state")


@pytest.mark.parametrize(("start", "end", "minutes"), [
    ("2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00", 60),
    ("2026-10-25T01:30:00+02:00", "2026-10-25T03:30:00+01:00", 180),
    ("2026-11-18T10:00:59+01:00", "2026-11-18T11:00:00+01:00", 59),
])  # fmt: skip
def test_minutes_are_those_that_passed_rounded_down_once(school, start, end, minutes):
    body = {**hours(school), "started_at": start, "ended_at": end}
    answer = school.phone.put(f"/api/v1/hour-entries/{uuid7()}/", body)
    assert (answer.status_code, answer.json()["claimed_minutes"]) == (201, minutes)


def test_a_time_without_offset_is_refused(school):
    body = {**hours(school), "started_at": "2026-11-18T09:00:00"}
    assert put(school.phone, uuid7(), body) == (400, "invalid")


def test_hours_to_come_are_refused(school):
    assert put(school.phone, uuid7(), hours(school, DAY + timedelta(days=2))) == (409, "in_the_future")


def test_hours_lie_in_one_school_year_from_paris_midnight_to_paris_midnight(school):
    midnight = datetime(2026, 8, 31, 22, tzinfo=UTC)
    assert put(school.phone, uuid7(), hours(school, midnight)) == (201, None)
    # Before: another year, in which the student had no school: the passport.
    old = uuid7()
    assert put(school.phone, old, hours(school, midnight - HOUR)) == (201, None)
    assert HourEntry.objects.get(pk=old).record.option is None
    with time_machine.travel(datetime(2027, 9, 2, tzinfo=UTC)):
        last = datetime(2027, 8, 31, 21, tzinfo=UTC)
        assert put(api_again(school), uuid7(), hours(school, last)) == (201, None)
        assert put(api_again(school), uuid7(), hours(school, last + MINUTE)) == (400, "outside_school_year")


def api_again(school):
    return type(school.phone)().as_(school.student)


def test_a_draft_follows_its_author_into_the_class_that_admits_them(api):
    student, mission = UserFactory(aged_17=True), MissionFactory()
    phone, entry_id = api.as_(student), uuid7()
    school = SimpleNamespace(mission=mission)
    put(phone, entry_id, hours(school))
    passport = HourEntry.objects.get(pk=entry_id).record
    enrolment = EnrolmentFactory(student=student)
    assert phone.post(f"/api/v1/hour-entries/{entry_id}/submit/").status_code == 200
    record = HourEntry.objects.get(pk=entry_id).record
    assert (passport.option, record.option.school) == (None, enrolment.class_group.school)
    verbs = [one["facts"]["verb"] for one in phone.get(f"/api/v1/hour-entries/{entry_id}/events/").json()]
    assert verbs[:2] == ["create", "submit"]
    assert list(verification.verify_records(type(record).objects.all())) == []


@pytest.mark.parametrize(("facts", "code"), [
    ({"organization_name": ""}, "organization_needed"),
    ({"tutor_email": None}, "tutor_needed"),
    ({"tutor_email": "jo"}, "invalid"),
    ({"mission": str(uuid.uuid4())}, "named_by_mission"),
])  # fmt: skip
def test_hours_outside_the_catalogue_name_an_association_and_somebody_there(school, facts, code):
    assert put(school.phone, uuid7(), outside(school, **facts)) == (400, code)


def test_a_tutor_is_somebody_else_however_the_address_is_written(school):
    local, host = school.student.email.split("@")
    assert put(school.phone, uuid7(), outside(school, tutor_email=f"{local}+x@{host}")) == (400, "tutor_refused")


def test_hours_outside_the_catalogue_are_named_by_their_author(school):
    entry_id = uuid7()
    assert put(school.phone, entry_id, outside(school)) == (201, None)
    entry = HourEntry.objects.get(pk=entry_id)
    assert (entry.title, entry.domain, entry.tutor_email) == ("Les Voisins", "autre", "jo@voisins.example")
    assert put(school.phone, entry_id, hours(school), '"1"') == (200, None)
    entry.refresh_from_db()
    assert (entry.mission, entry.organization_name, entry.tutor_email) == (school.mission, "", "")


def test_a_mission_that_was_never_public_cannot_be_named(school):
    for mission in (str(MissionFactory(draft=True).pk), str(uuid.uuid4())):
        assert put(school.phone, uuid7(), hours(school, mission=mission)) == (400, "mission_unknown")


# --- Batches -----------------------------------------------------------------------------------------------------
def batch(client, *operations):
    answer = client.post("/api/v1/hour-entries/batch/", {"operations": list(operations)})
    assert answer.status_code == 200, answer.json()
    return answer.json()["results"]


def test_a_batch_answers_each_operation_as_if_it_were_alone_and_one_that_is_refused_stops_no_other(api, school):
    mine, wrong, gone, theirs = (str(uuid7()) for _id in range(4))
    put(api.as_(UserFactory()), theirs, hours(school))
    results = batch(
        school.phone,
        {"op": "put", "id": mine, "entry": hours(school)},
        {"op": "put", "id": wrong, "entry": {**hours(school), "break_minutes": 721}},
        {"op": "put", "id": wrong, "entry": hours(school, minutes=14)},
        {"op": "put", "id": theirs, "entry": hours(school)},
        {"op": "submit", "id": mine},
        {"op": "put", "id": gone, "entry": hours(school, minutes=30)},
        {"op": "submit", "id": gone},
        {"op": "delete", "id": gone},
        {"op": "submit", "id": gone},
        {"op": "withdraw", "id": mine},
        {"op": "put", "id": mine, "entry": hours(school, minutes=45), "if_match": "*"},
        {"op": "submit", "id": str(uuid7())},
    )
    assert [(one["status"], one["code"], one["entry_status"]) for one in results] == [
        (201, None, "draft"), (400, "invalid", None), (400, "minutes_impossible", None), (404, "not_found", None),
        (200, None, "submitted"), (201, None, "draft"), (409, "overlaps", None), (204, None, None), (410, "gone", None),
        (200, None, "draft"), (200, None, "draft"), (404, "not_found", None),
    ]  # fmt: skip
    assert results[1]["errors"][0]["pointer"] == "/break_minutes"
    assert results[6]["conflicting_entry"] == mine
    assert results[10]["etag"] == f'"{HourEntry.objects.get(pk=mine).version}"'


@pytest.mark.parametrize("operation", [
    {"op": "put"}, {"op": "submit", "entry": {}}, {"op": "put", "entry": {"minutes": 5}}, {"op": "put", "entry": {}},
])  # fmt: skip
def test_an_operation_that_cannot_be_right_is_refused_alone(school, operation):
    results = batch(
        school.phone, {**operation, "id": str(uuid7())}, {"op": "put", "id": str(uuid7()), "entry": hours(school)}
    )
    assert [one["status"] for one in results] == [400, 201]
    assert results[0]["errors"]


@pytest.mark.parametrize("operation", [
    {"op": "approve", "id": str(uuid.uuid4())}, {"op": "put", "id": "x", "entry": {}},
    {"op": "put", "id": str(uuid.uuid4()), "entry": []}, {"op": "submit", "id": str(uuid.uuid4()), "verb": "x"},
])  # fmt: skip
def test_a_batch_of_what_no_program_should_send_is_refused_whole(school, operation):
    assert school.phone.post("/api/v1/hour-entries/batch/", {"operations": [operation]}).status_code == 400


@pytest.mark.parametrize(("count", "status"), [(0, 400), (201, 400)])
def test_a_batch_holds_1_to_200_operations(school, count, status):
    operations = [{"op": "submit", "id": str(uuid.uuid4())}] * count
    assert school.phone.post("/api/v1/hour-entries/batch/", {"operations": operations}).status_code == status


def test_500_offline_entries_shuffled_and_sent_twice_14_days_later_are_500_rows(school):
    puts = [
        {"op": "put", "id": str(uuid7()), "entry": hours(school, DAY - n * HOUR, minutes=20 + n % 40)}
        for n in range(500)
    ]
    chance, answers = random.Random(7), []
    with time_machine.travel(DAY + timedelta(days=14)):
        phone = api_again(school)
        for _time in range(2):
            chance.shuffle(puts)
            results = [one for start in (0, 200, 400) for one in batch(phone, *puts[start : start + 200])]
            assert [one["id"] for one in results] == [one["id"] for one in puts]
            answers.append({one["status"] for one in results})
    assert answers == [{201}, {200}]
    assert HourEntry.objects.count() == RecordEvent.objects.count() == 500
    school.record.refresh_from_db()
    chain.verify_chain(school.record)


@pytest.mark.django_db(transaction=True)
def test_one_id_put_by_two_people_at_once_is_one_persons_and_a_404_to_the_other(api, school):
    other = api.as_(UserFactory())
    for _round in range(6):
        entry_id = uuid7()
        answers = at_once([partial(put, client, entry_id, hours(school)) for client in (school.phone, other)])
        assert sorted(answers) == [(201, None), (404, "not_found")]


@pytest.mark.django_db(transaction=True)
def test_one_put_sent_sixteen_times_at_once_makes_one_row(school):
    entry_id = uuid7()
    answers = at_once([partial(put, school.phone, entry_id, hours(school)) for _time in range(16)])
    assert sorted(answers) == [(200, None)] * 15 + [(201, None)]
    assert RecordEvent.objects.count() == 1


def test_logging_an_entry_costs_a_dozen_statements_however_long_the_record(school, assert_constant_queries):
    def log():
        assert put(school.phone, uuid7(), hours(school))[0] == 201

    with CaptureQueriesContext(connection) as made:
        log()
        log()
    statements = [sql for sql in sql_of(made) if "SAVEPOINT" not in sql]
    assert len(statements) <= 24, "\n".join(statements)

    def grow():
        facts = EntryFacts(DAY, DAY + HOUR, mission=school.mission.pk)
        for _entry in range(20):
            entries.put_entry(uuid7(), facts, match=None, actor=school.student)

    assert_constant_queries(log, grow=grow)
