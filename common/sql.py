"""Hand-written SQL for what every phone repeats, on PostgreSQL alone; docs/architecture.md lists the texts.

Elsewhere the queryset answers that a text stands for, and tests/test_sql_texts.py holds the two equal.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, NotSupportedError, connections

Result = TypeVar("Result")

# By connection to the server, the names of the texts that it has planned.
_planned: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


def has_texts() -> bool:
    """Whether the database is the one that the texts are written for."""
    return connections[DEFAULT_DB_ALIAS].vendor == "postgresql"


def columns(table: str, names: Iterable[str]) -> str:
    """`columns("person", ["id", "email"])`: `person.id, person.email`."""
    return ", ".join(f"{table}.{name}" for name in names)


class SqlText:
    """One statement. `%(name)s` stands for a value, whose type `types` names: `SqlText(text, types={"id": "uuid"})`.

    With a `plan` name each connection plans it once, with PREPARE: for reads outside of transactions that take longer
    to plan than to run, and whose best plan the values do not change. A pooler that shares connections between
    transactions knows no such plans: DATABASE_KEEPS_PLANS=False runs the plain text instead.
    """

    def __init__(self, text: str, *, types: dict[str, str], plan: str = "") -> None:
        numbered = {name: f"${number}" for number, name in enumerate(types, 1)}
        values = ", ".join(f"%({name})s" for name in types)
        self.text = text % {name: f"%({name})s::{of_type}" for name, of_type in types.items()}
        self.plan = plan
        self._prepare = f"PREPARE {plan} ({', '.join(types.values())}) AS {text % numbered}"
        self._execute = f"EXECUTE {plan} ({values})"

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        """The rows that it answers."""
        return self._run(values, lambda cursor: cursor.fetchall())

    def run(self, **values: Any) -> int:
        """How many rows it wrote."""
        return self._run(values, lambda cursor: cursor.rowcount)

    def _run(self, values: dict[str, Any], read: Callable[[Any], Result]) -> Result:
        connection = connections[DEFAULT_DB_ALIAS]
        with connection.cursor() as cursor:
            if not (self.plan and settings.DATABASE_KEEPS_PLANS):
                cursor.execute(self.text, values)
                return read(cursor)
            self._ensure_planned(connection)
            try:
                cursor.execute(self._execute, values)
            except NotSupportedError:  # a column was given another type since it was planned
                cursor.execute("DEALLOCATE ALL")
                _planned.pop(connection.connection, None)
                self._ensure_planned(connection)
                cursor.execute(self._execute, values)
            return read(cursor)

    def _ensure_planned(self, connection: Any) -> None:
        planned = _planned.setdefault(connection.connection, set())
        if self.plan not in planned:
            # Past Django's cursor: once for each connection, it is no question of the request that came first.
            with connection.wrap_database_errors:
                connection.connection.execute(self._prepare)
            planned.add(self.plan)
