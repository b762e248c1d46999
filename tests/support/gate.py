"""What runs on which database in the gate, and what a run says of its time (a plugin of pytest, see tests/conftest.py).

PostgreSQL, the database of production, runs the bulk: every hostile value in every field, the contract fuzzed as
everybody, every operation as every kind of person. SQLite, where the suite must be quick, runs one of each kind. A
test that takes long runs once, where it tells most (`once_on`). With SOAK=1 (`make soak`) everything runs, whatever the
database.
"""

import os
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

SOAK = os.environ.get("SOAK") == "1"
BULK = SOAK or connection.vendor == "postgresql"
PARTS_SHOWN = 12


def once_on(vendor: str) -> Any:
    """Marks a long test that the gate runs on one database only: "postgresql" or "sqlite"."""
    return pytest.mark.once_on(vendor)


# Marks what is no part of the gate: its finding hangs on chance, or it only repeats for longer what the gate has.
in_soak = pytest.mark.in_soak


def one_of_each(cases: Iterable[Any], kind: Callable[[Any], Hashable]) -> list[Any]:
    """All cases where the bulk runs; elsewhere the first case of each kind, in their order."""
    if BULK:
        return list(cases)
    first: dict[Hashable, Any] = {}
    for case in cases:
        first.setdefault(kind(case), case)
    return list(first.values())


def room_of(key: str) -> str:
    """The first part of the path of `POST things/{id}/verb/`."""
    return key.split()[1].partition("/")[0]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:
    """Leaves out the long tests whose database is another one, and what runs in the soak alone.

    Tests marked slow begin, so that no process is left with one when the others have nothing more to do.
    """
    if not config.pluginmanager.hasplugin("tests.support.soak"):  # which plays them in rounds
        items.sort(key=lambda item: item.get_closest_marker("slow") is None)  # within both, the random order stays
    elsewhere = [item for item in items if not _runs_here(item)]
    if elsewhere:
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if _runs_here(item)]


def _runs_here(item: Any) -> bool:
    if SOAK:
        return True
    mark = item.get_closest_marker("once_on")
    return item.get_closest_marker("in_soak") is None and (mark is None or mark.args[0] == connection.vendor)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The seconds that each folder, and each file beside the folders, took in all processes together."""
    seconds: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if hasattr(report, "duration") and hasattr(report, "nodeid"):
                seconds[_part(report.nodeid)] += report.duration
    if len(seconds) > 1:
        terminalreporter.section("seconds of each part")
        for part, taken in seconds.most_common(PARTS_SHOWN):
            terminalreporter.write_line(f"{taken:8.1f} s  {part}")


def _part(nodeid: str) -> str:
    path = Path(nodeid.split("::")[0])
    return str(path if len(path.parts) < 3 else path.parent)
