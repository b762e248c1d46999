"""The organiser's list: who came and left, ticked one by one or all at once; and who reads what of it."""

from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from missions import tasks
from missions.models import Attendance, CheckIn, Mission
from missions.services import check_in_moves
from notifications.models import OutboxMessage
from tests.support.attending import (
    CHECK_INS,
    HOUR,
    MINUTE,
    NOON,
    SECOND,
    organizer_of,
    present,
    refusal,
    running_place,
    told,
)
from tests.support.factories import (
    AttendanceFactory,
    OrganizationMembershipFactory,
    SignUpFactory,
    enrolled_student,
)
from tests.support.races import answering, at_once, meet_after, without_row_locks
from tests.support.world import API

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def place():
    return running_place()


@pytest.fixture
def organizer(api, place):
    return api.as_(organizer_of(place))


def tick(client, place, verb="check-in", **body):
    return client.post(f"{API}attendances/{place.pk}/{verb}/", body)


def tick_all(client, places, direction="in", **facts):
    body = {"direction": direction, "attendances": [str(place.pk) for place in places], **facts}
    return client.post(f"{API}attendances/bulk-check-in/", body)


def test_an_organiser_ticks_who_came_and_who_left(place, organizer, clock):
    came = tick(organizer, place).json()
    assert (came["status"], came["check_ins"][0]["method"], came["flags"]) == ("checked_in", "list", [])
    clock.move_to(NOON + 9 * MINUTE)
    left = tick(organizer, place, "check-out", occurred_at=(NOON + 8 * MINUTE).isoformat()).json()
    assert (left["status"], left["flags"]) == ("checked_out", [])
    assert organizer.post(f"{API}attendances/{place.pk}/confirm/").json()["minutes"] == 8


@pytest.mark.parametrize(("minutes", "answered"), [(120, 200), (30, 200), (151, 400)])
def test_who_was_ticked_too_late_loses_no_minute_of_what_the_organiser_counts(
    place, organizer, clock, minutes, answered
):
    clock.move_to(NOON + 55 * MINUTE)  # remembered five minutes before the end of two hours
    assert tick(organizer, place).status_code == 200
    clock.move_to(NOON + 2 * HOUR)
    answer = organizer.post(f"{API}attendances/{place.pk}/confirm/", {"minutes": minutes})
    assert (answer.status_code, answer.json().get("minutes", minutes)) == (answered, minutes)


def test_the_organisers_count_still_begins_with_the_persons_own_check_in(api, place, organizer, clock):
    clock.move_to(NOON + 55 * MINUTE)
    assert present(api, place).status_code == 200
    clock.move_to(NOON + 2 * HOUR)
    answer = organizer.post(f"{API}attendances/{place.pk}/confirm/", {"minutes": 120})
    assert refusal(answer) == (400, "minutes_impossible")


def test_a_tick_for_who_checked_in_by_phone_answers_as_it_is(api, place, organizer):
    present(api, place, at=NOON - 10 * MINUTE)
    (check_in,) = tick(organizer, place).json()["check_ins"]
    assert (check_in["method"], check_in["occurred_at"]) == ("qr", "2026-11-18T11:50:10Z")
    assert present(api, place, at=NOON).json()["occurred_at"] == "2026-11-18T11:50:10Z"


@pytest.mark.parametrize(
    ("verb", "at", "code"),
    [
        ("check-in", NOON - 2 * HOUR, "outside_window"),
        ("check-in", NOON + MINUTE, "outside_window"),
        ("check-out", NOON, "wrong_state"),
    ],
)
def test_a_list_has_the_windows_of_a_code(place, organizer, verb, at, code):
    assert refusal(tick(organizer, place, verb, occurred_at=at.isoformat())) == (409, code)


def test_nobody_ticks_themselves(api, place):
    place.sign_up.person = organizer_of(place)
    place.sign_up.save()
    own = api.as_(place.sign_up.person)
    assert refusal(tick(own, place)) == (409, "own_attendance")
    (outcome,) = tick_all(own, [place]).json()["results"]
    assert (outcome["status"], outcome["code"]) == (None, "own_attendance")


