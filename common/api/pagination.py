"""Lists by cursor: `{next, previous, results}`, stable while rows come and go, never counting the whole."""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from common.errors import DomainError
from common.text import UNSTORABLE

MAX_PAGE_SIZE = 100
DEFAULT_PAGE_SIZE = 20
MAX_CURSOR_LENGTH = 2000
CURSOR_PATTERN = r"^[A-Za-z0-9_-]+={0,2}$"


class CursorUnknown(DomainError):
    """404: a cursor by its letters, and no page of this list."""

    status = 404
    code = "cursor_unknown"
    detail = gettext_lazy("There is no such page of this list. Begin again at its first page.")


def _bad(name: str, detail: str) -> ValidationError:
    return ValidationError({name: [detail]}, code="invalid")


@dataclass(frozen=True)
class Keyset:
    """Where a page begins: an ordering, and the values of the row that it goes on from (None at the beginning).

    `ordering` is a tuple of field or annotation names, each with an optional `-`; it must end in a unique name
    and hold no nulls. An edited cursor can only lead elsewhere in the same visible rows.
    """

    ordering: tuple[str, ...]
    position: list[Any] | None = None
    backwards: bool = False

    def rows(self, queryset: Any, limit: int) -> Any:
        """The first rows beyond the position, nearest to it first."""
        ordering = [_reversed(name) for name in self.ordering] if self.backwards else self.ordering
        rows = queryset.order_by(*ordering)
        return (rows.filter(self._beyond(self.position)) if self.position else rows)[:limit]

    def _beyond(self, position: list[Any]) -> Q:
        condition, equal_so_far = Q(), Q()
        for name, value in zip(self.ordering, position, strict=True):
            descending, field = name.startswith("-"), name.lstrip("-")
            lookup = "lt" if descending != self.backwards else "gt"
            condition |= equal_so_far & Q(**{f"{field}__{lookup}": value})
            equal_so_far &= Q(**{field: value})
        return condition


def _reversed(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _key_of(row: Any, name: str) -> Any:
    """The value of a row, an instance or a dict, as a cursor carries it."""
    if isinstance(row, dict):
        value = row[name]
    else:
        value = row
        for part in name.split("__"):
            value = getattr(value, part)
    return value if isinstance(value, float) else str(value)


class KeysetPagination(BasePagination):
    """Pages by the last row seen instead of by offset: the view's `ordering`, which ends in a unique name.

    How the rows of a page are read is the view's own affair (`rows_of_page`).
    """

    query_parameters = ("cursor", "page_size")

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        self.ordering: tuple[str, ...] = view.get_ordering()
        size = self._page_size(request.query_params.get("page_size"))
        cursor = request.query_params.get("cursor")
        backwards, position = self._decode(cursor) if cursor is not None else (False, None)
        try:
            page = view.rows_of_page(queryset, Keyset(self.ordering, position, backwards), size + 1)
        except (ValueError, TypeError, OverflowError, DjangoValidationError) as error:
            if position is None:
                raise
            raise CursorUnknown from error
        more, page = len(page) > size, page[:size]
        if backwards:
            page.reverse()
        self.has_next = bool(page) and (backwards or more)
        self.has_previous = bool(page) and (more if backwards else position is not None)
        self.page = page
        return page

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {
                "next": self._link(self.page[-1], backwards=False) if self.has_next else None,
                "previous": self._link(self.page[0], backwards=True) if self.has_previous else None,
                "results": data,
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "Where to go on: taken from `next` or `previous`.",
                "schema": {"type": "string", "maxLength": MAX_CURSOR_LENGTH, "pattern": CURSOR_PATTERN},
            },
            {
                "name": "page_size",
                "in": "query",
                "required": False,
                "description": "How many rows one answer holds at most, 1 to 100.",
                "schema": {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": DEFAULT_PAGE_SIZE},
            },
        ]

    def _page_size(self, text: str | None) -> int:
        if text is None:
            return DEFAULT_PAGE_SIZE
        if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MAX_PAGE_SIZE):
            raise _bad("page_size", _("Send a whole number from 1 to %(most)d.") % {"most": MAX_PAGE_SIZE})
        return int(text)

    def _decode(self, cursor: str) -> tuple[bool, list[Any]]:
        if len(cursor) > MAX_CURSOR_LENGTH or not re.fullmatch(CURSOR_PATTERN, cursor, re.ASCII):
            raise _bad("cursor", _("Not a cursor: take it from next or previous."))
        try:
            direction, *position = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
        except (binascii.Error, ValueError, TypeError, RecursionError) as error:
            raise CursorUnknown from error
        # NaN is no position, nor is a text that no database keeps.
        sound = all(isinstance(value, str | float) and value == value for value in position) and not any(
            isinstance(value, str) and UNSTORABLE.search(value) for value in position
        )
        if direction not in ("n", "p") or len(position) != len(self.ordering) or not sound:
            raise CursorUnknown
        return direction == "p", position

    def _link(self, row: Any, *, backwards: bool) -> str:
        position = [_key_of(row, name.lstrip("-")) for name in self.ordering]
        cursor = base64.urlsafe_b64encode(json.dumps(["p" if backwards else "n", *position]).encode()).decode()
        query = {**self.request.query_params.dict(), "cursor": cursor}
        return self.request.build_absolute_uri(f"{self.request.path}?{urlencode(query)}")
