"""Races: calls that start together in real threads, and the seed to play one again."""

import random
import re
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Model

from tests.support.patience import PATIENCE_SECONDS, wait_until

ROW_LOCK = re.compile(r' FOR (?:NO KEY )?(?:UPDATE|SHARE)(?: OF [\w".]+(?:, [\w".]+)*)?(?: NOWAIT| SKIP LOCKED)?')


def at_once(
    calls: Sequence[Callable[[], Any]], *, threads: int = 16, meet_before: type[Model] | None = None
) -> list[Any]:
    """Runs the calls in threads that start together; their answers in order, an exception being an answer too.

    For a control: with `meet_before` nobody writes a row of that model until all are about to. So each has looked
    before any writes, however the threads are scheduled; when one never comes there, the test fails.
    """
    count = min(threads, len(calls))
    start = threading.Barrier(count)
    wrappers = list(connection.execute_wrappers)
    if meet_before is not None:
        assert count == len(calls), "each call needs a thread, to wait in it for the others"
        wrappers.append(_Meeting(meet_before, count))

    def run(call: Callable[[], Any]) -> Any:
        try:
            with ExitStack() as wrapped:
                for wrapper in wrappers:
                    wrapped.enter_context(connection.execute_wrapper(wrapper))
                return call()
        except threading.BrokenBarrierError:
            raise
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count, initializer=lambda: start.wait(PATIENCE_SECONDS)) as pool:
        return list(pool.map(run, calls))


class _Meeting:
    """Around each statement of a thread: the first that writes a row of the model waits for those of the others."""

    def __init__(self, model: type[Model], count: int) -> None:
        table = connection.ops.quote_name(model._meta.db_table)
        self.writes = tuple(f"{verb} {table}" for verb in ("INSERT INTO", "UPDATE", "DELETE FROM"))
        self.everybody, self.here = threading.Barrier(count), threading.local()

    def __call__(self, execute: Any, sql: str, *facts: Any) -> Any:
        if sql.startswith(self.writes) and not getattr(self.here, "has_met", False):
            self.here.has_met = True
            self.everybody.wait(PATIENCE_SECONDS)
        return execute(sql, *facts)


def answering(client: Any) -> Any:
    """The client, which answers 500 where Django's raises: there, of many threads, each raises whatever one met."""
    client.raise_request_exception = False
    return client


def seeded() -> random.Random:
    """A source of chance whose seed a failed test shows (it comes from pytest-randomly's own)."""
    seed = random.randrange(2**32)
    sys.stdout.write(f"seed of this race: {seed}\n")
    return random.Random(seed)


def without_row_locks(monkeypatch: Any) -> None:
    """For a control: in this thread and in those of `at_once`, every SELECT … FOR UPDATE is a plain SELECT."""

    def look_only(execute: Any, sql: str, *facts: Any) -> Any:
        return execute(ROW_LOCK.sub("", sql), *facts)

    here = connections[DEFAULT_DB_ALIAS]
    monkeypatch.setattr(here, "execute_wrappers", [*here.execute_wrappers, look_only])


def meet_after(monkeypatch: Any, owner: Any, look: str, *, count: int) -> None:
    """For a control: a thread that has looked waits until all `count` have, so that each writes by the same look.

    `owner.look` is the last thing a move reads before it writes. A thread waits at its first look alone; when one
    never comes there, all fail.
    """
    original, everybody, here = getattr(owner, look), threading.Barrier(count), threading.local()

    def look_and_wait(*args: Any, **facts: Any) -> Any:
        seen = original(*args, **facts)
        if not getattr(here, "has_met", False):
            here.has_met = True
            everybody.wait(PATIENCE_SECONDS)
        return seen

    monkeypatch.setattr(owner, look, look_and_wait)


def comes_to_wait(thread: threading.Thread) -> bool:
    """Whether the thread comes to wait for the lock of another transaction, before it ends without (PostgreSQL)."""

    def waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            return bool(cursor.rowcount)

    wait_until(lambda: waits() or not thread.is_alive())
    return thread.is_alive()
