"""The HTTP side of versions: a strong ETag for the reader, If-Match for the editor (RFC 9110 section 13.1.1)."""

import hashlib
import re
from collections.abc import Callable
from typing import Any

from rest_framework.request import Request

from common.errors import VersionNeeded
from common.versions import Match

# What a read gives (version and bytes), what an edit gives, and the bare number of `version`; proxies put `W/` before.
_TAG = re.compile(r'^(?:W/)?(?:"(\d{1,9})(?:-[0-9a-f]{1,64})?"|(\d{1,9}))$', re.ASCII)
_OF_VERSION = re.compile(r'^"(\d{1,9})"$', re.ASCII)


def etag_of(row: Any) -> str:
    """The strong ETag of a row that counts its `version`."""
    return f'"{row.version}"'


def expected_versions(request: Request) -> set[int] | None:
    """The versions that If-Match allows, None for `*`; raises VersionNeeded (428) when the header is absent."""
    match = match_of(request.headers.get("If-Match"))
    if match is None:
        raise VersionNeeded
    return match.versions


def match_of(header: str | None) -> Match | None:
    """What an If-Match says, where it may also be absent."""
    if header is None:
        return None
    if header.strip() == "*":
        return Match(None)
    tags = (_TAG.match(part.strip()) for part in header.split(","))
    return Match({int(tag[1] or tag[2]) for tag in tags if tag})


def known_tags(request: Request) -> set[str]:
    """The ETags that the reader has, each as a weak one (RFC 9110 compares them weakly); `W/*` stands for any."""
    header = request.META.get("HTTP_IF_NONE_MATCH")
    return {f"W/{part.strip().removeprefix('W/')}" for part in header.split(",")} if header else set()


def answer_not_modified(request: Request, response: Any) -> None:
    """Gives a rendered answer a weak ETag, and empties it to a 304 when the reader has that one already.

    For the reads that phones repeat: it spares their network, not our work. Of a row that can be edited the ETag says
    the version and the bytes: much that is shown beside a row changes without its version. Any other one is kept, as
    how long the answer says that it may be kept (a picture).
    """
    if response.get("Cache-Control") == "no-store":
        return
    own, digest = response.get("ETag", ""), hashlib.sha256(response.content).hexdigest()[:24]
    if version := _OF_VERSION.match(own):
        response["ETag"] = f'"{version.group(1)}-{digest}"'
    elif not own:
        response["ETag"] = f'W/"{digest}"'
    response.headers.setdefault("Cache-Control", "private, no-cache")
    known = known_tags(request)
    if response["ETag"] in known or f"W/{response['ETag']}" in known or "W/*" in known:
        response.status_code = 304
        response.content = b""
        del response["Content-Type"]


def edits_a_version(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Marks an action that needs If-Match, for the contract."""
    handler.needs_if_match = True  # type: ignore[attr-defined]
    return handler
