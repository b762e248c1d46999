"""Reads request bodies strictly: what JSON leaves open (duplicates, NaN, depth, odd characters) is refused."""

import json
import math
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser

from common.text import UNSTORABLE

MAX_DEPTH = 32
MAX_INTEGER_DIGITS = 30


class TooLarge(APIException):
    """413: more than is read at all."""

    status_code = 413
    default_code = "too_large"
    default_detail = gettext_lazy("The body is too large.")


def refuse_unstorable(text: str) -> None:
    """Raises ParseError when a text holds a character that cannot be kept or passed on."""
    if UNSTORABLE.search(text):
        raise ParseError(_("A text holds a control character or a lone surrogate."))


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
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


def _check(value: Any, depth: int = 0) -> None:
    if depth > MAX_DEPTH:
        raise ParseError(_("The JSON is nested too deeply."))
    if isinstance(value, str):
        refuse_unstorable(value)
    elif isinstance(value, dict):
        for key, member in value.items():
            refuse_unstorable(key)
            _check(member, depth + 1)
    elif isinstance(value, list):
        for member in value:
            _check(member, depth + 1)


class StrictJSONParser(JSONParser):
    """JSON in UTF-8, at most 1 MB, no duplicate names, no NaN or overflow, 32 levels, only storable text."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        raw = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(raw) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise TooLarge
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
