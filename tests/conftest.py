"""What every test may use."""

import logging
import os
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import hypothesis
import pytest
from django.conf import settings as django_settings
from django.contrib.auth.hashers import get_hasher
from django.core.cache import caches
from django.db import connection, connections, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from common.api.throttling import circuit
from tests.support.api import ContractClient
from tests.support.browser import chromium_path, running_browser
from tests.support.discretion import watch
from tests.support.front_door import watch_front_door
from tests.support.patience import PATIENCE_SECONDS
from tests.support.processes import environment, running_api
from tests.support.queries import sql_of
from tests.support.template import copy_template, keep_template
from tests.support.world import World

# How fast a machine makes examples says nothing of the product.
hypothesis.settings.register_profile("suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("suite")

pytest_plugins = ["tests.support.gate"]


@pytest.fixture(autouse=True, scope="session")
def one_front_door() -> None:
    """Rows that phones keep are written in one place."""
    watch_front_door()


@pytest.fixture(autouse=True, scope="session")
def counts_of_this_process(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this process counts its requests: not where the suite's other processes do."""
    folder = tmp_path_factory.mktemp("metrics")
    # Read by prometheus_client when the first series is made.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    return folder


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Writers wait for one another, and threads for a connection, as long as a slow machine takes."""
    options = connection.settings_dict["OPTIONS"]
    if connection.vendor == "sqlite":
        options["timeout"] = PATIENCE_SECONDS
    else:
        options["connect_timeout"] = options["pool"]["timeout"] = PATIENCE_SECONDS


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb: bool, django_db_modify_db_settings: None) -> bool:
    """On SQLite the tests' database is a copy of one that is migrated already, where there is one."""
    if django_db_keepdb or connection.vendor != "sqlite":
        return django_db_keepdb
    return copy_template(connection.settings_dict["TEST"]["NAME"])


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_keepdb: bool, django_db_blocker: Any) -> None:
    """The tests' database; on SQLite it is kept as the template of the next runs."""
    if connection.vendor == "sqlite" and not django_db_keepdb:
        with django_db_blocker.unblock():
            keep_template()


@pytest.fixture(autouse=True, scope="session")
def plain_settings(tmp_path_factory: pytest.TempPathFactory, counts_of_this_process: Path) -> Iterator[None]:
    """Fast password hashing, no nudges to a broker, mails and cache in memory, no TLS redirect, own keys.

    Once for a process: a setting changed for a test makes Django build anew what hangs on it, twice.
    """
    plain = {
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
        "OUTBOX_NUDGE": False,
        "TUTOR_TRIES_PER_DAY": 10_000,  # what is sent to a field in bulk is no use of it
        "RELAY_CONCURRENCY": 1,
        "MAIL_CONCURRENCY": 1,  # so that mails arrive in the order of their facts
        "QUIET_HOURS_START": "00:00",
        "QUIET_HOURS_END": "00:00",  # never: the suite runs at any hour
        "SECURE_SSL_REDIRECT": False,
        "SIGNING_KEYS_DIR": tmp_path_factory.mktemp("keys"),
        "MAIL_WEBHOOK_SECRET": "provider:a-secret-of-both",
        "EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend",
        "METRICS_DIR": counts_of_this_process,
        "CACHES": {
            **django_settings.CACHES,
            "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
        },
        "STORAGES": {
            "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        },
    }
    with override_settings(**plain):
        yield


@pytest.fixture(autouse=True)
def nothing_of_other_tests(settings: Any, counts_of_this_process: Path) -> None:
    """No file, no cached value and no signed head of another test."""
    settings.STORAGES = {**settings.STORAGES}  # Django opens a storage anew: an empty one
    settings.LEDGER_HEADS_DIR = counts_of_this_process.parent / "heads" / uuid4().hex
    for each in caches.all():
        each.clear()
    circuit.close()


@pytest.fixture(scope="module")
def staged_world(django_db_setup: None, django_db_blocker: Any, plain_settings: None) -> Iterator[bytes]:
    """The world of a module's tests, built once and packed: a test unpacks it in a fifth of a deep copy's time.

    Not for a module with tests that commit (transaction=True).
    """
    with django_db_blocker.unblock():
        stage = transaction.atomic()
        stage.__enter__()
        world = World()
        world.keep_files()
    yield pickle.dumps(world)
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        stage.__exit__(None, None, None)


@pytest.fixture
def world(staged_world: bytes, db: None) -> World:
    """The staged world as it was built: what a test does to its rows, files and objects is undone after it."""
    world = pickle.loads(staged_world)  # noqa: S301 - packed by the fixture above
    world.put_files()
    return world


@pytest.fixture(autouse=True)
def discretion() -> Iterator[None]:
    """Fails a test in which the product logged something personal or secret; so the whole suite's log is read."""
    root = logging.getLogger()
    root.addHandler(watch)
    yield
    root.removeHandler(watch)
    watch.ensure_nothing_personal()


@pytest.fixture
def api() -> ContractClient:
    """A client whose answers are held against the contract; `api.as_(person)` signs in."""
    return ContractClient()


@pytest.fixture
def no_hash_under_locks(monkeypatch: Any) -> Callable[[], int]:
    """Fails what hashes a password in a transaction of the product; called, says how many were hashed."""
    hasher, hashed, depth = type(get_hasher()), [], len(connection.savepoint_ids)
    encode = hasher.encode

    def watch(self: Any, *facts: Any) -> str:
        hashed.append(1)
        assert len(connection.savepoint_ids) == depth, "hashed in a transaction"
        return encode(self, *facts)

    monkeypatch.setattr(hasher, "encode", watch)
    return lambda: len(hashed)


@pytest.fixture
def assert_constant_queries() -> Callable[..., None]:
    """Proves that a call's number of queries does not grow with the data: called, grown, called again."""

    def check(call: Callable[[], Any], *, grow: Callable[[], Any]) -> None:
        call()
        with CaptureQueriesContext(connection) as before:
            call()
        grow()
        with CaptureQueriesContext(connection) as after:
            call()
        assert len(after) == len(before), "\n".join(sql_of(after))

    return check


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[str]:
    """The address of a real server whose links the test can make; needs the test's rows committed."""
    chromium_path()
    settings.SECRET_KEY = "the-same-for-both-processes-of-this-test"
    with running_api(environment(tmp_path, OUTBOX_NUDGE="0", LOG_LEVEL="ERROR")) as (address, _pid):
        yield address


@pytest.fixture
def browser(server: str, monkeypatch: Any) -> Iterator[Any]:
    """The system's Chromium; skips where there is none."""
    # Playwright's loop runs in this thread: Django takes it for an asynchronous caller, with connections of its own.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with running_browser() as running:
        try:
            yield running
        finally:
            connections.close_all()


@pytest.fixture
def nights(settings: Any) -> None:
    """People are left alone from 21:00 to 07:00, as in a deployment."""
    settings.QUIET_HOURS_START, settings.QUIET_HOURS_END = "21:00", "07:00"
