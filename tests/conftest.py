"""What every test may use."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.support.api import ContractClient


@pytest.fixture(autouse=True)
def plain_settings(settings: Any) -> Iterator[None]:
    """Fast password hashing, no nudges to a broker, mails kept in memory, an empty cache, no TLS redirect."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.OUTBOX_NUDGE = False
    settings.SECURE_SSL_REDIRECT = False
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def api() -> ContractClient:
    """A client whose answers are held against the contract; `api.as_(person)` signs in."""
    return ContractClient()


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
        assert len(after) == len(before), "\n".join(query["sql"] for query in after.captured_queries)

    return check
