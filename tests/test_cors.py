"""Apps in browsers: the origins of CORS_ORIGINS may call the API and read its answers, and nobody else's page may."""

import os
import re
import subprocess
import sys

import pytest
from django.test import Client
from django.urls import path

from config import urls as product
from tests.support.factories import UserFactory
from tests.support.hostile import OPERATIONS
from tests.support.processes import ROOT
from tests.support.world import API

APP = "https://app.elan.example"
ELSEWHERE = "https://elsewhere.example"
MISSIONS = f"{API}missions/"


def broken(request):
    raise RuntimeError("broken")


urlpatterns = [path("api/v1/broken/", broken), *product.urlpatterns]
handler400, handler404, handler500 = product.handler400, product.handler404, product.handler500


@pytest.fixture(autouse=True)
def opened(settings):
    settings.CORS_ALLOWED_ORIGINS = [APP]


def preflight(client, address, method="GET", headers="authorization", origin=APP):
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return client.options(address, headers=asked)


def of_cors(answer):
    return {name for name in answer.headers if name.lower().startswith("access-control-")}


def listed(answer, name):
    return {value.strip().lower() for value in answer[f"Access-Control-{name}"].split(",")}


def varies_by(answer):
    """By what its words are others; long ones are compressed for those who ask, whoever they are."""
    return {name.strip().lower() for name in answer["Vary"].split(",")} - {"accept-encoding"}


@pytest.mark.django_db
def test_a_listed_origin_reads_what_the_api_answers(api):
    answer = api.as_(UserFactory()).get(f"{API}me/", headers={"Origin": APP})
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (200, APP)
    assert "Access-Control-Allow-Credentials" not in answer
    assert {"etag", "retry-after", "idempotency-replayed", "content-disposition", "x-request-id"} <= listed(
        answer, "Expose-Headers"
    )
    assert varies_by(answer) == {"accept-language", "origin"}


@pytest.mark.parametrize(
    "origin", [ELSEWHERE, "null", f"{APP}.elsewhere.example", f"{APP}:8443", "http://app.elan.example", "https://["]
)
@pytest.mark.django_db
def test_another_origin_is_given_nothing(client, origin):
    for answer in (client.get(MISSIONS, headers={"Origin": origin}), preflight(client, MISSIONS, origin=origin)):
        assert (answer.status_code, of_cors(answer)) == (200, set())
        assert "origin" in varies_by(answer)


@pytest.mark.django_db
def test_an_answer_that_a_cache_may_keep_says_that_origins_get_different_ones(client):
    tag = client.get(MISSIONS)["ETag"]
    for headers in ({}, {"Origin": APP}, {"If-None-Match": tag}, {"Origin": APP, "If-None-Match": tag}):
        answer = client.get(MISSIONS, headers=headers)
        assert "origin" in varies_by(answer), headers
        assert ("Access-Control-Allow-Origin" in answer) == ("Origin" in headers), headers


@pytest.mark.django_db
def test_a_refusal_can_be_read_wherever_it_comes_from(api, client):
    by_status = {
        401: client.get(f"{API}me/", headers={"Origin": APP}),
        404: client.get(f"{API}nothing/", headers={"Origin": APP}),
        405: client.patch(f"{API}app-config/", headers={"Origin": APP}),
        411: client.post(f"{API}auth/token/", headers={"Origin": APP, "Transfer-Encoding": "chunked"}),
        413: client.post(f"{API}auth/token/", f'"{"x" * 1_000_001}"', "application/json", headers={"Origin": APP}),
        415: client.post(f"{API}auth/token/", "{}", "application/json; charset=utf-16", headers={"Origin": APP}),
        426: client.get(MISSIONS, headers={"Origin": APP, "App-Version": "0.0.1"}),
        428: api.as_(UserFactory()).post(f"{API}devices/", {}, headers={"Origin": APP}),
    }
    for status, answer in by_status.items():
        assert answer["Content-Type"] == "application/problem+json", status
        assert answer["Access-Control-Allow-Origin"] == APP, status
        assert "retry-after" in listed(answer, "Expose-Headers"), status
    assert {status: answer.status_code for status, answer in by_status.items()} == {
        status: 400 if status == 428 else status for status in by_status
    }
    unknown_host = client.get(MISSIONS, headers={"Origin": APP, "Host": "elsewhere.example"})
    assert (unknown_host.json()["code"], unknown_host["Access-Control-Allow-Origin"]) == ("unknown_host", APP)


