"""What each answer of FCM means, with the real SDK against a fake FCM on the loopback."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
import time_machine
from pytest_django import Settings
from requests.adapters import HTTPAdapter

from demo.fcm import DRIP_SECONDS
from demo.outside import OutsideWorld, write_service_account
from notifications import one_try, push
from notifications.push import PushMessage
from tests.support.patience import PATIENCE_SECONDS, join, wait_for, wait_until
from tests.support.races import at_once

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


class Timer:
    """Rings when the test says so."""

    started: ClassVar[list["Timer"]] = []

    def __init__(self, seconds: float, ring: Callable[[], None]) -> None:
        self.seconds, self.ring = seconds, ring

    def start(self) -> None:
        self.started.append(self)

    def cancel(self) -> None:
        """It rings no more."""
        self.ring = lambda: None


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> list[Timer]:
    """Those that were started, the last for the request that runs."""
    monkeypatch.setattr(Timer, "started", [])
    monkeypatch.setattr(one_try, "Timer", Timer)
    return Timer.started


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
def waits(monkeypatch: pytest.MonkeyPatch, timers: list["Timer"]) -> Waits:
    seen, send = Waits(), HTTPAdapter.send

    def send_and_note(adapter: Any, request: Any, *args: Any, timeout: Any, **options: Any) -> Any:
        seen.given.append(timeout.total)
        real = timeout if request.url.endswith(seen.hung) else PATIENCE_SECONDS
        try:
            return send(adapter, request, *args, timeout=real, **options)
        finally:
            seen.now += seen.costs.pop(0) if seen.costs else 0

    monkeypatch.setattr(HTTPAdapter, "send", send_and_note)
    monkeypatch.setattr(one_try, "time", SimpleNamespace(monotonic=lambda: seen.now))
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
    assert received["android"] == {
        "collapse_key": "0199-7",
        "priority": "normal",
        "notification": {"tag": "0199-7"},
    }
    assert received["apns"] == {
        "headers": {"apns-collapse-id": "0199-7", "apns-priority": "5"},
        "payload": {"aps": {"sound": "default", "interruption-level": "active"}},
    }
    assert received["webpush"] == {
        "headers": {"Urgency": "normal"},
        "notification": {"title": MESSAGE.title, "body": MESSAGE.body, "tag": "0199-7"},
    }


FULL = replace(
    MESSAGE,
    sequence=41,
    opens="shifts/0199-8/",
    ttl_seconds=7200,
    is_urgent=True,
    channel_id="places",
    badge=3,
    link="https://elan.example/places/",
)


def test_a_push_says_how_long_it_is_worth_and_how_loud_it_is_on_each_system(outside: OutsideWorld) -> None:
    now = datetime(2026, 11, 18, 12, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        push.send(FULL)

    (received,) = outside.phones["phone-1"]
    assert received["data"] == {**MESSAGE.data, "sequence": "41", "opens": "shifts/0199-8/"}
    assert received["android"] == {
        "collapse_key": "0199-7",
        "priority": "high",
        "ttl": "7200s",
        "notification": {"tag": "0199-7", "channel_id": "places", "notification_count": 3},
    }
    assert received["apns"] == {
        "headers": {
            "apns-collapse-id": "0199-7",
            "apns-priority": "10",
            "apns-expiration": str(int(now.timestamp()) + 7200),
        },
        "payload": {
            "aps": {"sound": "default", "badge": 3, "thread-id": "places", "interruption-level": "time-sensitive"}
        },
    }
    assert received["webpush"] == {
        "headers": {"Urgency": "high", "TTL": "7200"},
        "notification": {"title": MESSAGE.title, "body": MESSAGE.body, "tag": "0199-7"},
        "fcm_options": {"link": "https://elan.example/places/"},
    }


@pytest.mark.parametrize(("platform", "part"), [("android", "android"), ("ios", "apns"), ("web", "webpush")])
def test_a_phone_gets_what_is_for_its_system_alone(outside: OutsideWorld, platform: str, part: str) -> None:
    push.send(replace(FULL, platform=platform))

    (received,) = outside.phones["phone-1"]
    assert {"android", "apns", "webpush"} & received.keys() == {part}


@pytest.mark.parametrize(("given", "kept"), [(-5, "0s"), (0, "0s"), (10**9, "2419200s")])
def test_a_time_to_live_is_one_that_fcm_takes(outside: OutsideWorld, given: int, kept: str) -> None:
    push.send(replace(MESSAGE, ttl_seconds=given))

    assert outside.phones["phone-1"][0]["android"]["ttl"] == kept


def test_a_long_text_is_cut_between_two_letters_and_a_long_key_is_another_of_its_own(outside: OutsideWorld) -> None:
    long = replace(MESSAGE, title="é" * 500, body="né à " * 800, collapse_key="k" * 65)
    push.send(long)
    push.send(replace(long, collapse_key="k" * 66))
    push.send(replace(MESSAGE, collapse_key="é" * 32, link="http://elan.example/"))

    first, second, third = outside.phones["phone-1"]
    for said, most in (("title", 400), ("body", 1600)):
        text = first["notification"][said]
        assert (len(text.encode()) <= most, text[-1], "\ufffd" in text) == (True, "…", False)
        assert getattr(long, said).startswith(text[:-1])
    assert len(json.dumps(first, ensure_ascii=False).encode()) < 8000
    assert first["android"]["collapse_key"] != second["android"]["collapse_key"]
    assert len(first["apns"]["headers"]["apns-collapse-id"]) == 64
    assert (third["android"]["collapse_key"], "fcm_options" in third["webpush"]) == ("é" * 32, False)


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


def ends_when_time_is_up(timers: list[Timer], began: threading.Event) -> bool:
    """Whether a send that the server has begun to answer ends for later once its time is up."""

    def ring() -> None:
        wait_for(began)
        timers[-1].ring()

    sent, _rung = at_once([lambda: push.send(MESSAGE), ring])
    return isinstance(sent, push.RetryLater)


@pytest.mark.parametrize("part", ["status", "headers", "body", "endless body"])
@pytest.mark.parametrize("path", ["token", "send"])
def test_an_answer_that_drips_holds_no_slot_longer_than_the_timeout(
    outside: OutsideWorld, timers: list[Timer], path: str, part: str
) -> None:
    began = threading.Event()
    outside.script(drip=part, began=began, path=path)

    assert ends_when_time_is_up(timers, began)
    assert (outside.counts[path], outside.phones) == (1, {})
    assert push.send(MESSAGE), "the next one is not in its way"


def test_an_answer_that_drips_over_a_connection_that_was_open_already(
    outside: OutsideWorld, timers: list[Timer]
) -> None:
    push.send(MESSAGE)
    began, opened = threading.Event(), set(outside.http.connections)
    outside.script(drip="body", began=began)

    assert ends_when_time_is_up(timers, began)
    assert outside.counts["send"] == 2
    assert outside.http.connections <= opened


def test_a_greeting_of_tls_that_drips(outside: OutsideWorld, settings: Settings, timers: list[Timer]) -> None:
    began, over = threading.Event(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        settings.FCM_URL = f"https://127.0.0.1:{listening.getsockname()[1]}"

        def drip() -> None:
            connection, _address = listening.accept()
            with connection, suppress(OSError):
                connection.recv(4096)
                connection.sendall(b"\x16\x03\x03\x40\x00")  # the head of a record of 16 KB
                while not over.wait(DRIP_SECONDS):
                    connection.sendall(b"\x02")
                    began.set()

        server = threading.Thread(target=drip, daemon=True)
        server.start()
        assert ends_when_time_is_up(timers, began)
        over.set()
        join(server)


def test_the_time_of_a_request_is_that_of_its_send(outside: OutsideWorld, timers: list[Timer]) -> None:
    push.send(MESSAGE)

    token, sent = (timer.seconds for timer in timers)
    assert PATIENCE_SECONDS >= token > sent > 0


def test_a_socket_that_went_back_to_the_pool_is_not_shut(outside: OutsideWorld, timers: list[Timer]) -> None:
    push.send(MESSAGE)
    ring = timers[-1]
    ring.ring()
    push.send(MESSAGE)

    assert outside.counts == {"token": 1, "send": 2}


def test_a_name_with_many_addresses_is_not_tried_past_the_timeout() -> None:
    with one_try.Watch(PATIENCE_SECONDS) as watch:
        options = one_try.OptionsInTime([(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)])
        assert list(options) == options.options
        watch.shut()
        with pytest.raises(OSError, match="no time left"):
            list(options)


@pytest.mark.parametrize("path", ["token", "send"])
def test_an_answer_without_an_end_is_not_read_to_it(outside: OutsideWorld, path: str) -> None:
    outside.script(status=200, flood=one_try.LONGEST_ANSWER_BYTES + 1, path=path)

    ensure_fails(push.RetryLater)
    assert outside.counts[path] == 1


@pytest.mark.parametrize(("status", "path"), [(302, "send"), (307, "send"), (308, "token")])
def test_nobody_is_followed_elsewhere(outside: OutsideWorld, status: int, path: str) -> None:
    outside.script(status=status, path=path, location=f"{outside.url}/v1/projects/other/messages:send")

    ensure_fails(push.RetryLater)
    assert (outside.counts[path], outside.phones) == (1, {})


def test_a_server_that_is_gone_is_for_later(outside: OutsideWorld, slept: list[float]) -> None:
    push.send(MESSAGE)
    outside.http.stop()

    ensure_fails(push.RetryLater)
    assert slept == []


@pytest.mark.parametrize(
    ("status", "error_code"),
    [(401, ""), (401, "THIRD_PARTY_AUTH_ERROR"), (403, "PERMISSION_DENIED"), (400, "APNS_AUTH_ERROR")],
)
def test_a_doubt_about_our_credentials_kills_no_token(
    outside: OutsideWorld, status: int, error_code: str
) -> None:
    outside.script(status=status, error_code=error_code)

    ensure_fails(push.CredentialsRefused)
    assert outside.counts["send"] == 1


def test_one_token_of_a_foreign_sender_is_no_doubt_about_our_credentials(outside: OutsideWorld) -> None:
    outside.script(status=403, error_code="SENDER_ID_MISMATCH")

    ensure_fails(push.ForeignToken)
    assert issubclass(push.ForeignToken, push.MessageRefused)
    assert push.send(MESSAGE)


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
