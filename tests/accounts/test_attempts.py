"""How often a password may be tried, over HTTP."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import SignInAttempt
from tests.support.api import ContractClient
from tests.support.factories import PASSWORD, UserFactory
from tests.support.races import at_once

pytestmark = pytest.mark.django_db


def try_password(email, password="not the password", address="192.0.2.1", **more):
    body = {"email": email, "password": password, **more}
    return ContractClient().post("/api/v1/auth/token/", body, REMOTE_ADDR=address)


def test_the_sixth_wrong_password_from_one_place_waits_even_when_it_is_right():
    person = UserFactory()
    assert [try_password(person.email).status_code for _try in range(5)] == [401] * 5
    refused = try_password(person.email, PASSWORD)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_attempts")
    assert int(refused["Retry-After"]) == 900
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False):
        assert try_password(person.email, PASSWORD).status_code == 200


def test_an_unknown_address_is_limited_like_a_known_one():
    known, unknown = UserFactory().email, "nobody-here@example.org"
    answers = [[try_password(email).status_code for _try in range(7)] for email in (known, unknown)]
    assert answers[0] == answers[1] == [401] * 5 + [429] * 2


def test_one_person_who_fails_locks_nobody_else_of_the_same_lycee_out():
    first, second = UserFactory(), UserFactory()
    for _try in range(8):
        try_password(first.email)
    assert try_password(second.email, PASSWORD).status_code == 200


def test_an_account_hammered_from_everywhere_stays_usable_from_the_owners_known_device():
    person = UserFactory()
    device_key = try_password(person.email, PASSWORD).json()["device_key"]
    hammered = [try_password(person.email, address=f"198.51.100.{n}").status_code for n in range(30)]
    assert hammered == [401] * 20 + [429] * 10
    assert try_password(person.email, PASSWORD, address="203.0.113.9").status_code == 429
    assert try_password(person.email, PASSWORD, device_key=device_key).status_code == 200
    assert try_password(person.email, PASSWORD, device_key=device_key[:-4] + "AAA=").status_code == 429


def test_a_device_key_is_of_one_person_and_limited_too():
    person, other = UserFactory(), UserFactory()
    key = try_password(other.email, PASSWORD).json()["device_key"]
    for n in range(25):
        try_password(person.email, address=f"198.51.100.{n}")
    assert try_password(person.email, PASSWORD, device_key=key).status_code == 429
    assert [try_password(other.email, device_key=key).status_code for _try in range(6)] == [401] * 5 + [429]


def test_a_right_password_forgets_the_wrong_ones_before_it():
    person = UserFactory()
    for _round in range(3):
        for _try in range(4):
            assert try_password(person.email).status_code == 401
        assert try_password(person.email, PASSWORD).status_code == 200


def test_nobodys_address_is_kept():
    person = UserFactory()
    try_password(person.email, address="192.0.2.77")
    kept = str(SignInAttempt.objects.values().get())
    assert person.email not in kept
    assert "192.0.2.77" not in kept


@pytest.mark.django_db(transaction=True)
def test_of_thirty_parallel_guesses_no_more_are_tried_than_of_thirty_in_a_row():
    person = UserFactory()
    rounds = at_once([lambda: [try_password(person.email).status_code for _try in range(3)]] * 10)
    statuses = [status for three in rounds for status in three]
    # Those that arrive together may all be refused: each is counted before it is tried.
    assert statuses.count(401) <= 5
    assert statuses.count(401) + statuses.count(429) == len(statuses) == 30


def test_the_admins_door_has_the_same_lock_and_stays_shut_for_the_suspended(client):
    region = UserFactory(region=True)

    def knock(password):
        client.post("/admin/login/", {"username": region.email, "password": password}, REMOTE_ADDR="192.0.2.5")
        return client.get("/admin/").status_code == 200

    assert [knock("not the password") for _try in range(5)] == [False] * 5
    assert not knock(PASSWORD)
    SignInAttempt.objects.all().delete()
    assert knock(PASSWORD)
    type(region).objects.filter(pk=region.pk).update(suspended_at=timezone.now())
    assert client.get("/admin/").status_code == 302
