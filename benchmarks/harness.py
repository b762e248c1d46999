"""Ratios of medians over interleaved rounds in one run: the only figures that mean something on a shared machine."""

import io
import json
import random
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from django.conf import settings as django_settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone

from accounts import tokens
from accounts.models import DeviceSession
from tests.support.queries import sql_of

# One slice of one round lasts about this long, however fast the call is.
SLICE_SECONDS = 0.03
# With fewer rounds a median says nothing: ratios are told, and not judged.
FEWEST_JUDGED_ROUNDS = 5


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


Call = Callable[[], Answer]
Made = TypeVar("Made")


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


def on(alias: str, call: Callable[[], Made]) -> Callable[[], Made]:
    """The same call in process on another database of benchmarks.settings: "small" is a hundredth of the region."""

    def elsewhere() -> Made:
        usual, connections["default"] = connections["default"], connections[alias]
        try:
            return call()
        finally:
            connections["default"] = usual

    return elsewhere


def on_both(make: Callable[[], Made]) -> tuple[Made, Made]:
    """What is made of the whole region, and of a hundredth of it: each call asks the database that it was made on."""

    def made() -> Made:
        found = make()
        calls = tuple(on("small", call) for call in found) if isinstance(found, tuple) else on("small", found)
        return cast(Made, calls)

    return make(), on("small", made)()


def statements_of(call: Call) -> int:
    """How often a call asks the database, without savepoints and the one statement that finds session and person."""
    with CaptureQueriesContext(connections["default"]) as asked:
        call()
    return sum("SAVEPOINT" not in sql for sql in sql_of(asked)) - 1


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
        self.rounds = django_settings.ROUNDS or self.rounds
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
        times = []
        for _time in range(min(6, 1 + self.rounds)):
            started = time.perf_counter()
            answer = call()
            times.append(time.perf_counter() - started)
            assert answer.status in (self.expected_status, 304), f"{name}: {answer.status} {answer.body[:500]!r}"
        # The least: a call that others held up would get shorter slices than the ones it is compared with.
        return max(1, round(SLICE_SECONDS / min(times)))

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

    def statements(self, most: int, name: str, *, found: int) -> None:
        """A reach: `name` asks the database at most so often, whatever the machine and the rounds."""
        self._judge(found <= most, f"{name} <= {most} statements", str(found))

    def _hold(self, found: float, reach: float, sentence: str, *, is_floor: bool) -> None:
        if self.rounds < FEWEST_JUDGED_ROUNDS:
            print(f"    {found:9.2f}     not judged: {sentence}")
        else:
            self._judge(found >= reach if is_floor else found <= reach, sentence, f"{found:.2f}")

    def _judge(self, is_held: bool, sentence: str, found: str) -> None:
        print(f"    {found:>9}     {'held' if is_held else 'MISSED'}: {sentence}")
        if not is_held:
            self.missed.append(f"{self.title}: {sentence}, found {found}")
