"""What the logs say, and what they never say."""

import io
import json
import logging
import logging.config

import pytest
from django.conf import settings as django_settings
from django.db import IntegrityError

from common import logs
from common.models import uuid7
from missions.services import consents
from tests.support.api import ContractClient
from tests.support.discretion import Discretion
from tests.support.factories import PASSWORD, ConsentFactory, UserFactory
from tests.support.guardians import consent_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def logged():
    """Reads what was logged so far as a machine would get it: the raw text, and its JSON lines."""
    stream = io.StringIO()
    logging.config.dictConfig(logs.logging_settings("INFO", as_json=True))
    console = next(handler for handler in logging.getLogger().handlers if handler.name == "console")
    console.setStream(stream)

    def read():
        text = stream.getvalue()
        return text, [json.loads(line) for line in text.splitlines()]

    yield read
    logging.config.dictConfig(django_settings.LOGGING)


def test_a_request_is_one_line_with_its_route_its_id_and_the_persons(api, logged):
    person = UserFactory()
    answer = api.as_(person).get("/api/v1/me/")
    _text, lines = logged()
    line = next(line for line in lines if line["event"] == "request")
    assert (line["route"], line["status"]) == ("api/v1/me/", 200)
    assert line["request_id"] == answer["X-Request-ID"]
    assert line["person_id"] == str(person.pk)


def test_nothing_personal_and_no_secret_is_logged(api, logged):
    person = UserFactory(last_name="Zwyxenberg")
    pair = api.post("/api/v1/auth/token/", {"email": person.email, "password": PASSWORD}).json()
    api.post("/api/v1/auth/token/", {"email": person.email, "password": "wrong " + PASSWORD})
    api.post("/api/v1/auth/token/refresh/", {"refresh": pair["refresh"]})
    consent = ConsentFactory()
    token = consent_token(consent)
    api.get(f"/api/v1/consents/{token}/")
    api.get(f"/api/v1/consents/{token[:-2]}xx/")
    text, lines = logged()
    assert len(lines) >= 5
    for secret in (person.email, "Zwyxenberg", PASSWORD, pair["access"], pair["refresh"], token[:20]):
        assert secret not in text


def test_an_unhandled_exception_is_logged_by_type_and_place_without_its_words(logged, monkeypatch):
    def explode(token):
        raise IntegrityError("Key (email)=(someone@example.org) already exists.")

    monkeypatch.setattr(consents, "consent_of_token", explode)
    client = ContractClient(raise_request_exception=False)
    answer = client.get("/api/v1/consents/some-secret-token/", HTTP_ACCEPT="application/json")
    assert answer.status_code == 500
    assert answer["Content-Type"] == "application/problem+json"
    text, lines = logged()
    error = next(line for line in lines if line["event"] == "unhandled exception")
    assert error["exception"][0]["exc_type"] == "IntegrityError"
    assert "someone@example.org" not in text
    assert "some-secret-token" not in text


def test_pythons_last_resort_logs_no_secret_path_either(api, capfd):
    consent = ConsentFactory()
    token = consent_token(consent)
    assert api.get(f"/api/v1/consents/{token}/?decision=grant").status_code == 400
    assert api.get(f"/api/v1/consents/{token[:-3]}AA=/").status_code == 410
    out, err = capfd.readouterr()
    assert token[:20] not in out + err


@pytest.mark.parametrize(
    "leak",
    [
        "told someone@example.org",
        "Bearer eyJhbGciOi.eyJzaWQ.c2lnbmF0dXJl",
        "GET /api/v1/consents/AZog1dWc5m-x7Qk0JrmBv3Z2pJ8sYtq0xY4W1uV9aBcDeFgH/",
        "password='cheval agrafe pile'",
        "born 2009-03-08",
        "Zwyxenberg absent",
    ],
)
def test_the_suites_own_watch_finds_what_must_not_be_logged(leak):
    watch = Discretion()
    watch.remember_body({"password": "cheval agrafe pile"})
    UserFactory(last_name="Zwyxenberg", birth_date="2009-03-08")
    watch.emit(logging.makeLogRecord({"name": "elan.test", "msg": f"{uuid7()} 2026-11-24T12:00:00Z"}))
    assert watch.found_in(watch.text.getvalue()) == []
    watch.emit(logging.makeLogRecord({"name": "elan.test", "msg": leak}))
    with pytest.raises(AssertionError, match="logged:"):
        watch.ensure_nothing_personal()
