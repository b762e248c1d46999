"""The code an organiser says aloud: ten minutes, any case, and few wrong tries."""

from datetime import datetime
from functools import partial

import pytest
import time_machine
from django.db import connection

from missions import codes, tasks
from missions.models import CheckIn, WrongCode
from missions.services import check_ins
from missions.services.check_ins import Telling
from tests.support.attending import HOUR, MINUTE, NOON, SECOND, organizer_of, present, refusal, running_place
from tests.support.factories import OrganizationMembershipFactory, ShiftFactory, SignUpFactory, UserFactory
from tests.support.races import at_once, meet_after, without_row_locks

pytestmark = pytest.mark.django_db

WRONG = "222222"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def place():
    return running_place()


@pytest.fixture
def spoken(api, place):
    """What the organiser's phone reads."""
    url = f"/api/v1/shifts/{place.sign_up.shift_id}/spoken-code/"
    return api.as_(organizer_of(place)).get(url).json()


def test_the_code_said_aloud_checks_in_whatever_case_and_spaces_are_typed(api, place, spoken):
    typed = f" {spoken['code'][:3].lower()}-{spoken['code'][3:]} "
    assert present(api, place, code=typed).status_code == 200
    assert CheckIn.objects.get().method == "spoken"


def test_codes_are_read_with_the_letters_that_were_misheard_or_misread(place):
    shift = place.sign_up.shift_id
    for step in range(200):
        spoken, shown = codes.spoken_code_of(shift, step), codes.code_of(shift, step)
        moment = datetime.fromtimestamp(step * 30 + 1, tz=NOON.tzinfo)
        assert codes.spoken_code_fits(" ".join(spoken.lower().replace("v", "u")), shift, moment)
        typed = shown.replace("O", "0").replace("I", "1").replace("B", "8")
        assert codes.code_fits(f"{typed[:4]} {typed[4:]}", shift, moment)
    whole, _until = codes.make_walk_in_code(place.sign_up.person_id, NOON)
    assert codes.person_of_walk_in_code(f" {whole[:20]} {whole[20:]}\n", NOON) == place.sign_up.person_id


def test_it_lives_ten_minutes_and_half_a_minute_of_grace(api, place, spoken, clock):
    until = datetime.fromisoformat(spoken["expires_at"])
    assert 10 * MINUTE <= until - NOON <= 10 * MINUTE + codes.STEP
    clock.move_to(until)
    assert refusal(present(api, place, code=spoken["code"])) == (409, "code_wrong")
    clock.move_to(until - SECOND)
    assert present(api, place, code=spoken["code"]).status_code == 200


def test_its_letters_are_not_mistaken_for_each_other_and_it_changes_with_shift_and_step(place):
    made = {codes.spoken_code_of(place.sign_up.shift_id, step) for step in range(500)}
    made.add(codes.spoken_code_of(ShiftFactory().pk, 1))
    assert len(made) == 501
    assert all(len(code) == 6 and not set(code) & set("01OILU") for code in made)


def test_it_is_stored_nowhere_and_not_kept_by_what_lies_between(api, place, spoken):
    answer = api.as_(organizer_of(place)).get(f"/api/v1/shifts/{place.sign_up.shift_id}/spoken-code/")
    assert answer["Cache-Control"] == "no-store"
    present(api, place, code=spoken["code"])
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 tables of this database
            assert spoken["code"] not in str(cursor.fetchall()), table


def test_after_five_wrong_tries_even_the_right_code_is_refused_for_ten_minutes(api, place, spoken, clock):
    for _try in range(5):
        assert refusal(present(api, place, code=WRONG)) == (409, "code_wrong")
    answer = present(api, place, code=spoken["code"])
    assert (refusal(answer), answer["Retry-After"]) == ((429, "too_many_wrong_codes"), "600")
    clock.move_to(NOON + 10 * MINUTE)
    assert present(api, place, code=spoken["code"]).status_code == 200


@pytest.mark.parametrize("off", [HOUR, -2 * HOUR])
def test_a_clock_out_of_the_window_buys_no_try(api, place, spoken, off):
    told_at = NOON + off
    facts = {"at": told_at, "sent_at": told_at.isoformat()}
    answers = [refusal(present(api, place, code=WRONG, **facts)) for _try in range(6)]
    assert answers == [(409, "code_wrong")] * 5 + [(429, "too_many_wrong_codes")]
    assert refusal(present(api, place, code=spoken["code"])) == (429, "too_many_wrong_codes")


