"""Uploads: one file in a multipart body, bounded before it is read, and nothing else beside it."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import MultiPartParser

from common.api.serializers import Input

LARGEST_UPLOAD_BYTES = 10_000_000
# What the multipart form itself needs around the file.
ENVELOPE_BYTES = 10_000


class UploadParser(MultiPartParser):
    """`multipart/form-data` of at most 10 MB and its envelope; raises RequestDataTooBig (413)."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        if "boundary=" not in (media_type or ""):
            raise UnsupportedMediaType(media_type)
        if stream is None or int(stream.META.get("CONTENT_LENGTH") or 0) > LARGEST_UPLOAD_BYTES + ENVELOPE_BYTES:
            raise RequestDataTooBig
        return super().parse(stream, media_type, parser_context)


@extend_schema_field({"type": "string", "format": "binary", "minLength": 1})
class UploadField(serializers.FileField):
    """A file of at least one byte, and the contract says so."""


class UploadInput(Input):
    """The name and media type that were sent with the file are not believed, and not kept."""

    file = UploadField(use_url=False)
