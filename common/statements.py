"""Queries that are built once and run many times: building SQL is two thirds of what a small read costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.db.models import Aggregate, Expression, Field, Func, QuerySet, TextField


class Slot(Expression):
    """A value of a query that is given when it runs, prepared for the database as a value of `field`."""

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]

    def prepared(self, values: dict[str, Any]) -> Any:
        return self.output_field.get_db_prep_value(values[self.name], connection)


class Slots(Expression):
    """A list of `count` such values, for `field__in=`."""

    def __init__(self, name: str, field: Field[Any, Any], count: int) -> None:
        super().__init__(output_field=field)
        self.name, self.count = name, count

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        each = [Slot(f"{self.name}{number}", self.output_field) for number in range(self.count)]
        return f"({', '.join(['%s'] * self.count)})", each


class JsonRows(Aggregate):
    """Rows of some columns as one JSON text, in no order: what a subquery answers that has many.

    Each database writes times and ids in its own way (common.api.rows reads both).
    """

    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template="JSON_AGG(JSON_BUILD_ARRAY(%(expressions)s))::text")

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template="JSON_GROUP_ARRAY(JSON_ARRAY(%(expressions)s))")


class RowStamp(Func):
    """Which version of its row PostgreSQL shows (`xmin`): another one after every write, whoever writes.

    `RowStamp("name")` is of the row that has this column. Other databases have none: "".
    """

    output_field = TextField()

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> Any:
        return "''", []

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        column, params = compiler.compile(self.source_expressions[0])
        return f"{column.rpartition('.')[0]}.xmin::text", params


class Statement:
    """`Statement(build).rows(*shape, **values)`: the rows, as tuples, of the `values_list` that `build(*shape)` makes.

    What differs in the SQL itself (a limit, a number of ids) is the shape: each shape is built once. What differs only
    in a value is a Slot.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]]) -> None:
        self._build = build
        self._built: dict[Any, tuple[str, list[Any], Any, dict[int, Any]]] = {}

    def rows(self, *shape: Any, **values: Any) -> list[Any]:
        key = (connection.vendor, *shape)
        if key not in self._built:
            compiler = self._build(*shape).query.get_compiler(connection=connection)
            sql, params = compiler.as_sql()
            converters = compiler.get_converters([column[0] for column in compiler.select])
            self._built[key] = sql, list(params), compiler, converters
        sql, params, compiler, converters = self._built[key]
        for name, value in list(values.items()):
            if isinstance(value, list):
                values |= {f"{name}{number}": member for number, member in enumerate(value)}
        with connection.cursor() as cursor:
            cursor.execute(sql, [param.prepared(values) if isinstance(param, Slot) else param for param in params])
            rows = cursor.fetchall()
        return [tuple(row) for row in compiler.apply_converters(rows, converters)] if converters else rows
