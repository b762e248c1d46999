"""Edits of a row say which version they edit; the check runs under the row's lock."""

from dataclasses import dataclass
from typing import Any

from common.errors import Stale


@dataclass(frozen=True)
class Match:
    """An If-Match that was sent: the versions it allows, None for `*`."""

    versions: set[int] | None


def ensure_version(row: Any, expected: set[int] | None) -> None:
    """Raises Stale (412) when the row's `version` is none of those expected; None expects any."""
    if expected is not None and row.version not in expected:
        raise Stale
