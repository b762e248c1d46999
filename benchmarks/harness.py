"""Ratios of medians over interleaved rounds in one run: the only figures that mean something on a shared machine."""

import io
import json
import random
import socket
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.test.utils import override_settings
from django.utils import timezone

from accounts import tokens
from accounts.models import DeviceSession

# One slice of one round lasts about this long, however fast the call is.
SLICE_SECONDS = 0.03


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


Call = Callable[[], Answer]


def bearer(person: Any) -> dict[str, str]:
    """The header of a person signed in for the length of one benchmark (ten minutes)."""
    now = timezone.now()
    session = DeviceSession.objects.create(person=person, expires_at=now + timedelta(days=1))
    return {"Authorization": f"Bearer {tokens.access_token(session, now)}"}


def application(**settings: Any) -> Any:
    """The product as a WSGI callable, made while the given settings hold (MIDDLEWARE above all)."""
    with override_settings(**settings):
        return WSGIHandler()


def in_process(
    app: Any, target: str, *, method: str = "GET", headers: dict[str, str] | None = None, body: Any = None
) -> Call:
    """A call of a WSGI callable in this process, as a server behind a TLS proxy would make it."""
    url, sent = urlsplit(target), b"" if body is None else json.dumps(body).encode()
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": url.path,
        "QUERY_STRING": url.query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_ACCEPT": "application/json",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(sent)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in (headers or {}).items()},
    }

    def call() -> Answer:
        seen: list[Any] = []
        answer = app(
            {**environ, "wsgi.input": io.BytesIO(sent), "wsgi.errors": io.StringIO()}, lambda *start: seen.extend(start)
        )
        try:
            content = b"".join(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()
        return Answer(int(seen[0].split()[0]), dict(seen[1]), content)

    return call


def over_http(address: str, target: str, *, headers: dict[str, str] | None = None) -> Call:
    """A GET from a real server (tests.support.processes.running_api), over one connection that is kept.

    By hand, because http.client takes longer to read the headers than the server takes to make them.
    """
    host, port = urlsplit(address).netloc.split(":")
    sent = {"Host": "localhost", "X-Forwarded-Proto": "https", "Accept": "application/json", **(headers or {})}
    request = f"GET {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    connection = socket.create_connection((host, int(port)), timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def call() -> Answer:
        connection.sendall(f"{request}\r\n".encode())
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(65536)
        head, _end, body = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        found = dict(line.split(": ", 1) for line in lines)
        while len(body) < int(found["Content-Length"]):
            body += connection.recv(65536)
        return Answer(int(first.split()[1]), found, body)

    return call


def on(alias: str, call: Call) -> Call:
    """The same call in process on another database of benchmarks.settings: "small" is a hundredth of the region."""

    def elsewhere() -> Answer:
        usual, connections["default"] = connections["default"], connections[alias]
        try:
            return call()
        finally:
            connections["default"] = usual

    return elsewhere


def ensure_same(calls: Iterable[Call], *, rows: Callable[[Any], Any] = lambda body: body) -> None:
    """Calls that are compared must answer alike: the same `rows` of their JSON, in the same order."""
    found = [rows(call().json()) for call in calls]
    assert found[0], "nothing is compared"
    assert all(other == found[0] for other in found[1:]), "the calls compared answer different rows"


@dataclass
class Bench:
    """One benchmark: calls by name, measured together, then held against their reaches."""

    title: str
    calls: dict[str, Call]
    rounds: int = 41
    expected_status: int = 200
    seconds: dict[str, float] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        repeats = {name: self._warm_up(name, call) for name, call in self.calls.items()}
        slices: dict[str, list[float]] = {name: [] for name in self.calls}
        for _round in range(self.rounds):
            for name in random.sample(list(self.calls), len(self.calls)):
                call, count = self.calls[name], repeats[name]
                started = time.perf_counter()
                for _repeat in range(count):
                    call()
                slices[name].append((time.perf_counter() - started) / count)
        self.seconds = {name: statistics.median(times) for name, times in slices.items()}
        print(f"\n{self.title}")
        for name, seconds in self.seconds.items():
            print(f"    {seconds * 1000:9.3f} ms  {name}")

    def _warm_up(self, name: str, call: Call) -> int:
        for _time in range(5):
            answer = call()
            assert answer.status in (self.expected_status, 304), f"{name}: {answer.status} {answer.body[:500]!r}"
        started = time.perf_counter()
        call()
        return max(1, round(SLICE_SECONDS / (time.perf_counter() - started)))

    def rate(self, name: str, *, of: str) -> float:
        """How much of the rate of another call this one reaches: 0.5 is half as many a second."""
        return self.seconds[of] / self.seconds[name]

    def cost(self, name: str, *, of: str) -> float:
        """How many times as long as another call this one takes."""
        return self.seconds[name] / self.seconds[of]

    def at_least(self, share: float, name: str, *, of: str) -> None:
        """A reach: the rate of `name` is at least `share` of the other's."""
        self._hold(self.rate(name, of=of), share, f"{name} >= {share:g} x the rate of {of}", is_floor=True)

    def at_most(self, times: float, name: str, *, of: str) -> None:
        """A reach: `name` takes at most `times` as long as the other (growth, for one)."""
        self._hold(self.cost(name, of=of), times, f"{name} <= {times:g} x the time of {of}", is_floor=False)

    def tell(self, name: str, *, of: str) -> None:
        """A ratio that no reach holds against anything."""
        print(f"    {self.rate(name, of=of):9.2f}     {name}, of the rate of {of}")

    def _hold(self, found: float, reach: float, sentence: str, *, is_floor: bool) -> None:
        is_held = found >= reach if is_floor else found <= reach
        print(f"    {found:9.2f}     {'held' if is_held else 'MISSED'}: {sentence}")
        if not is_held:
            self.missed.append(f"{self.title}: {sentence}, found {found:.2f}")
