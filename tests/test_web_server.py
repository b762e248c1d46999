"""A request that the web server itself refuses gets a problem like any other: real sockets against a real gunicorn."""

import json
import os
import signal
import socket
from http.client import HTTPResponse
from urllib.parse import urlsplit

import pytest

from accounts.models import User
from engagement.models import Evidence
from tests.support.api import bearer
from tests.support.factories import PICTURE, HourEntryFactory
from tests.support.patience import PATIENCE_SECONDS, wait_until
from tests.support.processes import LISTENERS, children_of, environment, is_ready, running_api

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

SECRET = "a-secret-in-a-line-nobody-can-read"
TLS = b"X-Forwarded-Proto: https\r\n"
HOST = b"Host: 127.0.0.1\r\n" + TLS
REGISTER = b"POST /api/v1/auth/register/ HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
BODY = json.dumps(
    {"email": "ana@example.org", "password": "quatre mots pour entrer", "first_name": "Ana", "last_name": "Lima",
     "birth_date": "1990-01-01"}
).encode()  # fmt: skip
REFUSED = {
    "no request": (b"\x16\x03\x01\x02\x00 TLS to a plain port\r\n\r\n", 400, "request_unreadable"),
    "no version": (b"GET /api/v1/missions/\r\n\r\n", 400, "request_unreadable"),
    "a version of its own": (b"GET / HTTP/9.9\r\n\r\n", 400, "request_unreadable"),
    "a method of its own": (b"G\x00T / HTTP/1.1\r\n" + HOST + b"\r\n", 400, "request_unreadable"),
    "a header without a name": (b"GET / HTTP/1.1\r\n: " + SECRET.encode() + b"\r\n\r\n", 400, "request_unreadable"),
    "a header with NUL": (b"GET / HTTP/1.1\r\nX-A: " + SECRET.encode() + b"\x00\r\n\r\n", 400, "request_unreadable"),
    "a folded header": (b"GET / HTTP/1.1\r\nX-A: b\r\n c\r\n\r\n", 400, "request_unreadable"),
    "two lengths": (REGISTER + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}", 400, "request_unreadable"),
    "a length that is none": (REGISTER + b"Content-Length: +2\r\n\r\n{}", 400, "request_unreadable"),
    "chunks and a length": (
        REGISTER + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n", 400, "request_unreadable"
    ),
    "an unknown coding": (REGISTER + b"Transfer-Encoding: rot13\r\n\r\n", 400, "request_unreadable"),
    "an unknown expectation": (REGISTER + b"Expect: rain\r\nContent-Length: 2\r\n\r\n{}", 400, "request_unreadable"),
    "a long address": (b"GET /api/v1/?q=" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", 414, "address_too_long"),
    "a long header": (b"GET / HTTP/1.1\r\nX-A: " + b"a" * 9000 + b"\r\n\r\n", 431, "headers_too_large"),
    "many headers": (b"GET / HTTP/1.1\r\n" + b"X-A: b\r\n" * 200 + b"\r\n", 431, "headers_too_large"),
    "a body in chunks": (
        REGISTER + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY),
        411,
        "length_required",
    ),
    "half a body": (REGISTER + b"Content-Length: %d\r\n\r\n%b" % (len(BODY) + 5, BODY), 400, "body_incomplete"),
    "another host": (b"GET /api/v1/missions/ HTTP/1.1\r\nHost: evil.example\r\n" + TLS + b"\r\n", 400, "unknown_host"),
    "no host": (b"GET /api/v1/missions/ HTTP/1.1\r\nHost: \r\n" + TLS + b"\r\n", 400, "unknown_host"),
}  # fmt: skip


def ask(address, sent):
    """What is answered to these bytes, after which nothing more is sent."""
    with socket.create_connection((address.hostname, address.port), timeout=PATIENCE_SECONDS) as line:
        line.sendall(sent)
        line.shutdown(socket.SHUT_WR)
        answer = HTTPResponse(line)
        answer.begin()
        return answer, json.loads(answer.read())


def test_what_cannot_be_read_is_a_problem_in_french_and_does_nothing(tmp_path):
    with running_api(environment(tmp_path, BEHIND_TLS="1")) as (api, _master):
        for name, (sent, status, code) in REFUSED.items():
            answer, problem = ask(urlsplit(api), sent)
            assert (answer.status, problem["code"]) == (status, code), (name, problem)
            assert answer.headers["Content-Type"] == "application/problem+json", name
            assert answer.headers["Content-Language"] == "fr", name
            assert answer.headers["X-Content-Type-Options"] == "nosniff", name
            assert problem["request_id"] == answer.headers["X-Request-ID"], name
            assert (problem["status"], bool(problem["title"] and problem["detail"])) == (status, True), name
            assert SECRET not in json.dumps(problem), name
        assert not User.objects.exists()
        # The same server, after all that, answers as ever: and what was whole is done.
        sent = REGISTER + b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n%b" % (len(BODY), BODY)
        assert ask(urlsplit(api), sent)[0].status in (201, 202)
        assert User.objects.filter(email="ana@example.org").exists()


def test_half_an_upload_is_kept_nowhere(tmp_path):
    entry = HourEntryFactory()
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n' + PICTURE
    head = f"POST /api/v1/hour-entries/{entry.pk}/evidence/ HTTP/1.1\r\nIdempotency-Key: k\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in bearer(entry.record.person).items())
    kind = b"Content-Type: multipart/form-data; boundary=b\r\n"
    with running_api(environment(tmp_path)) as (api, _master):
        for end, missing, expected in ((b"", 9, (400, "body_incomplete")), (b"\r\n--b--\r\n", 0, (201, None))):
            length = b"Content-Length: %d\r\n\r\n" % (len(part + end) + missing)
            answer, body = ask(urlsplit(api), head.encode() + HOST + kind + length + part + end)
            assert (answer.status, body.get("code")) == expected, body
    assert Evidence.objects.count() == 1


def test_every_line_stays_json_after_a_reload_a_reopening_and_a_worker_that_was_killed(tmp_path, monkeypatch):
    said: list[str] = []
    monkeypatch.setattr("tests.support.processes.LISTENERS", [*LISTENERS, said.append])
    env = environment(tmp_path, LOG_JSON="1", LOG_LEVEL="INFO")
    with running_api(env, log_level="info") as (api, master):

        def is_replaced(before):
            return (now := children_of(master)) and not set(before) & set(now) and is_ready(api)

        before = children_of(master)
        os.kill(master, signal.SIGHUP)
        assert wait_until(lambda: is_replaced(before))
        os.kill(master, signal.SIGUSR1)
        before = children_of(master)
        os.kill(before[0], signal.SIGKILL)
        assert wait_until(lambda: is_replaced(before))
        with socket.create_connection((urlsplit(api).hostname, urlsplit(api).port)) as line:
            line.sendall(b"GET /api/v1/app-config/ HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n")
            assert line.recv(100).startswith(b"HTTP/1.1 200")
    lines = [json.loads(line) for line in said[0].splitlines()]
    events = [line["event"] for line in lines]
    assert all({"logger", "level", "timestamp"} <= set(line) for line in lines)
    for event in ("Handling signal: hup", "Handling signal: usr1", "request"):
        assert event in events
    assert any(event.startswith("Worker exiting") for event in events)
    assert any("SIGKILL" in event for event in events)
