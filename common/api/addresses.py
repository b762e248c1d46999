"""Ids in the addresses of the API."""

from django.urls.converters import UUIDConverter


class IdConverter(UUIDConverter):
    """A UUID in either case, as in a body: phones that make ids write them in capitals, too (RFC 9562, section 4)."""

    regex = UUIDConverter.regex.replace("a-f", "a-fA-F")


# Registered in common.apps.
ID = "id"
