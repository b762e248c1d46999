"""A way in that nobody can close: a mailed link that lets a device in, over the API and at the admin's door."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.device_cookie import cookie_name
from accounts.models import Invitation
from accounts.notices import INVITATION_PURPOSE
from common import links
from notifications import relay
from tests.support.api import ContractClient
from tests.support.factories import PASSWORD, ClassGroupFactory, OrganizationFactory, UserFactory
from tests.support.signing_in import HOME, at_the_door, hammer, sign_in

pytestmark = pytest.mark.django_db

ASK = "/api/v1/auth/sign-in-link/"
FORM = "application/x-www-form-urlencoded"
ATTACKER = "198.51.100.7"


def ask(person, address=HOME, **more):
    return ContractClient().post(ASK, {"email": person.email, **more}, REMOTE_ADDR=address)


def links_to(person):
    """The paths of the links that arrived so far, oldest first."""
    relay.run()
    bodies = [message.body for message in mail.outbox if message.to == [person.email]]
    return re.findall(r"https?://[^/]+(/api/v1/auth/sign-in-link/\S+)", "\n".join(bodies))


def test_a_new_phone_of_a_person_under_attack_comes_in_by_the_link(api):
    person = UserFactory()
    hammer(person)
    refused = sign_in(person)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_attempts")
    assert ask(person).status_code == 202
    [link] = links_to(person)
    shown = api.get(link).json()
    assert (shown["email"], shown["is_done"], shown["device_key"]) == (person.email, False, "")
    assert sign_in(person).status_code == 429  # a GET admits nobody
    key = api.post(link).json()["device_key"]
    assert sign_in(person, device_key=key, password="not the password").status_code == 401
    hammer(person)
    assert sign_in(person, device_key=key).status_code == 200


def test_the_answer_and_the_work_are_the_same_whoever_has_the_address(api):
    known, gone = UserFactory(), UserFactory(is_active=False)
    answers = []
    ask(UserFactory.build(), "127.0.0.1")  # the place is counted from here on
    for email in (known.email, gone.email, "nobody-here@example.org"):
        for _time in range(3):
            with CaptureQueriesContext(connection) as queries:
                answer = api.post(ASK, {"email": email})
            answers.append((_time, answer.status_code, answer.content, len(queries)))
    assert len(set(answers)) == 3, answers
    relay.run()
    assert [message.to for message in mail.outbox] == [[known.email]] * 2


def test_others_requests_neither_fill_the_mailbox_nor_eat_ones_own():
    person = UserFactory()
    for _time in range(30):
        assert ask(person, ATTACKER).status_code == 202
    assert len(links_to(person)) == 2
    ask(person)
    assert len(links_to(person)) == 3  # one's own
    for number in range(30):
        ask(person, f"203.0.113.{number}")
    assert len(links_to(person)) == 4


def test_whoever_is_refused_a_mail_has_a_link_that_opens_in_their_mailbox(api):
    """At any minute of an attack from many places."""
    person, start = UserFactory(), timezone.now()
    for minute in range(0, 130, 13):
        with time_machine.travel(start + timedelta(minutes=minute), tick=False):
            for number in range(3):
                ask(person, f"203.0.113.{number}")
            ask(person)
            newest = links_to(person)[-4:]
            assert 200 in [api.get(link).status_code for link in newest], minute
    assert len(links_to(person)) <= 4 * 5


def test_a_link_lives_thirty_minutes_even_if_another_is_asked_for_and_a_new_password_ends_it(api):
    person, start = UserFactory(), timezone.now()
    ask(person)
    [first] = links_to(person)
    with time_machine.travel(start + timedelta(minutes=29), tick=False):
        ask(person, ATTACKER)
        second = links_to(person)[-1]
        assert [api.get(link).status_code for link in (first, second)] == [200, 200]
        assert api.post(first).json() == api.post(first).json()  # a lost answer
    with time_machine.travel(start + timedelta(minutes=32), tick=False):
        assert [api.get(link).status_code for link in (first, second)] == [410, 200]
        person.set_password("une autre phrase de passe")
        person.save()
        assert api.post(second).status_code == 410


def test_a_suspended_person_is_let_in_by_no_link(api):
    person = UserFactory()
    ask(person)
    [link] = links_to(person)
    type(person).objects.filter(pk=person.pk).update(suspended_at=timezone.now())
    assert api.post(link).status_code == 410


def test_one_place_asks_for_so_many_mailboxes_only():
    statuses = [ask(person, ATTACKER).status_code for person in UserFactory.build_batch(62)]
    assert statuses == [202] * 60 + [429] * 2
    assert ask(UserFactory()).status_code == 202


def test_ones_own_session_changes_the_password_under_attack():
    person = UserFactory()
    phone = ContractClient().as_(person)
    hammer(person)
    body = {"current_password": PASSWORD, "new_password": "une autre phrase de passe"}
    assert phone.post("/api/v1/auth/password/change/", body).status_code == 200


def test_the_region_enters_the_admin_under_attack_by_the_link_of_its_form(client):
    region = UserFactory(region=True)
    hammer(region)
    assert not at_the_door(client, region)
    page = client.get("/admin/login/").text
    [way_in] = re.findall(r'href="(/admin/sign-in-link/)"', page)
    assert "<script" not in client.get(way_in).text.split("<form")[1]
    asked = client.post(way_in, {"email": region.email}, REMOTE_ADDR=HOME)
    assert (asked.status_code, "30" in asked.text) == (200, True)
    [link] = links_to(region)
    shown = client.get(link, HTTP_ACCEPT="text/html")
    assert region.email in shown.text
    assert "<script" not in shown.text
    assert not at_the_door(client, region)
    admitted = client.post(link, "", content_type=FORM, HTTP_ACCEPT="text/html")
    assert 'href="/admin/login/"' in admitted.text
    cookie = admitted.cookies[cookie_name()]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/admin/")
    assert not at_the_door(client, region, "not the password")
    assert at_the_door(client, region)


def test_a_browser_that_was_in_is_shut_out_by_nobody(client):
    region = UserFactory(region=True)
    assert at_the_door(client, region)
    client.post("/admin/logout/")
    hammer(region)
    assert at_the_door(client, region)
    assert not at_the_door(Client(), region)


def test_the_admins_form_says_the_same_whoever_has_the_address(client):
    known = client.post("/admin/sign-in-link/", {"email": UserFactory(region=True).email})
    unknown = client.post("/admin/sign-in-link/", {"email": "nobody-here@example.org"})
    assert known.text == unknown.text


@pytest.mark.parametrize(("language", "said"), [("fr", "Recevoir le lien"), ("en", "Mail me the link")])
def test_the_admins_form_speaks_french_and_english_and_wants_its_csrf_token(language, said):
    client = Client(enforce_csrf_checks=True)
    assert said in client.get("/admin/sign-in-link/", HTTP_ACCEPT_LANGUAGE=language).text
    assert client.post("/admin/sign-in-link/", {"email": "x@example.org"}).status_code == 403


def test_an_invited_person_under_attack_joins_by_their_link(api):
    organization = OrganizationFactory()
    invitation = Invitation.objects.create(
        email="invitee@example.org",
        kind="organization_member",
        target_id=organization.pk,
        target_name=organization.name,
        role="coordinator",
        expires_at=timezone.now() + timedelta(days=1),
    )
    hammer(invitation)
    path = f"/api/v1/invitations/{links.make_token(INVITATION_PURPOSE, invitation.pk)}/"
    body = {"first_name": "Nina", "last_name": "Lys", "password": "cinq chevaux jaunes dorment"}
    assert api.post(path, body).status_code == 200


def test_a_student_under_attack_joins_a_class_with_the_key_of_their_device(api):
    student = UserFactory(aged_17=True)
    key = sign_in(student).json()["device_key"]
    hammer(student)
    join = {
        "join_code": ClassGroupFactory().join_code,
        "email": student.email,
        "password": PASSWORD,
        "first_name": student.first_name,
        "last_name": student.last_name,
        "birth_date": str(student.birth_date),
    }
    assert api.post("/api/v1/classes/join/", join).status_code == 429
    assert api.post("/api/v1/classes/join/", {**join, "device_key": key}).status_code == 202
