"""Coming and leaving by the rotating code, and the organiser's word on it."""

import base64
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine
from django.utils import timezone

from missions import codes
from missions.models import Attendance, CheckIn
from missions.services import sign_ups
from missions.states import AttendanceStatus
from tests.support.factories import (
    AttendanceFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    UserFactory,
)
from tests.support.races import at_once

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 18, 12, 0, 10, tzinfo=UTC)
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


@pytest.fixture(autouse=True)
def clock():
    """It is noon in November and stays so until the test says otherwise."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def place():
    """An accepted place on a shift of two hours that began an hour ago."""
    start = NOON.replace(second=0) - timedelta(hours=1)
    return AttendanceFactory(sign_up__shift__starts_at=start)


@pytest.fixture
def boss(place):
    return OrganizationMembershipFactory(organization=place.sign_up.shift.mission.organization).person


@pytest.fixture
def organizer(api, place):
    organization = place.sign_up.shift.mission.organization
    return api.as_(OrganizationMembershipFactory(organization=organization).person)


def present(api, place, direction="in", *, at=None, code=None, sent_at=None, shift=None, **headers):
    """Sends a check-in or check-out that occurred at an instant, with the code of that instant unless another."""
    shift, at = shift or place.sign_up.shift, at or timezone.now()
    body = {
        "shift": str(shift.pk),
        "direction": direction,
        "code": code or codes.code_of(shift.pk, codes.step_of(at)),
        "occurred_at": at.isoformat(),
        "sent_at": (sent_at or timezone.now()).isoformat(),
    }
    return api.as_(place.sign_up.person).post("/api/v1/check-ins/", body, **headers)


def refusal(answer):
    return answer.status_code, answer.json().get("code")


@pytest.mark.parametrize(("steps", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_the_code_of_the_step_and_of_its_neighbours_opens_and_no_other(api, place, steps, fits):
    answer = present(api, place, code=codes.code_of(place.sign_up.shift_id, codes.step_of(NOON) + steps))
    assert refusal(answer) == ((200, None) if fits else (409, "code_wrong"))
    place.refresh_from_db()
    assert place.status == (AttendanceStatus.CHECKED_IN if fits else AttendanceStatus.EXPECTED)


@pytest.mark.parametrize(("language", "advice"), [
    ("fr", "Scannez-le de nouveau, ou demandez à l’organisateur de vous pointer."),
    ("en", "Scan it again, or ask the organiser to tick your name."),
])  # fmt: skip
def test_whoever_has_a_wrong_code_reads_what_to_do(api, place, language, advice):
    answer = present(api, place, code="ABCDEFGH", HTTP_ACCEPT_LANGUAGE=language)
    assert refusal(answer) == (409, "code_wrong")
    assert answer.json()["detail"].endswith(advice)


def test_a_code_lives_at_most_a_minute_after_its_step(api, place, clock):
    shown = codes.code_of(place.sign_up.shift_id, codes.step_of(NOON))
    clock.move_to(NOON.replace(second=0) + timedelta(seconds=60))
    assert refusal(present(api, place, code=shown)) == (409, "code_wrong")
    clock.move_to(NOON.replace(second=0) + timedelta(seconds=59))
    assert present(api, place, code=shown.lower()).status_code == 200


def test_the_code_of_another_shift_at_the_same_time_is_refused(api, place):
    other = ShiftFactory(starts_at=place.sign_up.shift.starts_at)
    answer = present(api, place, code=codes.code_of(other.pk, codes.step_of(NOON)))
    assert refusal(answer) == (409, "code_wrong")


def test_a_code_is_eight_characters_that_change_with_step_and_shift(place):
    shift = place.sign_up.shift_id
    made = {codes.code_of(shift, step) for step in range(500)} | {codes.code_of(ShiftFactory().pk, 1)}
    assert len(made) == 501
    assert all(len(base64.b32decode(code)) == 5 for code in made)


def test_without_an_accepted_place_the_shift_has_no_check_in(api, place):
    stranger = AttendanceFactory()
    assert present(api, stranger, shift=place.sign_up.shift).status_code == 404


@pytest.mark.parametrize(
    ("direction", "edge", "inside", "outside"),
    [
        ("in", -30 * MINUTE, 0 * SECOND, -SECOND),
        ("in", 120 * MINUTE, 0 * SECOND, SECOND),
        ("out", 240 * MINUTE, 0 * SECOND, SECOND),
    ],
)
def test_the_window_opens_30_minutes_before_and_closes_at_the_end_or_two_hours_later(
    api, place, clock, direction, edge, inside, outside
):
    edge = place.sign_up.shift.starts_at + edge
    clock.move_to(edge + outside)
    if direction == "out":
        present(api, place, at=place.sign_up.shift.starts_at)
    assert refusal(present(api, place, direction)) == (409, "outside_window")
    clock.move_to(edge + inside)
    assert present(api, place, direction).status_code == 200


@pytest.mark.parametrize(("direction", "at", "seen", "said", "fact"), [
    ("in", -2 * HOUR, -2 * HOUR, "ouvre le 18 novembre 2026 à 11 h 30, 30 minutes", {"opens_at": "10:30"}),
    ("in", 2 * HOUR, 2 * HOUR, "a fermé le 18 novembre 2026 à 14 h, à la fin", {"closes_at": "13:00"}),
    ("out", 4 * HOUR, 4 * HOUR, "a fermé le 18 novembre 2026 à 16 h, 2 heures", {"closes_at": "15:00"}),
    ("in", 0 * HOUR, -HOUR, "Vérifiez l’horloge du téléphone", {}),
    ("in", 0 * HOUR, 80 * HOUR, "plus de 72 heures", {}),
])  # fmt: skip
def test_each_time_that_is_refused_says_its_own_with_the_hour(api, place, clock, direction, at, seen, said, fact):
    told_at = NOON + at
    clock.move_to(NOON + seen)
    answer = present(api, place, direction, at=told_at).json()
    assert answer["code"] == "outside_window"
    assert said in answer["detail"].replace("\u00a0", " ")
    assert all(answer[name].startswith(f"2026-11-18T{hour}") for name, hour in fact.items())


def test_a_time_ahead_of_the_server_by_more_than_a_step_is_refused(api, place):
    assert refusal(present(api, place, at=NOON + 31 * SECOND)) == (409, "outside_window")
    assert present(api, place, at=NOON + 30 * SECOND).status_code == 200


@pytest.mark.parametrize(("late", "is_offline"), [(0, False), (60, False), (61, True), (3000, True)])
def test_what_comes_more_than_a_minute_late_is_marked_offline(api, place, clock, late, is_offline):
    clock.move_to(NOON + timedelta(seconds=late))
    answer = present(api, place, at=NOON)
    assert (answer.status_code, answer.json()["occurred_at"]) == (200, "2026-11-18T12:00:10Z")
    assert CheckIn.objects.get().is_offline is is_offline


@pytest.mark.parametrize(("seconds", "is_drifting"), [(-301, True), (-300, False), (300, False), (301, True)])
def test_a_phone_clock_more_than_five_minutes_off_is_flagged_and_never_blocked(api, place, seconds, is_drifting):
    assert present(api, place, sent_at=NOON + timedelta(seconds=seconds)).status_code == 200
    assert CheckIn.objects.get().is_drifting is is_drifting


@pytest.mark.parametrize("off", [-5 * timedelta(hours=1), -6 * MINUTE, -2 * MINUTE, 2 * MINUTE, 6 * MINUTE])
@pytest.mark.parametrize("make", [codes.code_of, codes.spoken_code_of])
def test_a_phone_whose_clock_is_wrong_checks_in_by_what_it_sees_now(api, place, off, make):
    code = make(place.sign_up.shift_id, codes.step_of(NOON))
    answer = present(api, place, at=NOON + off - 5 * SECOND, sent_at=NOON + off, code=code)
    assert (answer.status_code, answer.json().get("occurred_at")) == (200, "2026-11-18T12:00:05Z")
    row = CheckIn.objects.get()
    assert (row.sent_at, row.received_at) == (NOON + off, NOON)
    assert (row.is_drifting, row.is_offline) == (abs(off) > 5 * MINUTE, False)


@pytest.mark.parametrize("later", [61 * SECOND, -SECOND])
def test_what_was_not_told_at_once_needs_the_code_of_the_time_it_tells(api, place, later):
    """A phone that says it saw the code earlier, or later, than it sends is no live one."""
    at, code = NOON - 6 * MINUTE, codes.code_of(place.sign_up.shift_id, codes.step_of(NOON))
    assert refusal(present(api, place, at=at, sent_at=at + later, code=code)) == (409, "code_wrong")


@pytest.mark.parametrize("seconds", [91, -91])
def test_a_wrong_clock_opens_no_other_step(api, place, seconds):
    code = codes.code_of(place.sign_up.shift_id, codes.step_of(NOON + seconds * SECOND))
    at = NOON - 6 * MINUTE
    assert refusal(present(api, place, at=at, sent_at=at, code=code)) == (409, "code_wrong")


@pytest.mark.parametrize(("hours", "seconds", "expected"), [(72, 0, (200, None)), (72, 1, (409, "outside_window"))])
def test_an_offline_check_in_is_taken_until_72_hours_later(api, place, clock, hours, seconds, expected):
    clock.move_to(NOON + timedelta(hours=hours, seconds=seconds))
    assert refusal(present(api, place, at=NOON)) == expected


def test_a_repeat_answers_the_first_whatever_it_says(api, place, clock):
    first = present(api, place).json()
    clock.move_to(NOON + 10 * MINUTE)
    assert present(api, place, code="WRONGWRO").json() == first
    assert present(api, place, at=NOON + timedelta(days=30)).json() == first
    present(api, place, "out")
    assert present(api, place).json() == first
    assert CheckIn.objects.count() == 2


def test_a_check_out_needs_a_check_in_and_does_not_come_before_it(api, place):
    assert refusal(present(api, place, "out")) == (409, "wrong_state")
    present(api, place)
    assert refusal(present(api, place, "out", at=NOON - MINUTE)) == (409, "outside_window")
    assert present(api, place, "out").status_code == 200
    place.refresh_from_db()
    assert place.status == AttendanceStatus.CHECKED_OUT


# --- Of several check-outs ---------------------------------------------------------------------------------------
def left_at(api, place):
    """When the person left, as their own phone reads it, and how often that was told in all."""
    answer = api.as_(place.sign_up.person).get(f"/api/v1/attendances/{place.pk}/").json()
    outs = [row["occurred_at"] for row in answer["check_ins"] if row["direction"] == "out"]
    return (outs or [None])[0], CheckIn.objects.filter(attendance=place, direction="out").count()


def tick(api, boss, place, at=None):
    body = {"attendances": [str(place.pk)], "direction": "out", **({"occurred_at": at.isoformat()} if at else {})}
    (result,) = api.as_(boss).post("/api/v1/attendances/bulk-check-in/", body).json()["results"]
    return result["status"], result["code"]


def shown(at):
    return at.isoformat().replace("+00:00", "Z")


def test_nobody_checks_out_before_the_shift_starts(api, place, boss, clock):
    starts_at = place.sign_up.shift.starts_at
    clock.move_to(starts_at - 3 * SECOND)
    present(api, place, at=starts_at - 6 * SECOND)
    assert refusal(present(api, place, "out")) == (409, "outside_window")
    assert tick(api, boss, place) == (None, "outside_window")
    assert tick(api, boss, place, starts_at - SECOND) == (None, "outside_window")
    clock.move_to(starts_at)
    assert present(api, place, "out").status_code == 200


def test_of_a_phones_check_outs_the_latest_counts_whatever_the_order_of_arrival(api, place, organizer, clock):
    """A tap too early costs no afternoon: the next one counts, and what comes late from before changes nothing."""
    present(api, place, at=NOON - 59 * MINUTE)
    first = NOON - 59 * MINUTE + 3 * SECOND
    assert present(api, place, "out", at=first).status_code == 200
    assert left_at(api, place) == (shown(first), 1)
    last, between = NOON - 5 * MINUTE, NOON - 30 * MINUTE
    for at, count in ((last, 2), (between, 3), (first, 3), (last, 3)):
        assert present(api, place, "out", at=at).json()["occurred_at"] == shown(at)
        assert left_at(api, place) == (shown(last), count)
    confirmed = confirm(organizer, place).json()
    assert (confirmed["left_at"], confirmed["minutes"]) == (shown(last), 54)
    # Known ones are answered for good; after the confirmation there is no new one.
    assert present(api, place, "out", at=between).status_code == 200
    assert refusal(present(api, place, "out", at=NOON - MINUTE)) == (409, "wrong_state")
    assert CheckIn.objects.filter(attendance=place, direction="out").count() == 3


def test_a_phone_whose_clock_is_wrong_sends_its_check_out_again(api, place, clock):
    present(api, place, at=NOON - 10 * MINUTE)
    told_at = NOON - 6 * MINUTE
    code = codes.code_of(place.sign_up.shift_id, codes.step_of(NOON))
    first = present(api, place, "out", at=told_at, sent_at=told_at + 5 * SECOND, code=code)
    assert first.status_code == 200
    clock.move_to(NOON + 10 * MINUTE)
    again = present(api, place, "out", at=told_at, sent_at=told_at + 10 * MINUTE, code=code)
    assert again.json() == first.json()


def test_an_organisers_check_out_is_replaced_by_an_organisers_alone(api, place, organizer, boss, clock):
    present(api, place, at=NOON - 55 * MINUTE)
    present(api, place, "out", at=NOON - 10 * MINUTE)
    assert tick(api, boss, place, NOON - 40 * MINUTE) == ("checked_out", None)
    assert left_at(api, place) == (shown(NOON - 40 * MINUTE), 2)
    # The phone's later word is written, and does not count.
    assert present(api, place, "out", at=NOON - MINUTE).status_code == 200
    assert left_at(api, place) == (shown(NOON - 40 * MINUTE), 3)
    # A wrong one is put right by another one, earlier or later; the same one again changes nothing.
    clock.move_to(NOON + MINUTE)
    for at in (NOON - 20 * MINUTE, NOON - 30 * MINUTE, NOON - 30 * MINUTE):
        assert tick(api, boss, place, at) == ("checked_out", None)
        assert left_at(api, place)[0] == shown(at)
    assert left_at(api, place)[1] == 5
    assert tick(api, boss, place, NOON - 56 * MINUTE) == (None, "outside_window")  # before the check-in
    assert confirm(organizer, place).json()["minutes"] == 25
    assert tick(api, boss, place, NOON) == (None, "wrong_state")


def test_only_the_check_out_that_counts_is_flagged(api, place, boss, clock):
    present(api, place, at=NOON)
    clock.move_to(NOON + 20 * MINUTE)
    present(api, place, "out", at=NOON + 5 * MINUTE)
    flags = lambda: api.as_(boss).get(f"/api/v1/attendances/{place.pk}/").json()["flags"]  # noqa: E731
    assert flags() == ["offline"]
    present(api, place, "out")
    assert flags() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("direction", ["in", "out"])
def test_twelve_check_ins_at_once_make_one_row_and_one_answer(api, place, direction):
    if direction == "out":
        present(api, place)
    answers = at_once([partial(present, api, place, direction) for _copy in range(12)])
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert CheckIn.objects.filter(direction=direction).count() == 1


def test_the_organisers_list_holds_the_very_codes_that_check_in(api, place, organizer, clock):
    shift = place.sign_up.shift
    listed = organizer.get(f"/api/v1/shifts/{shift.pk}/check-in-codes/").json()
    first_at = datetime.fromisoformat(listed["first_at"])
    assert first_at <= shift.starts_at - 30 * MINUTE < first_at + 30 * SECOND
    assert len(listed["codes"]) == (30 + 120 + 120) * 2 + 1
    for moment in (shift.starts_at - 30 * MINUTE, NOON, shift.ends_at):
        shown = listed["codes"][(moment - first_at) // timedelta(seconds=listed["step_seconds"])]
        assert codes.code_fits(shown, shift.pk, moment)
    assert present(api, place, code=listed["codes"][(NOON - first_at) // (30 * SECOND)]).status_code == 200


def test_the_list_of_codes_is_the_organisers_alone(api, place):
    url = f"/api/v1/shifts/{place.sign_up.shift_id}/check-in-codes/"
    assert api.as_(place.sign_up.person).get(url).status_code == 403
    assert api.as_(OrganizationMembershipFactory().person).get(url).status_code == 404


def confirm(client, place, **body):
    return client.post(f"/api/v1/attendances/{place.pk}/confirm/", body)


def test_a_confirmation_counts_from_check_in_to_check_out(api, place, organizer, clock):
    present(api, place, at=NOON - 55 * MINUTE)
    present(api, place, "out", at=NOON - 4 * MINUTE)
    answer = confirm(organizer, place)
    assert (answer.status_code, answer.json()["status"], answer.json()["minutes"]) == (200, "confirmed", 51)
    place.refresh_from_db()
    assert (place.confirmed_at, place.minutes) == (NOON, 51)


def test_without_both_check_ins_the_organiser_says_how_many_minutes(api, place, organizer):
    for _time in range(2):
        assert refusal(confirm(organizer, place)) == (400, "minutes_needed")
        present(api, place, at=NOON - 50 * MINUTE)
    assert confirm(organizer, place, minutes=45).json()["minutes"] == 45


@pytest.mark.parametrize("minutes", [0, -5, 721, "60", 1.5, True])
def test_minutes_are_a_whole_number_from_1_to_720(place, organizer, minutes):
    assert confirm(organizer, place, minutes=minutes).status_code == 400


def test_nobody_confirms_their_own_attendance(api, place):
    place.sign_up.person = OrganizationMembershipFactory(
        organization=place.sign_up.shift.mission.organization
    ).person
    place.sign_up.save()
    assert refusal(confirm(api.as_(place.sign_up.person), place, minutes=60)) == (409, "own_attendance")


def test_no_attendance_is_confirmed_before_the_shift_starts(organizer, place, clock):
    shift = place.sign_up.shift
    shift.starts_at, shift.ends_at = NOON + SECOND, NOON + timedelta(hours=2)
    shift.save()
    assert refusal(confirm(organizer, place, minutes=60)) == (409, "not_started")
    clock.move_to(NOON + SECOND)
    assert refusal(confirm(organizer, place)) == (400, "minutes_needed")


def test_an_attendance_is_confirmed_once_and_by_its_own_organisation(api, place, organizer):
    stranger = api.as_(OrganizationMembershipFactory().person)
    assert confirm(stranger, place, minutes=60).status_code == 404
    assert confirm(api.as_(place.sign_up.person), place, minutes=60).status_code == 403
    assert confirm(organizer, place, minutes=60).status_code == 200
    assert refusal(confirm(organizer, place, minutes=90)) == (409, "wrong_state")
    place.refresh_from_db()
    assert place.minutes == 60


def test_who_has_checked_in_does_not_withdraw_and_keeps_place_and_attendance(api, clock):
    shift = ShiftFactory(starts_at=NOON + 10 * MINUTE)
    row = sign_ups.sign_up(shift, actor=UserFactory())
    place = Attendance.objects.get(sign_up=row)
    assert present(api, place).status_code == 200
    answer = api.as_(row.person).post(f"/api/v1/sign-ups/{row.pk}/withdraw/")
    assert refusal(answer) == (409, "wrong_state")
    row.refresh_from_db()
    shift.refresh_from_db()
    assert (row.status, shift.taken_count) == ("accepted", 1)


def test_who_withdrew_has_no_check_in_and_no_attendance_to_confirm(api, clock):
    shift = ShiftFactory(starts_at=NOON + 10 * MINUTE)
    organizer = OrganizationMembershipFactory(organization=shift.mission.organization).person
    row = sign_ups.sign_up(shift, actor=UserFactory())
    place = Attendance.objects.get(sign_up=row)
    sign_ups.withdraw_sign_up(row, actor=row.person)
    assert present(api, place).status_code == 404
    clock.move_to(shift.starts_at)
    assert refusal(confirm(api.as_(organizer), place, minutes=60)) == (409, "wrong_state")
