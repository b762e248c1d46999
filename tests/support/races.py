"""Races: calls that start together in real threads, and the seed to play one again."""

import random
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection, connections
from django.db.models import QuerySet

from common.statements import Statement


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


def answering(client: Any) -> Any:
    """The client, which answers 500 where Django's raises: there, of many threads, each raises whatever one met."""
    client.raise_request_exception = False
    return client


def seeded() -> random.Random:
    """A source of chance whose seed a failed test shows (it comes from pytest-randomly's own)."""
    seed = random.randrange(2**32)
    sys.stdout.write(f"seed of this race: {seed}\n")
    return random.Random(seed)


def without_row_locks(monkeypatch: Any, *, pause_seconds: float = 0.05) -> None:
    """For a control: every SELECT … FOR UPDATE becomes a plain SELECT, after which its thread lingers.

    Those of a Statement, too. So those who started together have all looked before one of them writes, however the
    threads are scheduled.
    """
    fetch, rows_of = QuerySet._fetch_all, Statement.rows

    def look_and_linger(rows: Any) -> None:
        would_lock = rows._result_cache is None and rows.query.select_for_update
        fetch(rows)
        if would_lock:
            time.sleep(pause_seconds)

    def look_and_linger_built(statement: Statement, *shape: Any, **values: Any) -> list[Any]:
        anew = Statement(statement._build)
        found = rows_of(anew, *shape, **values)
        if anew._locks:
            time.sleep(pause_seconds)
        return found

    monkeypatch.setattr(type(connection.features), "has_select_for_update", False)
    monkeypatch.setattr(QuerySet, "_fetch_all", look_and_linger)
    monkeypatch.setattr(Statement, "rows", look_and_linger_built)


def meet_after(monkeypatch: Any, owner: Any, look: str, *, count: int) -> None:
    """For a control: who has looked waits until all `count` threads have, so that each writes by the same look.

    `owner.look` is the last thing a move reads before it writes. A thread waits at its first look alone; when one
    never comes there, all fail.
    """
    original, everybody, here = getattr(owner, look), threading.Barrier(count), threading.local()

    def look_and_wait(*args: Any, **facts: Any) -> Any:
        seen = original(*args, **facts)
        if not getattr(here, "has_met", False):
            here.has_met = True
            everybody.wait(60)
        return seen

    monkeypatch.setattr(owner, look, look_and_wait)
