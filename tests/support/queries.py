"""What was asked of the database, as text; and a connection that stays while it is asked."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test.utils import CaptureQueriesContext


def sql_of(asked: CaptureQueriesContext) -> list[str]:
    """The statements; "" for one whose text psycopg does not repeat."""
    return [query["sql"] or "" for query in asked.captured_queries]


@contextmanager
def connections_kept() -> Iterator[None]:
    """Django closes a connection that is in a transaction when a request that no test client sends begins or ends."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in signals:
            signal.connect(close_old_connections)
