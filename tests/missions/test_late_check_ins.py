"""A phone without network tells later what it saw: many at once, in any order, and again."""

import random
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import time_machine

from missions import codes
from missions.models import Attendance, CheckIn, WrongCode
from missions.services import check_in_clock
from tests.support.attending import (
    HOUR,
    MINUTE,
    NOON,
    SECOND,
    organizer_of,
    present,
    refusal,
    running_place,
    send_batch,
    told,
)
from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def places_of(person, count):
    """Places on shifts of two hours, one after another, the last over at NOON."""
    start = NOON.replace(second=0)
    return [
        running_place(sign_up__person=person, sign_up__shift__starts_at=start - 2 * HOUR * (number + 1))
        for number in range(count)
    ]


def both(place):
    shift = place.sign_up.shift
    return [told(place, "in", shift.starts_at + 5 * MINUTE), told(place, "out", shift.ends_at - 5 * MINUTE)]


def test_a_batch_of_several_shifts_in_any_order_sent_twice_makes_each_check_in_once(api):
    places = places_of(UserFactory(), 6)
    tellings = [telling for place in places for telling in both(place)]
    chance = random.Random(7)
    answers = []
    for _time in range(2):
        chance.shuffle(tellings)
        results = send_batch(api, places[0], tellings).json()["results"]
        assert [(one["shift"], one["direction"]) for one in results] == [
            (one["shift"], one["direction"]) for one in tellings
        ]
        assert all(one["id"] and one["code"] is None for one in results)
        answers.append({(one["shift"], one["direction"]): one for one in results})
    assert answers[0] == answers[1]
    assert CheckIn.objects.count() == 12
    assert set(Attendance.objects.values_list("status", flat=True)) == {"checked_out"}
    assert set(CheckIn.objects.values_list("is_offline", flat=True)) == {True}


def test_each_line_has_its_own_answer_and_a_refused_one_stops_no_other(api):
    person = UserFactory()
    good, wrong, alone, gone = places_of(person, 4)
    stranger = running_place()
    for place in (good, wrong):
        place.sign_up.shift.refresh_from_db()
    tellings = [
        told(wrong, "in", wrong.sign_up.shift.starts_at, code="WRONGWRO"),
        told(alone, "out", alone.sign_up.shift.ends_at),
        told(gone, "in", gone.sign_up.shift.ends_at + SECOND),
        told(stranger, "in"),
        *both(good),
        {**told(good, "in"), "shift": str(uuid4())},
    ]
    results = send_batch(api, good, tellings).json()["results"]
    assert [one["code"] for one in results] == [
        "code_wrong",
        "wrong_state",
        "outside_window",
        "not_found",
        None,
        None,
        "not_found",
    ]
    assert all(bool(one["detail"]) is bool(one["code"]) for one in results)
    assert CheckIn.objects.count() == 2


def test_of_two_tellings_of_one_coming_the_first_told_is_kept_and_answers_both(api):
    place = running_place()
    tellings = [told(place, "in", NOON - 10 * MINUTE), told(place, "in", NOON - 20 * MINUTE)]
    results = send_batch(api, place, tellings).json()["results"]
    assert results[0] == results[1]
    assert CheckIn.objects.get().occurred_at == NOON - 10 * MINUTE


def test_one_told_alone_and_again_in_a_batch_is_the_same(api):
    place = running_place()
    alone = present(api, place).json()
    (again,) = send_batch(api, place, [told(place)]).json()["results"]
    assert (again["id"], again["received_at"]) == (alone["id"], alone["received_at"])


def test_wrong_spoken_codes_in_a_batch_count_like_those_told_alone(api):
    place = running_place()
    results = send_batch(api, place, [told(place, code="222222")] * 7).json()["results"]
    assert [one["code"] for one in results] == ["code_wrong"] * 5 + ["too_many_wrong_codes"] * 2
    assert WrongCode.objects.count() == 5


def test_the_clock_of_the_phone_when_it_sends_says_how_far_it_drifts(api):
    place = running_place()
    body = {"sent_at": (NOON + 6 * MINUTE).isoformat(), "check_ins": [told(place)]}
    api.as_(place.sign_up.person).post("/api/v1/check-ins/batch/", body)
    row = CheckIn.objects.get()
    assert (row.received_at, row.is_drifting, row.is_offline) == (NOON, True, False)


@pytest.mark.parametrize("count", [0, 201])
def test_a_batch_holds_one_to_two_hundred(api, count):
    place = running_place()
    assert send_batch(api, place, [told(place)] * count).status_code == 400


def test_two_hundred_are_answered_in_reads_that_do_not_grow(api, assert_constant_queries):
    person = UserFactory()
    known = places_of(person, 2)
    tellings = [telling for place in known for telling in both(place)]
    send_batch(api, known[0], tellings)

    def grow():
        more = places_of(person, 12)[2:]
        tellings.extend(telling for place in more for telling in both(place))
        send_batch(api, known[0], tellings)

    assert_constant_queries(lambda: send_batch(api, known[0], tellings), grow=grow)


def test_a_late_check_out_takes_the_place_of_the_jobs_closing(api, clock):
    place = running_place()
    present(api, place)
    clock.move_to(place.sign_up.shift.ends_at + 2 * HOUR)
    check_in_clock.close_forgotten()
    place.refresh_from_db()
    assert (place.status, place.closed_at) == ("checked_out", place.sign_up.shift.ends_at + 2 * HOUR)
    left_at = place.sign_up.shift.ends_at - 10 * MINUTE
    assert present(api, place, "out", at=left_at).status_code == 200
    place.refresh_from_db()
    assert (place.status, place.closed_at) == ("checked_out", None)
    confirmed = api.as_(organizer_of(place)).post(f"/api/v1/attendances/{place.pk}/confirm/").json()
    assert (confirmed["left_at"], "closed_by_job" in confirmed["flags"]) == (left_at.isoformat()[:-6] + "Z", False)


def test_once_the_organiser_has_spoken_a_late_check_out_is_refused(api, clock):
    place = running_place()
    present(api, place)
    clock.move_to(place.sign_up.shift.ends_at + 2 * HOUR)
    check_in_clock.close_forgotten()
    api.as_(organizer_of(place)).post(f"/api/v1/attendances/{place.pk}/confirm/")
    assert refusal(present(api, place, "out", at=place.sign_up.shift.ends_at)) == (409, "wrong_state")


@pytest.mark.parametrize(
    ("start", "shown_minutes"),
    [
        # 01:30 to 03:30 in Paris: an hour when summer time begins, three when it ends.
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), 60),
        (datetime(2026, 10, 24, 23, 30, tzinfo=UTC), 180),
    ],
)
def test_minutes_and_windows_are_those_that_passed_whatever_the_clocks_showed(api, clock, start, shown_minutes):
    end = start + shown_minutes * MINUTE
    clock.move_to(start - HOUR)
    place = running_place(sign_up__shift__starts_at=start, sign_up__shift__ends_at=end)
    clock.move_to(start - 30 * MINUTE - SECOND)
    assert refusal(present(api, place)) == (409, "outside_window")
    clock.move_to(start)
    assert present(api, place).status_code == 200
    clock.move_to(end)
    assert present(api, place, "out").status_code == 200
    confirmed = api.as_(organizer_of(place)).post(f"/api/v1/attendances/{place.pk}/confirm/").json()
    assert confirmed["minutes"] == shown_minutes
    listed = codes.codes_of(place.sign_up.shift)[1]
    assert len(listed) == (30 + shown_minutes + 120) * 2 + 1
