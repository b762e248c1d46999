"""A phone is pushed to as long as the sign-in that registered it lasts, over HTTP."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts import sessions, tasks
from accounts.models import DeviceSession, User
from notifications import expansion, outbox, push, relay
from notifications.models import Device
from tests.support.api import ContractClient
from tests.support.factories import PASSWORD, UserFactory
from tests.support.notices import notice

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "une autre phrase de passe"


class Phone:
    """A phone on which somebody signs in and registers for pushes."""

    def __init__(self, person, token):
        self.token = token
        answer = ContractClient().post("/api/v1/auth/token/", {"email": person.email, "password": PASSWORD})
        self.refresh = answer.json()["refresh"]
        self.use(answer.json()["access"])
        assert self.client.post("/api/v1/devices/", {"platform": "ios", "token": token}).status_code == 201
        self.session = DeviceSession.objects.latest("id")

    def use(self, access):
        self.client = ContractClient()
        self.client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")


@pytest.fixture
def person():
    return UserFactory()


@pytest.fixture
def phones(person):
    return Phone(person, "mine"), Phone(person, "other")


@pytest.fixture
def pushed(settings, monkeypatch, person):
    """Tells the person something and answers the phones that showed it."""
    settings.FCM_CREDENTIALS_FILE = "/nowhere.json"
    received = []
    monkeypatch.setattr(push, "send", lambda message: received.append(message.token))

    def tell():
        received.clear()
        outbox.publish(lambda _about: notice(), person, to=person, occasion=outbox.occasion_of(timezone.now()))
        relay.run()
        return sorted(received)

    return tell


def test_signing_out_ends_the_pushes_to_that_phone_alone(phones, pushed):
    mine, _other = phones
    assert pushed() == ["mine", "other"]
    assert mine.client.post("/api/v1/auth/token/revoke/").status_code == 204
    assert pushed() == ["other"]


def test_a_session_ended_from_elsewhere_ends_the_pushes_to_its_phone(phones, pushed):
    mine, other = phones
    assert other.client.delete(f"/api/v1/auth/sessions/{mine.session.pk}/").status_code == 204
    assert pushed() == ["other"]


def test_a_new_password_silences_every_phone_but_the_one_that_changed_it(phones, pushed):
    mine, _other = phones
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    mine.use(mine.client.post("/api/v1/auth/password/change/", body).json()["access"])
    assert pushed() == ["mine"]
    assert mine.client.post("/api/v1/auth/token/revoke/").status_code == 204
    assert pushed() == []


def test_being_signed_out_everywhere_silences_every_phone(person, phones, pushed):
    sessions.revoke_all(person)
    assert pushed() == []
    assert not Device.objects.exists()


def test_a_stolen_refresh_token_ends_the_pushes_with_its_session(phones, pushed):
    mine, _other = phones
    url, token = "/api/v1/auth/token/refresh/", mine.refresh
    successor = ContractClient().post(url, {"refresh": token}).json()["refresh"]
    ContractClient().post(url, {"refresh": successor})
    assert ContractClient().post(url, {"refresh": token}).status_code == 401
    assert pushed() == ["other"]


def test_a_session_whose_time_is_over_ends_its_pushes(phones, pushed):
    mine, _other = phones
    DeviceSession.objects.filter(pk=mine.session.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    for _time in range(2):
        tasks.end_expired_sessions()
    assert pushed() == ["other"]


def test_a_suspended_person_is_pushed_nothing_even_what_was_on_its_way_and_again_once_restored(person, phones, pushed):
    User.objects.update(suspended_at=timezone.now())
    assert pushed() == []
    User.objects.update(suspended_at=None)
    outbox.publish(lambda _about: notice(), person, to=person, occasion="expanded")
    expansion.expand_due()
    User.objects.update(suspended_at=timezone.now())
    assert pushed() == []
    User.objects.update(suspended_at=None)
    assert pushed() == ["mine", "other"]


def test_a_phone_that_registers_again_belongs_to_the_newest_session(person, phones, pushed):
    mine, _other = phones
    newer = Phone(person, "mine")
    mine.client.post("/api/v1/auth/token/revoke/")
    assert pushed() == ["mine", "other"]
    newer.client.post("/api/v1/auth/token/revoke/")
    assert pushed() == ["other"]


def test_sessions_that_still_live_are_left_alone(phones):
    with time_machine.travel(timezone.now() + timedelta(days=29), tick=False):
        tasks.end_expired_sessions()
    assert Device.objects.count() == 2
