"""Sessions over HTTP: one successor per refresh token, copies found out, an end that is an end at once."""

import time
from datetime import timedelta
from functools import partial
from uuid import uuid4

import jwt
import pytest
import time_machine
from django.contrib.auth import hashers
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import sessions
from accounts.models import DeviceSession, SignInAttempt
from notifications.models import OutboxMessage
from tests.support.api import ContractClient
from tests.support.factories import PASSWORD, UserFactory
from tests.support.races import at_once

pytestmark = pytest.mark.django_db

ME = "/api/v1/me/"


@pytest.fixture
def person():
    return UserFactory()


def sign_in(api, email, password=PASSWORD, **more):
    return api.post("/api/v1/auth/token/", {"email": email, "password": password, **more})


@pytest.fixture
def pair(api, person):
    return sign_in(api, person.email).json()


def refresh(api, token):
    return api.post("/api/v1/auth/token/refresh/", {"refresh": token})


def me(api, access):
    return api.get(ME, HTTP_AUTHORIZATION=f"Bearer {access}")


def refusal(answer):
    return answer.status_code, answer.json()["code"]


OVER = (401, "session_over")


# --- One successor ---------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_thirty_refreshes_of_one_token_at_once_give_all_the_one_successor(api, pair):
    for _round in range(3):
        answers = at_once([partial(refresh, api, pair["refresh"])] * 30, threads=16)
        assert {answer.status_code for answer in answers} == {200}
        (successor,) = {answer.json()["refresh"] for answer in answers}
        assert successor != pair["refresh"]
        assert all(me(api, answer.json()["access"]).status_code == 200 for answer in answers[:3])
        pair = {"refresh": successor}
    assert DeviceSession.objects.get().generation == 4


@pytest.mark.django_db(transaction=True)
def test_control_without_the_compare_and_swap_parallel_refreshes_end_the_session(api, pair):
    """Counting generations up without looking makes each refresh the thief of the one before."""

    def refresh_blindly():
        DeviceSession.objects.update(generation=F("generation") + 1)
        return refresh(api, pair["refresh"]).status_code

    assert 401 in at_once([refresh_blindly] * 8)


def test_the_same_successor_is_given_again_until_it_is_used(api, pair):
    successor = refresh(api, pair["refresh"]).json()["refresh"]
    with time_machine.travel(timezone.now() + timedelta(hours=23)):
        assert refresh(api, pair["refresh"]).json()["refresh"] == successor
    next_one = refresh(api, successor).json()["refresh"]
    assert next_one not in (successor, pair["refresh"])
    assert refresh(api, successor).json()["refresh"] == next_one


def test_a_token_used_again_after_its_successor_was_used_ends_the_whole_session(api, pair):
    first = refresh(api, pair["refresh"]).json()
    second = refresh(api, first["refresh"]).json()
    assert refusal(refresh(api, pair["refresh"])) == OVER
    for token in (second["refresh"], first["refresh"], pair["refresh"]):
        assert refusal(refresh(api, token)) == OVER
    for access in (pair["access"], first["access"], second["access"]):
        assert refusal(me(api, access)) == OVER


@pytest.mark.parametrize(("language", "said"), [
    ("en", "The session is over. Sign in again."), ("fr", "La session est terminée. Connectez-vous à nouveau."),
])  # fmt: skip
def test_whoever_is_signed_out_reads_the_same_of_either_token(api, pair, language, said):
    api.post("/api/v1/auth/token/revoke/", HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    headers = {"HTTP_ACCEPT_LANGUAGE": language}
    by_access = api.get(ME, HTTP_AUTHORIZATION=f"Bearer {pair['access']}", **headers)
    by_refresh = api.post("/api/v1/auth/token/refresh/", {"refresh": pair["refresh"]}, **headers)
    assert [refusal(answer) for answer in (by_access, by_refresh)] == [OVER] * 2
    assert [answer.json()["detail"] for answer in (by_access, by_refresh)] == [said] * 2


def test_the_replay_of_a_successor_lasts_24_hours_at_most(api, pair):
    refresh(api, pair["refresh"])
    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1)):
        assert refusal(refresh(api, pair["refresh"])) == OVER


def test_another_device_of_the_same_person_lives_on(api, person, pair):
    other = sign_in(api, person.email).json()
    refresh(api, refresh(api, pair["refresh"]).json()["refresh"])
    refresh(api, pair["refresh"])
    assert me(api, other["access"]).status_code == 200
    assert refresh(api, other["refresh"]).status_code == 200


def test_a_session_ends_30_days_after_its_last_refresh(api, pair):
    day_29 = timezone.now() + timedelta(days=29)
    with time_machine.travel(day_29):
        renewed = refresh(api, pair["refresh"]).json()["refresh"]
    with time_machine.travel(day_29 + timedelta(days=29)):
        renewed = refresh(api, renewed).json()["refresh"]
    with time_machine.travel(day_29 + timedelta(days=59, minutes=1)):
        assert refusal(refresh(api, renewed)) == OVER


def test_no_token_is_stored(api, person, pair):
    stored = str(DeviceSession.objects.values().get())
    assert pair["refresh"].split(".")[2] not in stored
    assert pair["access"].split(".")[2] not in stored


