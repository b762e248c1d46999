"""Races: calls that start together in real threads, and the seed to play one again."""

import random
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections
from django.db.models import QuerySet


def at_once(calls: Sequence[Callable[[], Any]], *, threads: int = 16) -> list[Any]:
    """Runs the calls in threads that start together; their answers in order, an exception being an answer too."""
    count = min(threads, len(calls))
    start = threading.Barrier(count)

    def run(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count, initializer=lambda: start.wait(30)) as pool:
        return list(pool.map(run, calls))


def seeded() -> random.Random:
    """A source of chance whose seed a failed test shows (it comes from pytest-randomly's own)."""
    seed = random.randrange(2**32)
    sys.stdout.write(f"seed of this race: {seed}\n")
    return random.Random(seed)


def without_row_locks(monkeypatch: Any) -> None:
    """For a control: every SELECT … FOR UPDATE becomes a plain SELECT."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *args, **options: self._chain())
