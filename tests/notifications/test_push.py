"""What each answer of FCM means, with the real SDK against a fake FCM on the loopback."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from pytest_django import Settings
from requests.adapters import HTTPAdapter

from demo.outside import OutsideWorld, write_service_account
from notifications import push
from notifications.push import PushMessage
from tests.support.patience import PATIENCE_SECONDS, wait_until

MESSAGE = PushMessage(
    token="phone-1",
    title="Place acceptée",
    body="Collecte du samedi 12 à 9 h",
    data={"notification_id": "0199-7", "kind": "sign-up-accepted"},
    collapse_key="0199-7",
)


@pytest.fixture
def outside(settings: Settings, tmp_path: Path) -> Iterator[OutsideWorld]:
    with OutsideWorld() as world:
        write_service_account(tmp_path / "fcm.json", world.url)
        settings.FCM_CREDENTIALS_FILE = str(tmp_path / "fcm.json")
        settings.FCM_URL = world.url
        settings.FCM_TIMEOUT_SECONDS = PATIENCE_SECONDS
        yield world


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long whoever sleeps would have slept."""
    asked: list[float] = []
    monkeypatch.setattr(time, "sleep", asked.append)
    return asked


@dataclass
class Waits:
    """The seconds that each request may wait for its answer, on a clock that moves on by what an answer costs.

    Only where the server hangs are they waited for; elsewhere the answer comes, however slow this machine is.
    """

    hung: str = "nowhere"
    now: float = 0
    costs: list[float] = field(default_factory=list)
    given: list[float] = field(default_factory=list)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Waits:
    seen, send = Waits(), HTTPAdapter.send

    def send_and_note(adapter: Any, request: Any, *args: Any, timeout: Any, **options: Any) -> Any:
        seen.given.append(timeout.total)
        real = timeout if request.url.endswith(seen.hung) else PATIENCE_SECONDS
        try:
            return send(adapter, request, *args, timeout=real, **options)
        finally:
            seen.now += seen.costs.pop(0) if seen.costs else 0

    monkeypatch.setattr(HTTPAdapter, "send", send_and_note)
    monkeypatch.setattr(push, "time", SimpleNamespace(monotonic=lambda: seen.now))
    return seen


def ensure_fails(kind: type[push.PushError], message: PushMessage = MESSAGE) -> None:
    with pytest.raises(kind):
        push.send(message)


def test_a_phone_receives_title_body_data_and_a_collapse_key_for_each_system(outside: OutsideWorld) -> None:
    name = push.send(MESSAGE)

    assert name.startswith("projects/elan-demo/messages/")
    (received,) = outside.phones["phone-1"]
    assert received["notification"] == {"title": MESSAGE.title, "body": MESSAGE.body}
    assert received["data"] == MESSAGE.data
    assert received["android"] == {"collapse_key": "0199-7", "notification": {"tag": "0199-7"}}
    assert received["apns"]["headers"] == {"apns-collapse-id": "0199-7"}


def test_the_app_and_its_access_token_serve_every_send(outside: OutsideWorld) -> None:
    push.send(MESSAGE)
    push.send(MESSAGE)

    assert outside.counts == {"token": 1, "send": 2}


def test_an_unregistered_token_is_dead(outside: OutsideWorld) -> None:
    with pytest.raises(push.DeadToken) as refusal:
        push.send(PushMessage("dead-phone", "t", "b", {}, "k"))

    assert "dead-phone" not in str(refusal.value)


def test_a_malformed_token_is_dead(outside: OutsideWorld) -> None:
    outside.script(status=400, message="The registration token is not a valid FCM registration token")

    ensure_fails(push.DeadToken)


def test_a_malformed_message_is_refused_and_its_token_lives(outside: OutsideWorld) -> None:
    outside.script(status=400, message="Request contains an invalid argument.")

    ensure_fails(push.MessageRefused)


def test_a_message_with_data_that_is_no_string_is_refused_before_it_leaves(outside: OutsideWorld) -> None:
    data: Any = {"minutes": 90}

    ensure_fails(push.MessageRefused, PushMessage("phone-1", "t", "b", data, "k"))
    assert outside.counts["send"] == 0


@pytest.mark.parametrize("body", ["<html>nginx</html>", '{"detail": "no such route"}'])
def test_a_404_that_is_not_fcms_own_kills_no_token(outside: OutsideWorld, body: str) -> None:
    outside.script(status=404, body=body)

    ensure_fails(push.RetryLater)


@pytest.mark.parametrize(
    ("status", "header", "expected"),
    [(429, "7", 7.0), (503, "2", 2.0), (500, "", None), (503, "soon", None), (429, "999999", 3600.0)],
)
def test_a_quota_or_server_error_is_for_later_and_carries_the_servers_wish(
    outside: OutsideWorld, status: int, header: str, expected: float | None
) -> None:
    outside.script(status=status, retry_after=header)

    with pytest.raises(push.RetryLater) as refusal:
        push.send(MESSAGE)
    assert refusal.value.after_seconds == expected


