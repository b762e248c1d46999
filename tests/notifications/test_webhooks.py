"""What a deployment with a mail server of its own tells of mails that came back, signed."""

import hashlib
import hmac
import json
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/webhooks/mail/own/"


@pytest.fixture
def person():
    return UserFactory(email_verified_at=timezone.now() - timedelta(days=3))


def tell(api, body, *, secret="provider:a-secret-of-both", at=None, sent=None, header=""):
    raw = json.dumps(body).encode()
    seconds = int((at or timezone.now()).timestamp())
    signed = hmac.new(secret.encode(), f"{seconds}.".encode() + raw, hashlib.sha256).hexdigest()
    proof = header or f"Elan-HMAC-SHA256 t={seconds},v1={signed}"
    return api.generic(
        "POST", URL, sent or raw, content_type="application/json", HTTP_AUTHORIZATION=proof
    ).status_code


def state(person):
    person.refresh_from_db()
    return person.email_state


@pytest.mark.parametrize("at", ["2026-11-18T12:00:00Z", "soon", "2026-13-45T00:00:00Z", "2026-11-18T12:00:00", None, 7])
def test_a_signed_event_says_which_address_takes_no_mail(api, person, at):
    with time_machine.travel("2026-11-18T13:00:00Z"):
        person.email_verified_at = timezone.now() - timedelta(days=2)
        person.save(update_fields=["email_verified_at"])
        assert tell(api, [{"address": person.email.upper(), "at": at}, {"address": 7}, {}, 8]) == 204
    assert state(person) == "bouncing"


def test_what_is_not_signed_with_the_secret_changes_nothing(api, person, settings):
    body = {"address": person.email}
    assert tell(api, body, secret="another") == 401
    assert tell(api, {"address": "nobody@example.org"}, sent=json.dumps(body).encode()) == 401
    for header in ("Elan-HMAC-SHA256", "Elan-HMAC-SHA256 t=1,v1=", "Elan-HMAC-SHA256 t=é,v1=" + "a" * 64):
        assert tell(api, body, header=header) == 401
    settings.MAIL_WEBHOOK_SECRET = ""
    assert tell(api, body, secret="") == 401
    assert state(person) == "confirmed"


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_signature_of_another_time_is_none(api, person, minutes):
    assert tell(api, {"address": person.email}, at=timezone.now() + timedelta(minutes=minutes)) == 401
    assert tell(api, {"address": person.email}, at=timezone.now() + timedelta(minutes=minutes * 2 // 3)) == 204