def test_a_right_code_told_out_of_the_window_says_so_and_counts_against_nobody(api, place):
    early = place.sign_up.shift.starts_at - 31 * MINUTE
    code = codes.make_spoken_code(place.sign_up.shift_id, early)[0]
    assert refusal(present(api, place, at=early, code=code)) == (409, "outside_window")
    assert not WrongCode.objects.exists()


def test_who_guessed_too_often_still_scans_and_is_still_answered_what_is_known(api, place):
    for _try in range(6):
        present(api, place, code=WRONG)
    assert present(api, place).status_code == 200
    assert present(api, place, code=WRONG).status_code == 200


def test_wrong_tries_of_one_person_or_shift_close_no_other(api, place, spoken):
    neighbour = running_place(sign_up__shift=place.sign_up.shift)
    for _try in range(6):
        present(api, place, code=WRONG)
    assert present(api, neighbour, code=spoken["code"]).status_code == 200
    elsewhere = running_place(sign_up__person=place.sign_up.person, sign_up__shift__starts_at=NOON + 20 * MINUTE)
    said = codes.make_spoken_code(elsewhere.sign_up.shift_id, NOON)[0]
    assert present(api, elsewhere, code=said).status_code == 200


def test_many_guessing_together_meet_the_ceiling_of_the_shift(api, place, spoken, settings):
    settings.WRONG_CODES_PER_SHIFT = 4
    for _person in range(2):
        other = running_place(sign_up__shift=place.sign_up.shift)
        for _try in range(2):
            assert refusal(present(api, other, code=WRONG)) == (409, "code_wrong")
    assert refusal(present(api, place, code=spoken["code"])) == (429, "too_many_wrong_codes")
    assert present(api, place).status_code == 200


def test_a_repeat_of_one_wrong_try_by_its_key_counts_once(api, place):
    body_and_key = partial(api.as_(place.sign_up.person).post, "/api/v1/check-ins/", key="the-same")
    body = {
        "shift": str(place.sign_up.shift_id),
        "direction": "in",
        "code": WRONG,
        "occurred_at": NOON.isoformat(),
        "sent_at": NOON.isoformat(),
    }
    for _time in range(3):
        assert refusal(body_and_key(body)) == (409, "code_wrong")
    assert WrongCode.objects.count() == 1


def test_who_has_no_place_guesses_at_nothing(api, place):
    stranger = running_place()
    stranger.sign_up.shift = place.sign_up.shift
    assert present(api, stranger, code=WRONG).status_code == 404
    assert not WrongCode.objects.exists()


def test_it_is_the_organisers_of_the_shift_who_read_it(api, place):
    url = f"/api/v1/shifts/{place.sign_up.shift_id}/spoken-code/"
    assert api.as_(place.sign_up.person).get(url).status_code == 403
    assert api.as_(OrganizationMembershipFactory().person).get(url).status_code == 404


def test_what_was_heard_without_network_is_told_later(api, place, spoken, clock):
    clock.move_to(NOON + 5 * HOUR)
    assert present(api, place, at=NOON + 9 * MINUTE, code=spoken["code"]).status_code == 200
    assert CheckIn.objects.get().is_offline


def test_wrong_tries_are_forgotten_once_they_count_no_more(api, place, clock):
    present(api, place, code=WRONG)
    clock.move_to(NOON + 9 * MINUTE)
    present(api, place, code=WRONG)
    clock.move_to(NOON + 10 * MINUTE)
    for _time in range(2):
        tasks.forget_wrong_codes()
        assert WrongCode.objects.count() == 1


@pytest.fixture
def guesses(place):
    def guess(_number):
        telling = Telling(place.sign_up.shift_id, "in", WRONG, NOON)
        (outcome,) = check_ins.check_in_many([telling], sent_at=NOON, actor=place.sign_up.person)
        return outcome.error.code

    return [partial(guess, number) for number in range(20)]


@pytest.mark.django_db(transaction=True)
def test_twenty_guesses_at_once_are_counted_like_twenty_in_a_row(guesses):
    answers = at_once(guesses)
    assert sorted(answers) == ["code_wrong"] * 5 + ["too_many_wrong_codes"] * 15


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_of_the_person_more_guesses_get_through(guesses, monkeypatch):
    without_row_locks(monkeypatch)
    meet_after(monkeypatch, codes, "spoken_code_fits", count=6)
    assert at_once(guesses[:6]) == ["code_wrong"] * 6


def test_a_pending_wish_is_no_place(api, place):
    row = SignUpFactory(shift=place.sign_up.shift, person=UserFactory())
    place.sign_up.person = row.person
    assert present(api, place).status_code == 404