@pytest.mark.urls(__name__)
def test_a_fault_of_ours_can_be_read(client):
    client.raise_request_exception = False
    answer = client.get(f"{API}broken/", headers={"Origin": APP})
    assert (answer.status_code, answer.json()["code"]) == (500, "server_error")
    assert answer["Access-Control-Allow-Origin"] == APP


def test_a_preflight_lets_through_every_method_and_header_of_the_contract(client):
    headers = {
        parameter["name"].lower()
        for operation in OPERATIONS.values()
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "header"
    }
    assert headers == {"idempotency-key", "if-match"}
    headers |= {"authorization", "content-type", "accept-language", "app-version", "if-none-match"}
    answer = preflight(client, MISSIONS, "PUT", ",".join(sorted(headers)))
    assert (answer.status_code, answer.content, answer["Access-Control-Allow-Origin"]) == (200, b"", APP)
    assert headers <= listed(answer, "Allow-Headers")
    assert listed(answer, "Allow-Methods") >= {key.split()[0].lower() for key in OPERATIONS}
    assert answer["Access-Control-Max-Age"] == "7200"


# Without a database at hand: a query would fail the test.
def test_a_preflight_asks_the_database_nothing_and_no_throttle(client):
    for address in (MISSIONS, f"{API}me/", f"{API}auth/token/", f"{API}nothing/"):
        assert preflight(client, address, "POST").status_code == 200


@pytest.mark.django_db
def test_pages_and_the_admin_are_open_to_no_other_origin(client):
    for address in ("/admin/login/", f"{API}docs/", f"{API}consents/none/", "/", "/livez", "/static/nothing.css"):
        answer = client.get(address, headers={"Origin": APP, "Accept": "text/html"})
        assert of_cors(answer) == set(), address
    for address in ("/admin/login/", "/livez", "/"):
        assert of_cors(preflight(client, address)) == set(), address


@pytest.mark.django_db
def test_without_an_origin_in_the_setting_nothing_is_said(settings, client):
    settings.CORS_ALLOWED_ORIGINS = []
    for answer in (client.get(MISSIONS, headers={"Origin": APP}), preflight(client, MISSIONS)):
        assert of_cors(answer) == set()
        assert varies_by(answer) == {"accept-language"}
    assert preflight(client, MISSIONS).status_code == 405


def test_every_header_that_the_views_set_for_an_app_is_exposed(settings):
    texts = "".join(
        file.read_text() for room in settings.INSTALLED_APPS for file in (ROOT / room / "api").rglob("*.py")
    )
    set_there = re.findall(r"(?:response|answer|headers)\[\"([A-Z][\w-]+)\"\] = |[{ ]\"([A-Z]\w+-[\w-]+)\": ", texts)
    names = {name.lower() for pair in set_there for name in pair if name}
    # A browser reads these for itself, or shows them to every page.
    names -= {"content-security-policy", "x-content-type-options", "cache-control", "content-type", "content-language"}
    names -= {"referrer-policy", "x-robots-tag", "www-authenticate"}
    # The field of a form (RFC 8058).
    names -= {"list-unsubscribe"}
    assert names - {name.lower() for name in settings.CORS_EXPOSE_HEADERS} == set()
    assert "etag" in names


def start(origins):
    """What `manage.py check` says to that setting."""
    env = {**os.environ, "CORS_ORIGINS": origins, "SECRET_KEY": "only-for-this-test"}
    command = [sys.executable, "-c", "from config import settings; print(*settings.CORS_ALLOWED_ORIGINS)"]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_origins_are_separated_by_commas():
    said = start(f"{APP}, http://localhost:5173,capacitor://localhost")
    assert said.stdout.split() == [APP, "http://localhost:5173", "capacitor://localhost"]


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "null",
        "app.elan.example",
        f"{APP}/",
        f"{APP}/app",
        "https://App.elan.example",
        "https://*.elan.example",
        "https://élan.example",
        f"{APP}:443",
        "https://app.elan.example:99999",
        "http://app.elan.example",
        "https://someone:word@app.elan.example",
        f"{APP};{ELSEWHERE}",
    ],
)
def test_what_no_browser_would_ever_send_or_nobody_should_open_is_refused_at_start(origin):
    said = start(f"{APP},{origin}")
    assert said.returncode == 1
    last = said.stderr.strip().splitlines()[-1]
    assert f"CORS_ORIGINS: {origin!r} is no origin that can be opened." in last
    assert "https://app.example.org" in last


def test_the_tests_run_closed_as_a_deployment_does_by_default():
    assert start("").stdout.split() == []
    assert Client().options(MISSIONS).status_code == 405
