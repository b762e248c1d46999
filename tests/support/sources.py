"""The product's own files."""

from collections.abc import Iterator
from pathlib import Path

from tests.support.processes import ROOT

NO_SOURCE = {"tests", "migrations", "examples"}
PRODUCT = sorted(path.parent for path in ROOT.glob("*/__init__.py") if path.parent.name not in NO_SOURCE)


def source_files(pattern: str) -> Iterator[Path]:
    """Those that a pattern fits, in every room."""
    for folder in PRODUCT:
        yield from (path for path in folder.rglob(pattern) if not NO_SOURCE & set(path.parts))
