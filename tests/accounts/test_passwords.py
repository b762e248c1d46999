"""Changing and resetting a password, over HTTP."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import DeviceSession
from notifications import relay
from notifications.models import OutboxMessage
from tests.support.api import ContractClient
from tests.support.factories import PASSWORD, UserFactory
from tests.support.races import at_once

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "une autre phrase de passe"


def sign_in(person, password=PASSWORD):
    return ContractClient().post("/api/v1/auth/token/", {"email": person.email, "password": password})


def bearer(access):
    client = ContractClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    return client


def reset_link(person):
    ContractClient().post("/api/v1/auth/password/reset/", {"email": person.email})
    relay.run()
    return re.search(r"https?://[^/]+(/api/v1/auth/password/reset/confirm/\S+)", mail.outbox[-1].body).group(1)


def test_a_new_password_signs_every_other_device_out_and_this_one_in_again():
    person = UserFactory()
    phone, laptop = (sign_in(person).json()["access"] for _device in range(2))
    answer = bearer(phone).post(
        "/api/v1/auth/password/change/", {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    )
    assert answer.status_code == 200
    assert bearer(laptop).get("/api/v1/me/").status_code == 401
    assert bearer(phone).get("/api/v1/me/").status_code == 401
    assert bearer(answer.json()["access"]).get("/api/v1/me/").status_code == 200
    assert sign_in(person).status_code == 401
    assert sign_in(person, NEW_PASSWORD).status_code == 200


@pytest.mark.parametrize(("language", "said"), [
    ("fr", "Ce mot de passe ressemble trop à votre nom ou à votre adresse. Choisissez-en un autre."),
    ("en", "This password is too much like your name or your address. Choose another one."),
])  # fmt: skip
def test_a_password_like_the_name_is_refused_in_the_readers_words(language, said):
    person = UserFactory(first_name="Maximilienne", last_name="Bâ")
    body = {"current_password": PASSWORD, "new_password": "Maximilienne"}
    client = bearer(sign_in(person).json()["access"])
    answer = client.post("/api/v1/auth/password/change/", body, HTTP_ACCEPT_LANGUAGE=language)
    (error,) = answer.json()["errors"]
    assert said in error["detail"]
    assert "first name" not in error["detail"]


def test_the_old_password_is_asked_and_a_weak_new_one_refused():
    person = UserFactory()
    client = bearer(sign_in(person).json()["access"])
    url = "/api/v1/auth/password/change/"
    wrong = client.post(url, {"current_password": "not the password", "new_password": NEW_PASSWORD})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "password_wrong")
    weak = client.post(url, {"current_password": PASSWORD, "new_password": "password1234"})
    assert (weak.status_code, weak.json()["errors"][0]["pointer"]) == (400, "/new_password")
    assert client.get("/api/v1/me/").status_code == 200


def test_the_link_in_the_mail_sets_a_new_password_once(api):
    person = UserFactory()
    before = sign_in(person).json()["access"]
    link = reset_link(person)
    assert api.get(link).status_code == 200
    assert api.get(link, HTTP_ACCEPT="text/html").content.count(b"<form") == 1
    assert api.post(link, {"password": NEW_PASSWORD}).status_code == 200
    assert api.post(link, {"password": "encore une autre phrase"}).status_code == 410
    assert bearer(before).get("/api/v1/me/").status_code == 401
    assert sign_in(person, NEW_PASSWORD).status_code == 200


def test_a_browser_sets_it_by_the_form_without_script(api):
    link = reset_link(UserFactory())
    answer = api.post(
        link,
        f"password={NEW_PASSWORD.replace(' ', '+')}",
        content_type="application/x-www-form-urlencoded",
        HTTP_ACCEPT="text/html",
    )
    assert answer.status_code == 200
    assert b"<form" not in answer.content


def test_a_newer_link_ends_no_older_one_and_two_hours_end_each(api):
    """Or anybody could end a person's link by asking for more of them."""
    person = UserFactory()
    older, now = reset_link(person), timezone.now() + timedelta(minutes=30)
    with time_machine.travel(now, tick=False):
        newer = reset_link(person)
        assert newer != older
        assert [api.get(link).status_code for link in (older, newer)] == [200, 200]
    with time_machine.travel(now + timedelta(hours=1, minutes=40), tick=False):
        assert [api.get(link).status_code for link in (older, newer)] == [410, 200]
        assert api.post(newer, {"password": NEW_PASSWORD}).status_code == 200
        assert api.get(newer).status_code == 410


def test_whoever_asks_for_a_reset_again_and_again_fills_no_mailbox_and_leaves_a_link_that_works(api):
    person = UserFactory()
    for number in range(20):
        api.post("/api/v1/auth/password/reset/", {"email": person.email}, REMOTE_ADDR=f"192.0.2.{number % 9}")
    relay.run()
    assert len(mail.outbox) == 4
    own = UserFactory()
    for _time in range(10):
        api.post("/api/v1/auth/password/reset/", {"email": own.email}, REMOTE_ADDR="198.51.100.1")
    link = reset_link(own)  # from another place
    assert [message.to for message in mail.outbox].count([own.email]) == 3
    with time_machine.travel(timezone.now() + timedelta(minutes=115), tick=False):
        assert api.post(link, {"password": NEW_PASSWORD}).status_code == 200


def test_asking_too_often_is_answered_like_asking(api):
    person = UserFactory()
    for _time in range(2):
        reset_link(person)
        api.post("/api/v1/auth/password/reset/", {"email": "nobody-here@example.org"})
    with CaptureQueriesContext(connection) as unknown:
        first = api.post("/api/v1/auth/password/reset/", {"email": "nobody-here@example.org"})
    with CaptureQueriesContext(connection) as known:
        again = api.post("/api/v1/auth/password/reset/", {"email": person.email})
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert len(known) == len(unknown)
    relay.run()
    assert len(mail.outbox) == 2


@pytest.mark.django_db(transaction=True)
def test_ten_requests_at_once_are_two_mails(api):
    person = UserFactory()
    at_once([lambda: ContractClient().post("/api/v1/auth/password/reset/", {"email": person.email})] * 10)
    relay.run()
    assert len(mail.outbox) == 2


def test_the_answer_and_the_work_are_the_same_for_an_unknown_address(api, django_assert_num_queries):
    known = api.post("/api/v1/auth/password/reset/", {"email": UserFactory().email})
    unknown = api.post("/api/v1/auth/password/reset/", {"email": "nobody-here@example.org"})
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    assert OutboxMessage.objects.filter(kind="account_reset").count() == 2
    relay.run()
    assert len(mail.outbox) == 1
    assert not OutboxMessage.objects.filter(address="nobody-here@example.org").exists()


def test_one_sees_ones_sessions_and_ends_one_of_them(api):
    person, other = UserFactory(), UserFactory()
    phone, laptop = (sign_in(person).json()["access"] for _device in range(2))
    sign_in(other)
    listed = bearer(phone).get("/api/v1/auth/sessions/").json()["results"]
    assert len(listed) == 2
    assert [session["is_current"] for session in listed].count(True) == 1
    laptop_session = next(session for session in listed if not session["is_current"])
    assert bearer(phone).delete(f"/api/v1/auth/sessions/{laptop_session['id']}/").status_code == 204
    assert bearer(laptop).get("/api/v1/me/").status_code == 401
    foreign = DeviceSession.objects.get(person=other)
    assert bearer(phone).delete(f"/api/v1/auth/sessions/{foreign.pk}/").status_code == 404
