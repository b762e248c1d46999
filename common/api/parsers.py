"""Reads request bodies strictly: what JSON leaves open (duplicates, NaN, depth, odd characters) is refused."""

import json
import math
from io import BytesIO
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser

from common.text import UNSTORABLE

MAX_DEPTH = 32
MAX_INTEGER_DIGITS = 30
# No body of ours has so many: what is refused after reading must be cheap to read.
MAX_NAMES = 200
MAX_VALUES = 20_000
MAX_FORM_FIELDS = 50


class TooLarge(APIException):
    """413: more than is read at all."""

    status_code = 413
    default_code = "too_large"
    default_detail = gettext_lazy("This is too large. Send less at a time.")


def refuse_unstorable(text: str) -> None:
    """Raises ParseError when a text holds a character that cannot be kept or passed on."""
    if UNSTORABLE.search(text):
        raise ParseError(_("A text holds a control character or a lone surrogate."))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MAX_NAMES:
        raise ParseError(_("An object has too many names."))
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ParseError(_("The same name stands twice in one object."))
        result[key] = value
    return result


def _integer(digits: str) -> int:
    if len(digits) > MAX_INTEGER_DIGITS:
        raise ParseError(_("A number is too large."))
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ParseError(_("A number is too large."))
    return value


def _constant(name: str) -> Any:
    raise ParseError(_("NaN and Infinity are not JSON."))


def _check(value: Any) -> None:
    """Level by level, so that neither depth nor width costs more than it is worth."""
    level, depth, count = [value], 0, 0
    while level:
        if depth > MAX_DEPTH:
            raise ParseError(_("The JSON is nested too deeply."))
        below: list[Any] = []
        for one in level:
            if isinstance(one, str):
                refuse_unstorable(one)
            elif isinstance(one, dict):
                for key in one:
                    refuse_unstorable(key)
                below.extend(one.values())
            elif isinstance(one, list):
                below.extend(one)
        count += len(below)
        if count > MAX_VALUES:
            raise ParseError(_("The JSON holds too many values."))
        level, depth = below, depth + 1


def _read(stream: Any, parser_context: Any) -> bytes:
    """The body, if it is no larger than the view takes; raises TooLarge."""
    view = (parser_context or {}).get("view")
    most = view.largest_body_bytes() if view is not None else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    raw: bytes = stream.read(most + 1)
    if len(raw) > most:
        raise TooLarge
    return raw


class StrictFormParser(FormParser):
    """The form of a page: as large as the view takes, and of no more fields than a page has."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        raw = _read(stream, parser_context)
        if raw.count(b"&") >= MAX_FORM_FIELDS:
            raise ParseError(_("A form has too many fields."))
        return QueryDict(raw, encoding="utf-8")


class StrictMultiPartParser(MultiPartParser):
    """The same form as `multipart/form-data`, as mail programs send it; without files."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        raw = _read(stream, parser_context)
        if raw.count(b"\n--") > MAX_FORM_FIELDS:
            raise ParseError(_("A form has too many fields."))
        parsed = super().parse(BytesIO(raw), media_type, parser_context)
        if parsed.files:
            raise ParseError(_("A form of a page holds no file."))
        return parsed.data


class StrictJSONParser(JSONParser):
    """JSON in UTF-8, at most 1 MB (50 kB from nobody known), no duplicate names, no NaN or overflow, 32 levels, only
    storable text."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        raw = _read(stream, parser_context)
        try:
            value = json.loads(
                raw.decode("utf-8"),
                object_pairs_hook=_object,
                parse_int=_integer,
                parse_float=_float,
                parse_constant=_constant,
            )
            _check(value)
        except RecursionError as error:
            raise ParseError(_("The JSON is nested too deeply.")) from error
        except ValueError as error:
            raise ParseError(_("The body is not valid JSON in UTF-8.")) from error
        return value
