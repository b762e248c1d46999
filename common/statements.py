"""Queries that are built once and run many times: building SQL is two thirds of what a small read costs."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from typing import Any

from django.db import DEFAULT_DB_ALIAS, NotSupportedError, connections
from django.db.models import Aggregate, Expression, Field, Func, Model, QuerySet, Subquery, TextField
from django.db.models.constants import OnConflict
from django.db.models.query import ModelIterable, get_related_populators
from django.db.models.sql import InsertQuery, UpdateQuery
from django.db.transaction import TransactionManagementError


class Slot(Expression):
    """A value of a query that is given when it runs, prepared for the database as a value of `field`."""

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]

    def prepared(self, values: dict[str, Any], connection: Any) -> Any:
        return self.output_field.get_db_prep_value(values[self.name], connection)


class Slots(Slot):
    """A list of such values, for `field__in=`."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "(SELECT value FROM JSON_EACH(%s))", [self]

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        return f"(SELECT UNNEST(%s::{self.output_field.db_type(connection)}[]))", [self]

    def prepared(self, values: dict[str, Any], connection: Any) -> Any:
        each = [self.output_field.get_db_prep_value(value, connection) for value in values[self.name]]
        return each if connection.vendor == "postgresql" else json.dumps(each)


class JsonRows(Aggregate):
    """Rows of some columns as one JSON text, in no order: what a subquery answers that has many.

    Each database writes times and ids in its own way (common.api.rows reads both).
    """

    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template="JSON_AGG(JSON_BUILD_ARRAY(%(expressions)s))::text")

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template="JSON_GROUP_ARRAY(JSON_ARRAY(%(expressions)s))")


class StampsText(Aggregate):
    """PostgreSQL's rows of an id and other columns as a text that is the same for the same rows: `a:1,b:2`, by id.

    `stamps_text` makes the same of an id and its stamp.
    """

    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        pk, _params = compiler.compile(self.source_expressions[0])
        one = "CONCAT_WS(':', %(expressions)s)"
        return self.as_sql(compiler, connection, template=f"STRING_AGG({one}, ',' ORDER BY {pk})")


class StampText(Func):
    """One row of an id, stamps and a StampsText, which may be NULL: `a|1|2|b:1,c:2`."""

    template, output_field = "CONCAT_WS('|', %(expressions)s)", TextField()


class RowsText(Subquery):
    """All rows of one column, in their order, as one text with a line each; NULL without any."""

    template, output_field = "(SELECT STRING_AGG(line, E'\\n') FROM (%(subquery)s) AS rows_of (line))", TextField()


