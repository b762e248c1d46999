"""Uploads: one file in a multipart body, bounded before it is read, and nothing else beside it."""

import functools
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from common.api.parsers import TooLarge
from common.api.serializers import Input
from common.api.throttling import CeilingThrottle
from common.reading import LARGEST_FILE_BYTES, PDF, PICTURE, ReadFile, read_file

# What the multipart form itself needs around the file.
ENVELOPE_BYTES = 10_000


class UploadParser(MultiPartParser):
    """`multipart/form-data` of at most 10 MB and its envelope; raises TooLarge."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        if "boundary=" not in (media_type or ""):
            raise UnsupportedMediaType(media_type)
        if stream is None or int(stream.META.get("CONTENT_LENGTH") or 0) > LARGEST_FILE_BYTES + ENVELOPE_BYTES:
            raise TooLarge(_("This file is too large: at most 10 MB. Choose a smaller one."))
        return super().parse(stream, media_type, parser_context)


@extend_schema_field({"type": "string", "format": "binary", "minLength": 1})
class UploadField(serializers.FileField):
    """A file of at least one byte, and the contract says so."""


class UploadInput(Input):
    """The name and media type that were sent with the file are not believed, and not kept."""

    file = UploadField(use_url=False)


class UploadViewMixin:
    """For a view with actions that take a file: so many an hour for each person."""

    throttle_scope = "upload"
    file_kinds: tuple[str, ...] = (PICTURE, PDF)
    file: ReadFile

    def get_throttles(self) -> list[Any]:
        handler = getattr(self, getattr(self, "action", None) or "", None)
        return [CeilingThrottle()] if getattr(handler, "reads_a_file", False) else super().get_throttles()  # type: ignore[misc]


def reads_a_file(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Reads the file that was sent into `view.file`, once the row is known to be there for the sender.

    Outermost: a transaction that waited for a reader would hold its locks meanwhile.
    """

    @functools.wraps(handler)
    def read_then(view: Any, request: Request, *args: Any, **kwargs: Any) -> Any:
        view.get_object()
        view.file = read_file(view.valid_input()["file"], kinds=view.file_kinds)
        with view.file.content:
            return handler(view, request, *args, **kwargs)

    read_then.reads_a_file = True  # type: ignore[attr-defined]
    return read_then
