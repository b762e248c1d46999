"""A phone may say where it is; what is kept is how far and how sure, and nobody is turned away for it."""

import json
import re

import pytest
import time_machine
from django.db import connection

from missions.models import CheckIn
from tests.support.attending import NOON, organizer_of, present, refusal, running_place, send_batch, told

pytestmark = pytest.mark.django_db

LATITUDE, LONGITUDE = 48.93712345, 2.36098765


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def place():
    return running_place(sign_up__shift__mission__latitude=48.937, sign_up__shift__mission__longitude=2.36)


def position(**facts):
    return {"latitude": LATITUDE, "longitude": LONGITUDE, "accuracy_metres": 12.2, **facts}


def flags(api, place):
    return api.as_(organizer_of(place)).get(f"/api/v1/attendances/{place.pk}/").json()["flags"]


def test_distance_and_accuracy_are_kept_in_whole_metres(api, place):
    assert present(api, place, position=position()).status_code == 200
    row = CheckIn.objects.get()
    assert (row.distance_metres, row.accuracy_metres) == (73, 13)
    assert flags(api, place) == []


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"latitude": 48.938358, "longitude": 2.36}, ["far"]),  # 151 m
        ({"latitude": 48.938349, "longitude": 2.36}, []),  # 150 m
        ({"accuracy_metres": 50}, []),
        ({"accuracy_metres": 50.1}, ["imprecise"]),
        ({"latitude": -48.0, "longitude": 180, "accuracy_metres": 999_999}, ["far", "imprecise"]),
    ],
)
def test_over_150_metres_or_worse_than_50_flags_and_never_blocks(api, place, where, expected):
    assert present(api, place, position=position(**where)).status_code == 200
    assert flags(api, place) == expected


def test_the_distance_that_flags_is_the_deployments_choice(api, place, settings):
    settings.CHECK_IN_FAR_METRES = 50
    present(api, place, position=position())
    assert flags(api, place) == ["far"]


def test_a_remote_mission_has_no_place_to_be_far_from(api):
    place = running_place(
        sign_up__shift__mission__is_remote=True,
        sign_up__shift__mission__latitude=None,
        sign_up__shift__mission__longitude=None,
    )
    assert present(api, place, position=position(accuracy_metres=5000)).status_code == 200
    row = CheckIn.objects.get()
    assert (row.distance_metres, row.accuracy_metres) == (None, None)
    assert flags(api, place) == []


@pytest.mark.parametrize("send", [present, lambda api, place, **facts: send_batch(api, place, [told(place, **facts)])])
def test_no_coordinate_stays_in_database_log_or_answer(api, place, send, caplog):
    caplog.set_level("DEBUG")
    answer = send(api, place, position=position())
    refused = send(api, place, "out", position=position(), code="WRONGWRO") if send is present else answer
    kept = [answer.content.decode(), refused.content.decode(), caplog.text]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 tables of this database
            kept.append(str(cursor.fetchall()))
    # The decimals alone may stand in an id or in the microseconds of any row.
    assert re.findall(r"(?<!\d)(?:48[.,]?93712|2[.,]?36098)\d*", json.dumps(kept)) == []


@pytest.mark.parametrize("unknown", [{"accuracy_metres": None}, {"accuracy_metres": -1}, {"accuracy_metres": 1e12}, {}])
def test_an_accuracy_that_the_phone_does_not_know_never_blocks_a_check_in_and_is_flagged(api, place, unknown):
    where = {"latitude": LATITUDE, "longitude": LONGITUDE, **unknown}
    answer = present(api, place, position=where)
    assert answer.status_code == 200
    assert CheckIn.objects.get().accuracy_metres == 1_000_000
    assert flags(api, place) == ["imprecise"]


@pytest.mark.parametrize("nowhere", [
    {"latitude": -180, "longitude": -180, "accuracy_metres": -1},
    {"latitude": None, "longitude": None, "accuracy_metres": None},
    {"longitude": None}, {"latitude": 90.1}, {"longitude": -180.5},
])  # fmt: skip
def test_a_phone_that_knows_no_place_checks_in_as_if_it_had_said_none(api, place, nowhere):
    assert present(api, place, position=position(**nowhere)).status_code == 200
    row = CheckIn.objects.get()
    assert (row.distance_metres, row.accuracy_metres, flags(api, place)) == (None, None, [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"latitude": "48.9"},
        {"altitude": 35},
    ],
)
def test_a_position_that_cannot_be_is_a_400_that_points_at_it(api, place, wrong):
    answer = present(api, place, position=position(**wrong))
    (name,) = wrong
    assert refusal(answer) == (400, "invalid")
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/position/{name}"]
