"""An Output made from columns instead of from model instances: the same body for a fraction of the time."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from rest_framework import serializers

from common.api.serializers import Output

# The length of `2026-11-27T13:00:00+00:00`, which is how PostgreSQL's JSON writes most times.
WHOLE_SECONDS = 25


class RowShape:
    """Reads an Output class once: which `columns` it needs (for `values_list`), and what it makes of them.

    `given` names the fields that are put into the body afterwards. A field that is neither a column nor given is
    refused when the server starts, so that a field added to the Output is never silently missing here.
    """

    def __init__(self, output: type[Output], *, given: Iterable[str] = (), prefix: str = "") -> None:
        self.columns: list[str] = []
        self._names: list[str] = []
        self._texts: list[tuple[str, Callable[[Any], str]]] = []
        self._inner: list[tuple[str, RowShape, int, int]] = []
        fields = output().fields
        self._blank = dict.fromkeys(fields)
        for name, field in fields.items():
            if name in given:
                continue
            if isinstance(field, Output):
                inner, start = RowShape(type(field), prefix=f"{prefix}{field.source}__"), len(self.columns)
                self._inner.append((name, inner, start, start + len(inner.columns)))
                self.columns += inner.columns
                # In step with the columns; each is written over by the inner body.
                self._names += [name] * len(inner.columns)
                continue
            if isinstance(field, serializers.SerializerMethodField | serializers.BaseSerializer):
                raise TypeError(f"{output.__name__}.{name} is no column: give it")
            self.columns.append(prefix + str(field.source).replace(".", "__"))
            self._names.append(name)
            if isinstance(field, serializers.DateTimeField):
                self._texts.append((name, instant_text))
            elif isinstance(field, serializers.UUIDField | serializers.PrimaryKeyRelatedField):
                self._texts.append((name, uuid_text))

    def body(self, values: Any) -> dict[str, Any]:
        """The body of one row of `columns`."""
        body = self._blank.copy()
        body.update(zip(self._names, values, strict=True))
        for name, text in self._texts:
            if body[name] is not None:
                body[name] = text(body[name])
        for name, shape, start, end in self._inner:
            body[name] = shape.body(values[start:end])
        return body


def uuid_text(value: Any) -> str:
    """As UUIDField writes it, of a UUID or of the text that a database's JSON has for one."""
    return str(UUID(value)) if isinstance(value, str) and len(value) == 32 else str(value)


def instant_text(value: Any) -> str:
    """As InstantField writes it, of a time in UTC or of the text that a database's JSON has for one."""
    if isinstance(value, str):
        if len(value) == WHOLE_SECONDS and value.endswith("+00:00"):
            return f"{value[:-6]}Z"
        value = datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value.isoformat().replace("+00:00", "Z")
