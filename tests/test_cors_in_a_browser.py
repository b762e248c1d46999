"""A real browser: an app on another origin makes its calls when it is listed, and none of them when it is not."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher

from tests.support.factories import PASSWORD, UserFactory
from tests.support.patience import PATIENCE_SECONDS
from tests.support.processes import environment, running_api

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

# What an app does: signs in, writes hours, edits the version it read, learns why a stale edit is refused, sends a
# photo and takes it back. It reads headers and bodies as a browser lets it.
APP = """async ([api, email, password]) => {
  const at = (path) => `${api}/api/v1/${path}`;
  const sent = (method, body, headers = {}) => ({
    method, body: JSON.stringify(body), headers: { "Content-Type": "application/json", ...headers },
  });
  const wrong = await fetch(at("auth/token/"), sent("POST", { email, password: "x" }, { "App-Version": "9.0.0" }));
  const refused = { status: wrong.status, code: (await wrong.json()).code, request: wrong.headers.get("X-Request-ID") };
  const token = await (await fetch(at("auth/token/"), sent("POST", { email, password }))).json();
  const mine = { Authorization: `Bearer ${token.access}`, "Accept-Language": "en" };

  const entry = at(`hour-entries/${crypto.randomUUID()}/`);
  const began = Date.now() - 72 * 3600_000;
  const hours = {
    started_at: new Date(began).toISOString(), ended_at: new Date(began + 7200_000).toISOString(),
    title: "Tri de dons", domain: "humanitaire",
    organization_name: "Les Voisins", tutor_name: "Jo", tutor_email: "jo@voisins.example",
  };
  const put = (body, tag) => fetch(entry, sent("PUT", body, { ...mine, ...(tag ? { "If-Match": tag } : {}) }));
  const made = await put(hours);
  const tag = made.headers.get("ETag");
  const edited = await put({ ...hours, title: "Tri de vêtements" }, tag);
  const stale = await put({ ...hours, title: "Autre" }, tag);
  const read = await fetch(entry, { headers: mine });
  const seen = await fetch(entry, { headers: { ...mine, "If-None-Match": read.headers.get("ETag") } });

  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 40;
  canvas.getContext("2d").fillRect(0, 0, 20, 20);
  const form = new FormData();
  form.set("file", await new Promise((done) => canvas.toBlob(done, "image/jpeg")), "photo.jpg");
  const key = { "Idempotency-Key": "0193a6c2-7a1e-7c3b-9d54-2f8e6b1a4c70" };
  const upload = await fetch(`${entry}evidence/`, { method: "POST", body: form, headers: { ...mine, ...key } });
  const kept = await upload.json();
  const photo = await fetch(at(`evidence/${kept.id}/`), { headers: mine });
  const bytes = new Uint8Array(await photo.arrayBuffer());
  const device = sent("POST", { platform: "android", token: "a-token" }, { ...mine, "Idempotency-Key": "a-device" });
  const first = await fetch(at("devices/"), device);
  const again = await fetch(at("devices/"), device);
  return {
    refused, made: made.status, tag, edited: edited.status, stale: stale.status, why: (await stale.json()).code,
    title: (await read.json()).title, seen: seen.status, upload: upload.status, photo: photo.status,
    name: photo.headers.get("Content-Disposition"), bytes: [...bytes.slice(0, 2)],
    replayed: [first.status, again.status, again.headers.get("Idempotency-Replayed")],
  };
}"""
# What a page that nobody listed can learn: nothing, not even the status.
NOSY = """async (api) => {
  const tried = [
    fetch(`${api}/api/v1/missions/`),
    fetch(`${api}/api/v1/nothing/`),
    fetch(`${api}/api/v1/me/`, { headers: { Authorization: "Bearer x" } }),
    fetch(`${api}/api/v1/auth/token/`, {
      method: "POST", body: "{}", headers: { "Content-Type": "application/json" },
    }),
  ];
  return (await Promise.allSettled(tried)).map((one) => one.reason ? one.reason.name : one.value.status);
}"""


class Page(BaseHTTPRequestHandler):
    """An app's empty page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>An app</title>")

    def log_message(self, *_said: Any) -> None:
        """Nothing to say."""


@pytest.fixture
def app():
    """The origin of a page that is none of the API's."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as pages:
        thread = threading.Thread(target=pages.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{pages.server_port}"
        pages.shutdown()
        thread.join(PATIENCE_SECONDS)


@pytest.fixture
def server(app, tmp_path, settings):
    """The API, open to that origin."""
    settings.SECRET_KEY = "the-same-for-both-processes-of-this-test"
    env = environment(tmp_path, OUTBOX_NUDGE="0", LOG_LEVEL="ERROR", CORS_ORIGINS=app)
    with running_api(env) as (address, _pid):
        yield address


def test_an_app_of_a_listed_origin_makes_its_calls_in_a_browser(server, app, browser):
    person = UserFactory(password=None)
    person.password = Argon2PasswordHasher().encode(PASSWORD, "salt-of-this-test")
    person.save(update_fields=["password"])
    tab = browser.new_context().new_page()
    tab.goto(app)
    found = tab.evaluate(APP, [server, person.email, PASSWORD])
    refused = found.pop("refused")
    assert (refused["status"], refused["code"], bool(refused["request"])) == (401, "sign_in_refused", True)
    assert re.fullmatch(r'attachment; filename="[\w-]+\.jpg"', found.pop("name"))
    assert found == {
        "made": 201,
        "edited": 200,
        "stale": 412,
        "why": "stale",
        "title": "Tri de vêtements",
        "seen": 304,
        "upload": 201,
        "photo": 200,
        "bytes": [0xFF, 0xD8],
        "replayed": [201, 201, "true"],
        # Weak, for the browser took the answer compressed; an edit takes it all the same.
        "tag": 'W/"1"',
    }


def test_a_browser_shows_a_page_that_nobody_listed_nothing(server, app, browser):
    tab = browser.new_context().new_page()
    other = app.replace("127.0.0.1", "localhost")
    tab.goto(other)
    assert tab.evaluate(NOSY, server) == ["TypeError"] * 4
    tab.goto(app)
    assert tab.evaluate(NOSY, server) == [200, 404, 401, 400]
