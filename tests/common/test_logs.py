"""What the logs say, and what they never say."""

import io
import json
import logging
import logging.config
from datetime import datetime, timedelta

import pytest
import structlog
import time_machine
from django.conf import settings as django_settings
from django.db import IntegrityError
from django.utils import timezone

from common import logs
from common.models import uuid7
from consents.services import consents
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
    said_at = datetime.fromisoformat(line["timestamp"])
    assert line["timestamp"].endswith("Z")
    assert abs(timezone.now() - said_at) < timedelta(minutes=1)


@pytest.mark.parametrize("as_json", [True, False])
def test_the_short_way_of_the_requests_line_writes_what_the_long_one_does(as_json):
    stream = io.StringIO()
    logging.config.dictConfig(logs.logging_settings("INFO", as_json=as_json))
    console = next(handler for handler in logging.getLogger().handlers if handler.name == "console")
    console.setStream(stream)
    facts = {"method": "GET", "route": None, "status": 200, "duration_ms": 1.5}
    with time_machine.travel(timezone.now(), tick=False), structlog.contextvars.bound_contextvars(request_id="r"):
        structlog.get_logger("elan.request").info("request", **facts)
        logs.write_line(logging.getLogger("elan.request"), "request", **facts)
    logging.config.dictConfig(django_settings.LOGGING)
    long_way, short_way = stream.getvalue().splitlines()
    assert short_way == long_way


def test_a_level_above_info_keeps_the_requests_line_away(api, logged):
    logger = logging.getLogger("elan.request")
    logger.setLevel("WARNING")
    api.get("/api/v1/missions/")
    logger.setLevel("NOTSET")
    assert logged() == ("", [])


def test_a_refused_sign_in_and_a_refused_right_are_lines_with_their_status(api, logged):
    person = UserFactory()
    api.post("/api/v1/auth/token/", {"email": person.email, "password": "wrong " + PASSWORD})
    api.as_(person).post("/api/v1/classes/")
    _text, lines = logged()
    seen = [(line["route"], line["status"], line.get("person_id")) for line in lines if line["event"] == "request"]
    assert seen == [("api/v1/auth/token/", 401, None), ("api/v1/classes/", 403, str(person.pk))]


def test_what_is_logged_begins_no_line_of_its_own(logged):
    logging.getLogger("elan.test").warning("a word\n%s", '{"event": "request"}\r\nforged')
    text, lines = logged()
    assert (len(text.splitlines()), len(lines)) == (1, 1)
    assert lines[0]["event"] == 'a word\n{"event": "request"}\r\nforged'


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
