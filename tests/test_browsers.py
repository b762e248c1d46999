"""What a browser is told with each answer, and what it can never be made to do with people's words."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.factories import PASSWORD, ConsentFactory, UserFactory
from tests.support.guardians import decision_path
from tests.support.world import API

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "accept"),
    [
        (f"{API}missions/", "application/json"),
        (f"{API}me/", "application/json"),
        (f"{API}nothing/", "application/json"),
        (f"{API}consents/none/", "text/html"),
        (f"{API}docs/", "text/html"),
        ("/admin/login/", "text/html"),
    ],
)
def test_every_answer_tells_a_browser_how_to_treat_it(client, path, accept):
    answer = client.get(path, HTTP_ACCEPT=accept)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] in ("same-origin", "no-referrer")
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]


@pytest.mark.django_db
def test_no_other_origin_is_let_in(client):
    for send in (client.get, client.options):
        answer = send(
            f"{API}missions/", HTTP_ORIGIN="https://elsewhere.example", HTTP_ACCESS_CONTROL_REQUEST_METHOD="GET"
        )
        assert [name for name in answer.headers if name.lower().startswith("access-control-")] == []


@pytest.mark.django_db
def test_a_name_in_markup_is_shown_as_text(api):
    consent = ConsentFactory(guardian__student__first_name="<img src=x onerror=alert(1)>")
    html = api.get(decision_path(consent), HTTP_ACCEPT="text/html").content.decode()
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html


@pytest.mark.django_db
def test_a_password_is_taken_as_it_is(api):
    password = f" {PASSWORD} É "
    person = UserFactory(password=password)
    answers = {
        sent: api.post(f"{API}auth/token/", {"email": person.email, "password": sent}).status_code
        for sent in (password, password.strip(), password.lower(), password[:-3])
    }
    assert answers.pop(password) == 200
    assert set(answers.values()) == {401}


@pytest.mark.django_db
def test_the_cookies_of_the_pages_are_of_this_host_alone_and_out_of_reach_of_others(client, settings):
    assert settings.BEHIND_TLS, "the tests run as a deployment does"
    person = UserFactory(is_staff=True, is_superuser=True)
    client.get("/admin/login/", secure=True)
    client.post("/admin/login/", {"username": person.email, "password": PASSWORD}, secure=True)
    paths = {"__Host-csrftoken": "/", "__Host-sessionid": "/", "__Secure-elan-device": "/admin/"}
    assert {name: cookie["path"] for name, cookie in client.cookies.items()} == paths
    for cookie in client.cookies.values():
        assert (bool(cookie["secure"]), cookie["samesite"], cookie["domain"]) == (True, "Lax", "")
    assert client.cookies["__Secure-elan-device"]["httponly"]
    assert client.cookies["__Host-sessionid"]["httponly"]


def test_behind_tls_the_deployment_check_is_silent():
    env = {
        **os.environ,
        "BEHIND_TLS": "1",
        "DEMO": "0",
        "SECRET_KEY": "only-for-this-test-Az09-" * 3,
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