def test_retry_after_may_be_a_date(outside: OutsideWorld) -> None:
    now = datetime(2026, 11, 18, 12, tzinfo=UTC)
    outside.script(status=503, retry_after=format_datetime(now + timedelta(seconds=90), usegmt=True))

    with time_machine.travel(now, tick=False), pytest.raises(push.RetryLater) as refusal:
        push.send(MESSAGE)
    assert refusal.value.after_seconds == 90


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("path", ["send", "token"])
def test_nothing_sleeps_nor_tries_again_within_a_send(
    outside: OutsideWorld, slept: list[float], status: int, path: str
) -> None:
    outside.script(status=status, retry_after="5", times=9, path=path)

    ensure_fails(push.RetryLater)
    assert (outside.counts[path], slept) == (1, [])


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (503, "<html><h1>503</h1></html>"),
        (200, "<html>Sign in to the wifi</html>"),
        (200, '{"name": '),
        (200, "[]"),
        (200, "{}"),
        (200, '{"name": 5}'),
        (200, "[" * 100_000),
        (500, '{"error": "text"}'),
        (500, '{"error": {"details": null}}'),
        (302, ""),
    ],
)
def test_an_answer_that_makes_no_sense_is_for_later(outside: OutsideWorld, status: int, body: str) -> None:
    outside.script(status=status, body=body, content_type="text/html")

    ensure_fails(push.RetryLater)
    assert outside.counts["send"] == 1


def test_a_server_error_that_speaks_of_an_unregistered_token_kills_no_token(outside: OutsideWorld) -> None:
    outside.script(status=503, error_code="UNREGISTERED")

    ensure_fails(push.RetryLater)


@pytest.mark.parametrize("path", ["send", "token"])
def test_a_cut_answer_is_for_later(outside: OutsideWorld, path: str) -> None:
    outside.script(cut=True, path=path)

    ensure_fails(push.RetryLater)
    assert outside.counts[path] == 1


@pytest.mark.parametrize(("path", "given"), [("token", [0.25]), ("send", [0.25, 0.25])])
def test_a_silent_server_costs_the_timeout_and_no_more(
    outside: OutsideWorld, settings: Settings, waits: Waits, path: str, given: list[float]
) -> None:
    settings.FCM_TIMEOUT_SECONDS, waits.hung = 0.25, path
    spoke = threading.Event()
    outside.script(hang_until=spoke, path=path)

    ensure_fails(push.RetryLater)
    assert wait_until(lambda: outside.counts[path])
    assert (waits.given, outside.counts[path], outside.phones) == (given, 1, {})
    spoke.set()


def test_the_token_endpoint_and_fcm_share_one_timeout(
    outside: OutsideWorld, settings: Settings, waits: Waits
) -> None:
    settings.FCM_TIMEOUT_SECONDS, waits.hung = 4, "send"
    waits.costs = [3.75]
    spoke = threading.Event()
    outside.script(hang_until=spoke)

    ensure_fails(push.RetryLater)
    spoke.set()
    assert waits.given == [4, 0.25]


def test_a_token_that_took_all_the_time_leaves_none_for_fcm(
    outside: OutsideWorld, settings: Settings, waits: Waits
) -> None:
    settings.FCM_TIMEOUT_SECONDS = 4
    waits.costs = [4]

    ensure_fails(push.RetryLater)
    assert outside.counts == {"token": 1}


def test_a_server_that_is_gone_is_for_later(outside: OutsideWorld, slept: list[float]) -> None:
    push.send(MESSAGE)
    outside.http.stop()

    ensure_fails(push.RetryLater)
    assert slept == []


@pytest.mark.parametrize(
    ("status", "error_code"),
    [(401, ""), (401, "THIRD_PARTY_AUTH_ERROR"), (403, ""), (403, "SENDER_ID_MISMATCH")],
)
def test_a_doubt_about_our_credentials_kills_no_token(
    outside: OutsideWorld, status: int, error_code: str
) -> None:
    outside.script(status=status, error_code=error_code)

    ensure_fails(push.CredentialsRefused)
    assert outside.counts["send"] == 1


def test_a_revoked_access_token_is_renewed_by_the_next_send(outside: OutsideWorld) -> None:
    push.send(MESSAGE)
    outside.access_tokens.clear()

    ensure_fails(push.CredentialsRefused)
    push.send(MESSAGE)
    assert outside.counts == {"token": 2, "send": 3}


@pytest.mark.parametrize("body", ['{"error": "invalid_grant"}', '{"error": "server_error"}'])
def test_a_refusal_of_the_token_endpoint_is_about_credentials(
    outside: OutsideWorld, slept: list[float], body: str
) -> None:
    outside.script(status=400, body=body, path="token", times=9)

    ensure_fails(push.CredentialsRefused)
    assert (outside.counts, slept) == ({"token": 1}, [])


@pytest.mark.parametrize("body", ["<html></html>", "{}", '{"access_token": "x", "expires_in": "soon"}'])
def test_a_token_endpoint_that_makes_no_sense_is_for_later(outside: OutsideWorld, body: str) -> None:
    outside.script(status=200, body=body, path="token")

    ensure_fails(push.RetryLater)


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"type": "service_account", "private_key": "x"}'])
def test_a_credential_file_that_is_missing_or_spoiled_is_about_credentials(
    outside: OutsideWorld, settings: Settings, tmp_path: Path, content: str | None
) -> None:
    good, spoiled = Path(settings.FCM_CREDENTIALS_FILE), tmp_path / "spoiled.json"
    if content is not None:
        spoiled.write_text(content)
    settings.FCM_CREDENTIALS_FILE = str(spoiled)

    ensure_fails(push.CredentialsRefused)
    good.replace(spoiled)
    assert push.send(MESSAGE), "a repaired file serves without a restart"


def test_push_is_off_without_a_credential_file(settings: Settings) -> None:
    settings.FCM_CREDENTIALS_FILE = ""

    assert not push.is_configured()
    ensure_fails(push.CredentialsRefused)
