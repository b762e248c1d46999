"""The HTTP side of versions: a strong ETag for the reader, If-Match for the editor (RFC 9110 section 13.1.1)."""

import re
from collections.abc import Callable
from typing import Any

from common.errors import VersionNeeded

_TAG = re.compile(r'^"(\d{1,9})"$', re.ASCII)


def etag_of(row: Any) -> str:
    """The strong ETag of a row that counts its `version`."""
    return f'"{row.version}"'


def expected_versions(request: Any) -> set[int] | None:
    """The versions that If-Match allows, None for `*`; raises VersionNeeded (428) when the header is absent."""
    header = request.headers.get("If-Match")
    if header is None:
        raise VersionNeeded
    if header.strip() == "*":
        return None
    matches = (_TAG.match(part.strip()) for part in header.split(","))
    return {int(match.group(1)) for match in matches if match}


def edits_a_version(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Marks an action that needs If-Match, for the contract."""
    handler.needs_if_match = True  # type: ignore[attr-defined]
    return handler