def test_a_whole_shift_is_ticked_at_once_and_each_line_answers_for_itself(api, place, organizer):
    rest = [running_place(sign_up__shift=place.sign_up.shift) for _one in range(3)]
    gone = running_place(sign_up__shift=place.sign_up.shift, status="voided")
    foreign = running_place()
    present(api, rest[0])
    results = tick_all(organizer, [place, foreign, *rest, gone, place]).json()["results"]
    assert [(one["status"], one["code"]) for one in results] == [
        ("checked_in", None),
        (None, "not_found"),
        *[("checked_in", None)] * 3,
        (None, "wrong_state"),
        ("checked_in", None),
    ]
    assert CheckIn.objects.count() == 4


def test_a_bulk_of_ticks_takes_a_constant_number_of_queries(place, organizer, assert_constant_queries):
    places = [place]

    def grow():
        places.extend(running_place(sign_up__shift=place.sign_up.shift) for _one in range(20))

    def call():
        CheckIn.objects.all().delete()
        Attendance.objects.update(status="expected")
        assert {one["code"] for one in tick_all(organizer, places).json()["results"]} == {None}

    assert_constant_queries(call, grow=grow)


# --- Two at once -------------------------------------------------------------------------------------------------


def _came_both_ways(api, place, organizer, times=6):
    body = {"sent_at": NOON.isoformat(), **told(place)}
    person = answering(api.as_(place.sign_up.person))
    calls = [partial(person.post, CHECK_INS, body), partial(tick, answering(organizer), place)]
    return at_once(calls * times)


@pytest.mark.django_db(transaction=True)
def test_a_person_and_an_organiser_checking_in_at_once_make_one_check_in(api, place, organizer):
    answers = _came_both_ways(api, place, organizer)
    assert {answer.status_code for answer in answers} == {200}
    assert CheckIn.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_control_without_row_locks_somebody_meets_the_unique_check_in(api, organizer, place, monkeypatch):
    without_row_locks(monkeypatch)
    meet_after(monkeypatch, check_in_moves, "known_of", count=4)
    answers = _came_both_ways(api, place, organizer, times=2)
    assert sorted(answer.status_code for answer in answers) == [200, 500, 500, 500]


# --- Who reads what ----------------------------------------------------------------------------------------------


def test_flags_history_and_the_way_somebody_checked_in_are_the_organisers_alone(api, organizer, place, clock):
    enrolment = enrolled_student(student=place.sign_up.person)
    teacher = enrolment.class_group.referents.get().membership.person
    present(api, place, at=NOON - 10 * MINUTE, position={"latitude": 40, "longitude": 2, "accuracy_metres": 90})
    seen = organizer.get(f"{API}attendances/").json()["results"][0]
    assert seen["flags"] == ["offline", "far", "imprecise"]
    assert seen["check_ins"][0]["distance_metres"] > 900_000
    for reader in (place.sign_up.person, teacher):
        for path in (f"{API}attendances/", f"{API}attendances/{place.pk}/"):
            body = api.as_(reader).get(path).json()
            shown = body["results"][0] if "results" in body else body
            assert not {"flags", "events"} & set(shown)
            assert shown["check_ins"] == [{"direction": "in", "occurred_at": "2026-11-18T11:50:10Z"}]
    assert set(present(api, place).json()) == {
        "id",
        "attendance",
        "direction",
        "occurred_at",
        "sent_at",
        "received_at",
    }


def test_an_organiser_who_came_as_a_volunteer_reads_no_flags_of_another_organisations_mission(api, place):
    person = place.sign_up.person
    OrganizationMembershipFactory(person=person)
    (shown,) = api.as_(person).get(f"{API}attendances/").json()["results"]
    assert "flags" not in shown


def test_why_somebody_was_declined_is_theirs_and_the_organisers_to_read(api, place, organizer):
    student = enrolled_student()
    row = SignUpFactory(shift=place.sign_up.shift, person=student.student)
    declined = organizer.post(f"{API}sign-ups/{row.pk}/decline/", {"reason": "Groupe complet."}).json()
    assert declined["reason"] == "Groupe complet."
    teacher = student.class_group.referents.get().membership.person
    for reader, reason in ((student.student, "Groupe complet."), (teacher, "")):
        assert api.as_(reader).get(f"{API}sign-ups/{row.pk}/").json()["reason"] == reason
        (listed,) = api.as_(reader).get(f"{API}sign-ups/").json()["results"]
        assert listed["reason"] == reason
    assert organizer.get(f"{API}sign-ups/{row.pk}/").json()["reason"] == "Groupe complet."


