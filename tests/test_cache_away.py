"""Redis stopped, refusing or silent: everybody is served as fast as before, and passwords are still limited."""

import os
import shutil
import signal
import socket
import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
import time_machine
from redis import Redis

from common.api import throttling
from config import settings as deployment
from tests.support.api import ContractClient
from tests.support.factories import PASSWORD, UserFactory
from tests.support.patience import wait_until
from tests.support.processes import free_port

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
TIMEOUT_SECONDS = 0.25


def redis_at(port):
    """The deployment's own cache settings, at another port."""
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": f"redis://127.0.0.1:{port}/0",
        "OPTIONS": {"socket_timeout": TIMEOUT_SECONDS, "socket_connect_timeout": TIMEOUT_SECONDS},
    }


@pytest.fixture
def clock(monkeypatch):
    """The clock of what leaves the cache alone for some seconds, and of the ceilings of a minute: it stands still."""
    standing = SimpleNamespace(now=0.0)
    monkeypatch.setattr(throttling, "time", SimpleNamespace(monotonic=lambda: standing.now))
    with time_machine.travel(NOON, tick=False):
        yield standing


@contextmanager
def refusing():
    yield free_port(), lambda: None


@contextmanager
def silent():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1], lambda: None


def answers(port):
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def real_redis():
    if shutil.which("redis-server") is None:
        pytest.skip("no Redis server is installed")
    port = free_port()
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
    )
    try:
        assert wait_until(lambda: answers(port))
        yield port, server
    finally:
        server.send_signal(signal.SIGCONT)
        server.kill()
        server.wait()


def refresh():
    """The cheapest call that the ceiling counts."""
    return ContractClient().post("/api/v1/auth/token/refresh/", {"refresh": "none"})


def comes_back(clock):
    """Whether the cache answers in its quarter of a second, the next time that it is asked."""
    clock.now += throttling.LEFT_ALONE_SECONDS
    assert refresh().status_code == 401
    return throttling.circuit.lets_through()


def sign_in(person, password):
    body = {"email": person.email, "password": password}
    return ContractClient().post("/api/v1/auth/token/", body).status_code


def ensure_served_and_limited(caplog):
    """One request asks the cache that is away, the others do not; the sixth wrong password waits."""
    caplog.clear()
    assert {refresh().status_code for _request in range(30)} == {401}
    assert len([record for record in caplog.records if "the cache is away" in record.getMessage()]) == 1
    person = UserFactory()
    assert sign_in(person, PASSWORD) == 200
    assert [sign_in(person, "not the password") for _try in range(6)] == [401] * 5 + [429]


@pytest.mark.parametrize("away", [refusing, silent])
def test_without_its_cache_the_service_goes_on_and_passwords_are_limited(settings, caplog, clock, away):
    with away() as (port, _server):
        settings.CACHES = {**settings.CACHES, "default": redis_at(port)}
        ensure_served_and_limited(caplog)


def test_the_ceiling_of_an_address_is_still_held_by_each_process(settings, monkeypatch, clock):
    monkeypatch.setitem(throttling.CeilingThrottle.THROTTLE_RATES, "sign-in", "3/min")
    with refusing() as (port, _server):
        settings.CACHES = {**settings.CACHES, "default": redis_at(port)}
        assert [refresh().status_code for _request in range(4)] == [401] * 3 + [429]


@pytest.mark.redis
@pytest.mark.slow
def test_a_redis_that_hangs_dies_and_comes_back_costs_one_wait_each_time(settings, caplog, clock):
    with real_redis() as (port, server):
        settings.CACHES = {**settings.CACHES, "default": redis_at(port)}
        asking = Redis(port=port)
        assert wait_until(lambda: comes_back(clock))
        assert asking.dbsize() == 1, "the ceiling was not counted in Redis"
        os.kill(server.pid, signal.SIGSTOP)
        ensure_served_and_limited(caplog)
        os.kill(server.pid, signal.SIGCONT)
        assert wait_until(lambda: comes_back(clock))
        asking.close()
        server.kill()
        server.wait()
        ensure_served_and_limited(caplog)


def test_the_deployments_redis_has_the_bounds_that_these_tests_use():
    if deployment.REDIS_URL:
        assert deployment.CACHES["default"]["OPTIONS"] == redis_at(0)["OPTIONS"]
