"""Citizens open their account: of age, with a strong password, by an address that they prove with a POST."""

import re
from datetime import date
from functools import partial

import pytest
import time_machine
from django.core import mail

from accounts.models import User
from accounts.notices import VERIFY_PURPOSE
from common import links, paris
from notifications import relay
from tests.support.factories import PASSWORD, UserFactory
from tests.support.races import at_once

pytestmark = pytest.mark.django_db

URL = "/api/v1/auth/register/"
FACTS = {
    "email": "sam@example.org",
    "password": PASSWORD,
    "first_name": "Sam",
    "last_name": "Diallo",
    "birth_date": "1990-05-04",
}


def register(api, **changes):
    return api.post(URL, {**FACTS, **changes})


def code_of(answer):
    return answer.status_code, answer.json()["code"]


def test_a_citizen_registers_confirms_the_address_and_may_sign_in(api):
    assert register(api, email="Sam@Example.org", language="en").status_code == 202
    person = User.objects.get()
    assert (person.email, person.language, person.email_verified_at) == ("sam@example.org", "en", None)
    assert person.password != PASSWORD
    assert not person.is_staff
    relay.run()
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == (["sam@example.org"], "Confirm your e-mail address")
    path = re.search(r"https?://[^/]+(/api/v1/auth/email/verify/\S+)", letter.body).group(1)
    assert api.post(path).status_code == 200
    signed_in = api.post("/api/v1/auth/token/", {"email": "sam@example.org", "password": PASSWORD}).json()
    me = api.get("/api/v1/me/", HTTP_AUTHORIZATION=f"Bearer {signed_in['access']}").json()
    assert (me["email"], me["is_email_verified"]) == ("sam@example.org", True)


@pytest.mark.parametrize(("birth_date", "expected"), [("2008-11-24", 400), ("2008-11-23", 202), ("2008-02-29", 202)])
def test_under_18_in_paris_nobody_registers(api, birth_date, expected):
    # 22:30 UTC on the 22nd is 23:30 in Paris; an hour later Paris is a day further than UTC.
    with time_machine.travel(paris.midnight(date(2026, 11, 23)), tick=False):
        answer = register(api, birth_date=birth_date)
    assert answer.status_code == expected
    if expected == 400:
        assert answer.json()["code"] == "too_young"
    assert User.objects.count() == (expected == 202)


@pytest.mark.parametrize("password", ["tout petit", "123456789012345", "motdepasse", "sam.diallo.sam", "password1234"])
def test_a_weak_password_is_refused_with_what_is_wrong_with_it(api, password):
    answer = register(api, email="sam.diallo@example.org", password=password)
    assert code_of(answer) == (400, "password_too_weak")
    assert answer.json()["errors"][0]["pointer"] == "/password"
    assert password not in answer.content.decode().replace("sam.diallo@example.org", "")
    assert not User.objects.exists()


@pytest.mark.parametrize("changes", [
    {"birth_date": "1899-12-31"}, {"birth_date": "2999-01-01"}, {"birth_date": "2001-02-29"}, {"birth_date": None},
    {"birth_date": "04/05/1990"}, {"email": "sam"}, {"email": "sam@example.org\u0000"},
    {"first_name": " ", "last_name": ""},
    {"last_name": "x" * 81}, {"first_name": 7}, {"language": "de"}, {"is_staff": True}, {"email_verified_at": "now"},
])  # fmt: skip
def test_what_cannot_be_an_account_is_a_400_and_opens_none(api, changes):
    assert register(api, **changes).status_code == 400
    assert not User.objects.exists()


def test_a_known_address_answers_the_same_changes_nothing_and_mails_its_owner(api):
    owner = UserFactory(email="sam@example.org", first_name="Autre", language="en")
    known, unknown = register(api, email="SAM@example.org"), register(api, email="new@example.org")
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    register(api)
    relay.run()
    told = [letter for letter in mail.outbox if letter.to == [owner.email]]
    assert [letter.subject for letter in told] == ["You already have an account"]
    assert "http" not in told[0].body
    known_owner = User.objects.get(pk=owner.pk)
    assert (known_owner.first_name, known_owner.password) == ("Autre", owner.password)
    assert User.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_ten_registrations_of_one_address_at_once_open_one_account(api):
    answers = at_once([partial(register, api)] * 10)
    assert {answer.status_code for answer in answers} == {202}
    assert len({str(answer.json()) for answer in answers}) == 1
    assert User.objects.count() == 1


def link_of(person, email=None):
    token = links.make_token(VERIFY_PURPOSE, person.pk, nonce=email or person.email)
    return f"/api/v1/auth/email/verify/{token}/"


def test_reading_the_link_changes_nothing_and_only_a_post_confirms(api):
    person = UserFactory(unverified=True)
    for accept in ("application/json", "text/html"):
        assert api.get(link_of(person), HTTP_ACCEPT=accept).status_code == 200
        assert api.head(link_of(person), HTTP_ACCEPT=accept).status_code in (200, 405)
    person.refresh_from_db()
    assert person.email_verified_at is None
    assert api.post(link_of(person)).status_code == 200
    person.refresh_from_db()
    first = person.email_verified_at
    assert first is not None
    assert api.post(link_of(person)).status_code == 200
    person.refresh_from_db()
    assert person.email_verified_at == first


def test_the_page_confirms_by_a_plain_form_without_script(api):
    person = UserFactory(unverified=True)
    page = api.get(link_of(person), HTTP_ACCEPT="text/html", HTTP_ACCEPT_LANGUAGE="fr")
    html = page.content.decode()
    assert '<html lang="fr">' in html
    assert '<form method="post">' in html
    assert "<script" not in html
    assert (page["Cache-Control"], page["Referrer-Policy"]) == ("no-store", "no-referrer")
    done = api.post(link_of(person), "", content_type="application/x-www-form-urlencoded", HTTP_ACCEPT="text/html")
    assert done.status_code == 200
    assert "<form" not in done.content.decode()
    person.refresh_from_db()
    assert person.email_verified_at is not None


def test_a_link_of_another_person_purpose_or_former_address_confirms_nothing(api):
    person = UserFactory(unverified=True)
    good = link_of(person)
    consent = f"/api/v1/auth/email/verify/{links.make_token('consent', person.pk, nonce=person.email)}/"
    for link in (link_of(person, "old@example.org"), consent, good.replace("verify/", "verify/B"), good[:-9] + "/"):
        for answer in (api.get(link), api.post(link)):
            assert code_of(answer) == (410, "gone")
    person.refresh_from_db()
    assert person.email_verified_at is None
    User.objects.update(is_active=False)
    assert api.post(good).status_code == 410


def test_the_mail_that_confirms_an_address_is_asked_for_again_five_times_a_day(api):
    person = UserFactory(unverified=True)
    client = api.as_(person)
    statuses = [client.post("/api/v1/auth/email/verify/").status_code for _time in range(7)]
    assert statuses == [202] * 5 + [429] * 2
    relay.run()
    links = {re.search(r"/api/v1/auth/email/verify/\S+", message.body).group(0) for message in mail.outbox}
    assert (len(mail.outbox), len(links)) == (5, 1), "one link, which lives"
    assert api.post(links.pop()).status_code == 200
    confirmed = client.post("/api/v1/auth/email/verify/")
    assert (confirmed.status_code, confirmed.json()["code"]) == (409, "already_verified")