def stamps_text(rows: Iterable[tuple[str, str]]) -> str:
    """`StampsText` of an id and its stamp, given as text."""
    return ",".join(sorted(f"{pk}:{stamp}" for pk, stamp in rows))


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
    """`Statement(build).rows(*shape, **values)`: what the queryset that `build(*shape)` makes gives, as a list.

    Tuples of a `values_list`, or instances of the model, with those of `select_related`. What differs in the SQL
    itself (a limit) is the shape: each shape is built once. What differs only in a value is a Slot.
    `keeps_plan`: PostgreSQL plans it once for each connection (docs/adr/0061), for what takes longer to plan than to
    run, and whose best plan the values do not change.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], *, keeps_plan: bool = False) -> None:
        self._build, self._keeps_plan = build, keeps_plan
        self._built: dict[Any, tuple[str, list[Any], Callable[[list[Any]], list[Any]]]] = {}
        self._locks = False

    def rows(self, *shape: Any, **values: Any) -> list[Any]:
        connection = connections[DEFAULT_DB_ALIAS]
        key = (connection.vendor, *shape)
        if key not in self._built:
            queryset = self._build(*shape)
            compiler = queryset.query.get_compiler(connection=connection)
            sql, params = compiler.as_sql()
            self._locks = queryset.query.select_for_update
            self._built[key] = sql, list(params), _reader(queryset, compiler)
        if self._locks and not connection.in_atomic_block:
            raise TransactionManagementError("Rows are locked until the commit, and there is no transaction.")
        sql, params, read = self._built[key]
        params = _prepared(params, values, connection)
        if not self._keeps_plan:
            return read(_fetch(connection.cursor(), sql, params))
        try:
            return read(_fetch(_planned_once(connection), sql, params))
        except NotSupportedError:  # a column was given another type since it was planned
            _forget_plans(connection)
            return read(_fetch(_planned_once(connection), sql, params))


class Update:
    """`Update(build, **changes).run(**values)`: changes rows of the queryset that `build()` makes; returns how many.

    A change is a Slot or any other expression.
    """

    def __init__(self, build: Callable[[], QuerySet[Any, Any]], **changes: Any) -> None:
        self._build, self._changes = build, changes
        self._built: dict[str, tuple[str, list[Any]]] = {}

    def run(self, **values: Any) -> int:
        connection = connections[DEFAULT_DB_ALIAS]
        if connection.vendor not in self._built:
            query: Any = self._build().query.chain(UpdateQuery)
            query.add_update_values(self._changes)
            sql, params = query.get_compiler(connection=connection).as_sql()
            self._built[connection.vendor] = sql, list(params)
        sql, params = self._built[connection.vendor]
        with connection.cursor() as cursor:
            cursor.execute(sql, _prepared(params, values, connection))
            return cursor.rowcount


class Insert:
    """`Insert(Model).run(row)`: writes an instance, as `save(force_insert=True)` does of a model without signals.

    `upsert` writes over the row that has the same `unique` columns: the columns it names. `given()` has expressions by
    the name of the column, which the database works out instead of taking the instance's value.
    """

    def __init__(
        self,
        model: type[Model],
        *,
        upsert: Collection[str] = (),
        unique: Collection[str] = (),
        given: Callable[[], dict[str, Any]] = dict,
    ) -> None:
        self._model, self._upsert, self._unique, self._given = model, upsert, unique, given
        self._built: dict[str, tuple[str, list[Any]]] = {}

    def run(self, row: Any) -> None:
        connection = connections[DEFAULT_DB_ALIAS]
        if connection.vendor not in self._built:
            self._built[connection.vendor] = self._sql(connection)
        sql, params = self._built[connection.vendor]
        values = {field.attname: field.pre_save(row, True) for field in self._model._meta.concrete_fields}
        with connection.cursor() as cursor:
            cursor.execute(sql, _prepared(params, values, connection))
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS

    def _sql(self, connection: Any) -> tuple[str, list[Any]]:
        fields = self._model._meta.concrete_fields
        slots = self._model(**{field.attname: Slot(field.attname, field) for field in fields} | self._given())
        of: Any = self._model._meta.get_field
        conflict = {
            "on_conflict": OnConflict.UPDATE,
            "update_fields": [of(name) for name in self._upsert],
            "unique_fields": [of(name) for name in self._unique],
        }
        query = InsertQuery(self._model, **conflict if self._upsert else {})
        query.insert_values(fields, [slots], raw=True)
        [(sql, params)] = query.get_compiler(connection=connection).as_sql()
        return sql, list(params)


def _fetch(cursor: Any, sql: str, params: list[Any]) -> list[Any]:
    with cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def _planned_once(connection: Any) -> Any:
    """A cursor of Django's whose statements the server prepares (OPTIONS `prepare_threshold`), where there is such."""
    if connection.vendor != "postgresql":
        return connection.cursor()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        return connection._prepare_cursor(connection.Database.Cursor(connection.connection))


def _forget_plans(connection: Any) -> None:
    """On the server; psycopg reads it as well, and prepares anew."""
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")


def _prepared(params: list[Any], values: dict[str, Any], connection: Any) -> list[Any]:
    return [param.prepared(values, connection) if isinstance(param, Slot) else param for param in params]


def _reader(queryset: QuerySet[Any, Any], compiler: Any) -> Callable[[list[Any]], list[Any]]:
    """What makes of the database's rows those of the queryset."""
    converters = compiler.get_converters([column[0] for column in compiler.select])
    instances = _instances(compiler) if queryset._iterable_class is ModelIterable else None

    def read(rows: list[Any]) -> list[Any]:
        if converters:
            rows = [tuple(row) for row in compiler.apply_converters(rows, converters)]
        return [instances(row) for row in rows] if instances else rows

    return read


def _instances(compiler: Any) -> Callable[[Any], Any]:
    """What makes an instance of a row of columns, as ModelIterable does."""
    shape, annotated = compiler.klass_info, compiler.annotation_col_map or {}
    places = slice(shape["select_fields"][0], shape["select_fields"][-1] + 1)
    names = [column[0].target.attname for column in compiler.select[places]]
    # The stubs are of a later Django, which asks for a mode of fetching besides.
    related = get_related_populators(shape, compiler.select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]

    def instance(row: Any) -> Any:
        made = shape["model"].from_db(DEFAULT_DB_ALIAS, names, row[places])
        for one in related:
            one.populate(row, made)
        for name, place in annotated.items():
            setattr(made, name, row[place])
        return made

    return instance