# --- The end ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("end", [
    lambda person: person.delete(),
    lambda person: type(person).objects.update(suspended_at=timezone.now()),
    lambda person: type(person).objects.update(is_active=False),
])  # fmt: skip
def test_a_deleted_suspended_or_inactive_person_is_out_with_a_clean_401(api, person, pair, end):
    end(person)
    assert refusal(refresh(api, pair["refresh"])) == OVER
    assert refusal(me(api, pair["access"])) == OVER
    assert refusal(sign_in(api, person.email)) == (401, "sign_in_refused")


def test_a_suspension_lifted_lets_the_same_token_in_again(api, person, pair):
    type(person).objects.update(suspended_at=timezone.now())
    assert refusal(refresh(api, pair["refresh"])) == OVER
    type(person).objects.update(suspended_at=None)
    assert refresh(api, pair["refresh"]).status_code == 200


def test_signing_out_ends_access_tokens_at_the_next_request_and_only_on_that_device(api, person, pair):
    other = sign_in(api, person.email).json()
    answer = api.post("/api/v1/auth/token/revoke/", HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    assert answer.status_code == 204
    assert refusal(me(api, pair["access"])) == OVER
    assert refusal(refresh(api, pair["refresh"])) == OVER
    assert me(api, other["access"]).status_code == 200


# --- Forgeries -------------------------------------------------------------------------------------------------
def forged(settings, **changes):
    """An access token made with our own key, but for the changes; `key`, `kid` and `algorithm` are the envelope."""
    now = int(time.time())
    settings.JWT_SIGNING_KEYS = [("own", "k" * 64)]
    ((kid, key),) = settings.JWT_SIGNING_KEYS
    claims = {"token_type": "access", "iat": now, "exp": now + 60, "jti": "x", "sid": str(uuid4()), "sub": "x"}
    envelope = {name: changes.pop(name, default) for name, default in (("key", key), ("kid", kid))}
    algorithm = changes.pop("algorithm", "HS256")
    claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return jwt.encode(claims, envelope["key"], algorithm, headers={"kid": envelope["kid"]})


@pytest.mark.parametrize("changes", [
    {"key": "another-key-of-more-than-thirty-two-characters"}, {"kid": "nobody's"}, {"exp": 1_000_000_000},
    {"exp": None}, {"token_type": "refresh"}, {"token_type": None}, {"sid": None}, {"sid": "x"}, {"sid": 7},
    {"jti": None}, {"algorithm": "none", "key": None}, {"algorithm": "HS512"},
])  # fmt: skip
def test_a_forged_expired_or_other_token_is_a_401(api, settings, person, changes):
    session = DeviceSession.objects.create(person=person, expires_at=timezone.now() + timedelta(days=1))
    changes = {"sid": str(session.pk), **changes}
    assert me(api, forged(settings, **{"sid": str(session.pk)})).status_code == 200
    assert me(api, forged(settings, **changes)).status_code == 401


@pytest.mark.parametrize("changes", [
    {"gen": 3}, {"gen": -1}, {"gen": "1; DROP"}, {"gen": None}, {"gen": 10**30}, {"gen": [1]},
    {"sid": None}, {"sid": "x"}, {"sid": 7}, {"token_type": "access"}, {"exp": 1_000_000_000},
    {"key": "another-key-of-more-than-thirty-two-characters"}, {"algorithm": "none", "key": None},
])  # fmt: skip
def test_a_forged_refresh_token_is_a_401(api, settings, person, changes):
    session = DeviceSession.objects.create(person=person, expires_at=timezone.now() + timedelta(days=1))
    good = {"sid": str(session.pk), "gen": 1, "token_type": "refresh"}
    assert refusal(refresh(api, forged(settings, **{**good, **changes}))) == OVER


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer x.y.z", "Bearer é", "Bearer ..", "Basic eDp5"])
def test_a_header_that_is_no_token_is_a_401(api, header):
    assert api.get(ME, HTTP_AUTHORIZATION=header).status_code == 401


def test_an_access_token_refreshes_nothing_and_a_refresh_token_opens_nothing(api, pair):
    assert refusal(refresh(api, pair["access"])) == OVER
    assert me(api, pair["refresh"]).status_code == 401
    for garbage in ("x", "é", "..", pair["refresh"][:-3], pair["refresh"] + "A"):
        assert refusal(refresh(api, garbage)) == OVER
    assert refresh(api, pair["refresh"]).status_code == 200


def test_an_access_token_lives_ten_minutes(api, pair):
    now = timezone.now()
    with time_machine.travel(now + timedelta(minutes=9)):
        assert me(api, pair["access"]).status_code == 200
    with time_machine.travel(now + timedelta(minutes=10, seconds=2)):
        assert me(api, pair["access"]).status_code == 401


# --- The password changes meanwhile ----------------------------------------------------------------------------
NEW_PASSWORD = "une autre phrase de passe"


def test_a_password_changed_between_its_check_and_the_session_opens_none(api, person, monkeypatch):
    check = type(person).check_password

    def check_then_be_overtaken(user, password):
        right = check(user, password)
        type(person).objects.filter(pk=person.pk).update(password=make_password(NEW_PASSWORD))
        return right

    monkeypatch.setattr(type(person), "check_password", check_then_be_overtaken)
    assert refusal(sign_in(api, person.email)) == (401, "sign_in_refused")
    assert not DeviceSession.objects.exists()


def sign_in_while_the_password_changes(api, person):
    """Ten sign-ins with the old password while it changes; how many of their sessions outlive the change."""
    survivors = 0
    for number in range(6):
        old, new = f"quatre mots pour entrer {number}", f"quatre mots pour entrer {number + 1}"
        if number == 0:
            type(person).objects.filter(pk=person.pk).update(password=make_password(old))
        access = sign_in(api, person.email, old).json()["access"]
        changed = {"current_password": old, "new_password": new}
        change = partial(
            api.post, "/api/v1/auth/password/change/", changed, HTTP_AUTHORIZATION=f"Bearer {access}"
        )
        answers = at_once([change] + [partial(sign_in, api, person.email, old) for _device in range(5)])
        assert answers[0].status_code == 200, answers[0].json()
        opened = [answer.json()["access"] for answer in answers[1:] if answer.status_code == 200]
        survivors += sum(me(api, access).status_code == 200 for access in opened)
        SignInAttempt.objects.all().delete()
    return survivors


@pytest.mark.django_db(transaction=True)
def test_no_session_opened_with_the_old_password_survives_its_change(api, person):
    assert sign_in_while_the_password_changes(api, person) == 0


def test_control_without_looking_again_under_the_lock_one_does(api, person, monkeypatch):
    """The password changes after the old one was checked and before the session stands."""
    access = sign_in(api, person.email).json()["access"]
    change = partial(api.post, "/api/v1/auth/password/change/", HTTP_AUTHORIZATION=f"Bearer {access}")
    check = type(person).check_password

    def check_then_be_overtaken(user, password):
        right = check(user, password)
        monkeypatch.setattr(type(person), "check_password", check)
        assert change({"current_password": PASSWORD, "new_password": NEW_PASSWORD}).status_code == 200
        return right

    monkeypatch.setattr(type(person), "check_password", check_then_be_overtaken)
    monkeypatch.setattr(sessions, "is_still", lambda checked, locked: True)
    late = sign_in(api, person.email).json()["access"]
    assert me(api, late).status_code == 200


# --- Signing in ------------------------------------------------------------------------------------------------
def test_one_query_finds_session_and_person(api, pair):
    # Refused before anything else is read.
    with CaptureQueriesContext(connection) as queries:
        answer = api.get("/api/v1/me/?unknown=1", headers={"Authorization": f"Bearer {pair['access']}"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert len(queries) == 1, queries.captured_queries


def test_signing_in_answers_alike_whether_the_account_exists_or_not(api, person):
    UserFactory(email="out@example.org", suspended_at=timezone.now())
    UserFactory(email="closed@example.org", is_active=False)
    answers = [sign_in(api, person.email, "not the password")]
    for email in ("nobody@example.org", "not an address", "out@example.org", "closed@example.org"):
        answers.append(sign_in(api, email))
    assert {answer.status_code for answer in answers} == {401}
    assert len({str({**answer.json(), "request_id": ""}) for answer in answers}) == 1


def test_a_password_is_hashed_once_whether_the_account_exists_or_not(api, person, monkeypatch):
    hashed = []
    hasher = type(hashers.get_hasher())
    encode = hasher.encode
    monkeypatch.setattr(hasher, "encode", lambda self, *facts: hashed.append(1) or encode(self, *facts))
    for email in (person.email, "nobody@example.org"):
        hashed.clear()
        assert sign_in(api, email, "not the password").status_code == 401
        assert len(hashed) == 1


def test_the_address_is_taken_in_any_case_and_the_label_is_kept(api, person):
    answer = sign_in(api, f" {person.email.upper()} ", device_label="Téléphone de Léa")
    assert answer.status_code == 200
    assert DeviceSession.objects.get().label == "Téléphone de Léa"
    assert sessions.live_session(DeviceSession.objects.get().pk).person == person


def test_the_owner_is_told_by_mail_of_a_device_that_was_never_here_before():
    person = UserFactory()
    body = {"email": person.email, "password": PASSWORD, "device_label": "https://evil.example"}

    def told():
        return OutboxMessage.objects.filter(kind="account_new_sign_in", recipient=person)

    first = ContractClient().post("/api/v1/auth/token/", body).json()
    assert not told().exists(), "the first device is the one that registered"
    known = {"device_key": first["device_key"]}
    assert ContractClient().post("/api/v1/auth/token/", {**body, **known}).status_code == 200
    assert ContractClient().post("/api/v1/auth/token/", {**body, "password": "not the password"}).status_code == 401
    assert not told().exists()
    assert ContractClient().post("/api/v1/auth/token/", {**body, "device_key": "another"}).status_code == 200
    message = told().get()
    assert message.channels == ["mail"]
    assert "evil.example" not in message.title + message.body
    assert "heure de Paris" in message.body
