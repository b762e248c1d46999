"""Edits of a row say which version they edit; the check runs under the row's lock."""

from typing import Any

from common.errors import Stale


def ensure_version(row: Any, expected: set[int] | None) -> None:
    """Raises Stale (412) when the row's `version` is none of those expected; None expects any."""
    if expected is not None and row.version not in expected:
        raise Stale
