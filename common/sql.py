"""Hand-written SQL for what every phone repeats, on PostgreSQL alone; docs/architecture.md lists the texts.

Elsewhere the queryset answers that a text stands for, and tests/common/test_sql_texts.py holds the two equal.
"""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, NotSupportedError, connections
from django.db.models import Model
from django.db.transaction import TransactionManagementError

Result = TypeVar("Result")
RowModel = TypeVar("RowModel", bound=Model)

# By connection to the server, the names of the texts that it has planned.
_planned: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


def has_texts() -> bool:
    """Whether the database is the one that the texts are written for."""
    return connections[DEFAULT_DB_ALIAS].vendor == "postgresql"


class Columns(Generic[RowModel]):
    """All columns of a model's table, `selected` in a text under a name, and the instances that are made of them."""

    def __init__(self, model: type[RowModel], name: str) -> None:
        self.model, fields = model, model._meta.concrete_fields
        self.selected = ", ".join(f"{name}.{field.column}" for field in fields)
        self.names = [field.attname for field in fields]
        # By place, what Django calls on a value that it reads (JSON).
        converted = ((at, getattr(field, "from_db_value", None)) for at, field in enumerate(fields))
        self.converters = {at: convert for at, convert in converted if convert}

    def instance(self, values: Sequence[Any]) -> RowModel:
        """A row of the model, of its columns."""
        if self.converters:
            connection, read = connections[DEFAULT_DB_ALIAS], list(values)
            for at, convert in self.converters.items():
                read[at] = convert(read[at], None, connection)
            values = read
        return self.model.from_db(DEFAULT_DB_ALIAS, self.names, values)

    def __len__(self) -> int:
        return len(self.names)


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
        self.plan, self.locks = plan, " FOR UPDATE" in text
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
        if self.locks and not connection.in_atomic_block:
            raise TransactionManagementError("Rows are locked until the commit, and there is no transaction.")
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