def test_the_list_of_attendances_takes_a_constant_number_of_queries(organizer, place, assert_constant_queries):
    def grow():
        for _one in range(5):
            row = running_place(sign_up__shift=place.sign_up.shift)
            tick(organizer, row)
            organizer.post(f"{API}attendances/{row.pk}/no-show/", {"reason": "Absent."})

    assert_constant_queries(lambda: organizer.get(f"{API}attendances/?shift={place.sign_up.shift_id}"), grow=grow)


# --- What the clock does -----------------------------------------------------------------------------------------


def messages(kind):
    return OutboxMessage.objects.filter(kind=kind)


def test_who_is_expected_is_told_once_fifteen_minutes_before_that_check_in_is_open(clock):
    soon = AttendanceFactory(sign_up__shift__starts_at=NOON + 16 * MINUTE)
    AttendanceFactory(sign_up__shift=soon.sign_up.shift, status="checked_in")
    tasks.tell_check_in_open()
    assert not messages("check_in_open").exists()
    clock.move_to(NOON + MINUTE)
    for _time in range(3):
        tasks.tell_check_in_open()
    (message,) = messages("check_in_open")
    assert message.recipient == soon.sign_up.person
    assert message.title.startswith("Pointage ouvert")


def test_nobody_is_told_of_a_shift_that_has_begun():
    AttendanceFactory(sign_up__shift__starts_at=NOON)
    tasks.tell_check_in_open()
    assert not messages("check_in_open").exists()


def test_a_forgotten_check_out_is_reminded_of_at_half_an_hour_and_closed_at_two_hours(api, place, clock):
    shift = place.sign_up.shift
    expected = running_place(sign_up__shift=shift)
    present(api, place, at=NOON)

    def run_at(moment):
        clock.move_to(moment)
        for _time in range(2):
            tasks.remind_forgotten_check_outs()
            tasks.close_forgotten_check_outs()
        place.refresh_from_db()
        return messages("check_out_forgotten").count(), place.status

    assert run_at(shift.ends_at + 30 * MINUTE - SECOND) == (0, "checked_in")
    assert run_at(shift.ends_at + 30 * MINUTE) == (1, "checked_in")
    assert run_at(shift.ends_at + 2 * HOUR - SECOND) == (1, "checked_in")
    assert run_at(shift.ends_at + 2 * HOUR) == (1, "checked_out")
    expected.refresh_from_db()
    assert expected.status == "expected"
    organizer = api.as_(organizer_of(place))
    listed = organizer.get(f"{API}attendances/{place.pk}/").json()
    assert "closed_by_job" in listed["flags"]
    confirmed = organizer.post(f"{API}attendances/{place.pk}/confirm/").json()
    assert (confirmed["left_at"], confirmed["minutes"]) == (shift.ends_at.strftime("%Y-%m-%dT%H:%M:%SZ"), 59)


def test_a_check_in_told_after_the_end_is_closed_and_nobody_reminded(api, place, clock):
    clock.move_to(NOON + timedelta(hours=20))
    present(api, place, at=NOON)
    tasks.remind_forgotten_check_outs()
    tasks.close_forgotten_check_outs()
    place.refresh_from_db()
    assert (place.status, place.closed_at) == ("checked_out", timezone.now())
    assert not messages("check_out_forgotten").exists()


def test_a_notice_names_the_mission_and_nobody(api, place):
    Mission.objects.update(title="Maraude")
    mission = place.sign_up.shift.mission
    soon = AttendanceFactory(sign_up__shift__mission=mission, sign_up__shift__starts_at=NOON + MINUTE)
    tasks.tell_check_in_open()
    message = messages("check_in_open").get()
    assert "Maraude" in message.title
    assert soon.sign_up.person.last_name not in message.title + message.body
