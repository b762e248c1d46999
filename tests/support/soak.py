"""Many times over, in random order, on a busy machine: every race with its control, and every test marked slow.

`python -m tests.support.soak --times 200 --slow-times 20 --load 8` (make soak-races) prints how often each passed and
failed. Further arguments go to pytest: a file, `-n 2`. It is its own plugin of pytest, too.
"""

import argparse
import ast
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

# A test that names one of these, or a helper or fixture of its module that does, runs things side by side.
SIDE_BY_SIDE = {
    "at_once",
    "Thread",
    "ThreadPoolExecutor",
    "Barrier",
    "Event",
    "running_api",
    "running_worker",
    "cluster",
}
# Its standard input is a pipe that its parent never writes to: it ends when the parent does, however that ended.
BURN = """
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
while True: pass
"""


@cache
def names_by_definition(path: Path) -> dict[str, set[str]]:
    """What each function, class and constant of a module names."""
    found = {}
    for node in ast.parse(path.read_text()).body:
        named = {
            getattr(part, field) for part in ast.walk(node) for field in ("id", "attr", "arg") if hasattr(part, field)
        }
        owners = (
            [node.name]
            if hasattr(node, "name")
            else [target.id for target in getattr(node, "targets", []) if hasattr(target, "id")]
        )
        found.update(dict.fromkeys(owners, named))
    return found


def is_side_by_side(path: Path, test: str) -> bool:
    """Whether a test of a module is a race or the control of one."""
    definitions, known, new = names_by_definition(path), set(), {test}
    while new:
        known |= new
        new = set().union(*(definitions.get(name, ()) for name in new)) - known
    return "control" in test or bool(known & SIDE_BY_SIDE)


def times_of(definition: Any, config: pytest.Config) -> int:
    """How often a test is played: not at all unless it is one of those."""
    if definition.get_closest_marker("slow"):
        return config.getoption("soak_slow_times")
    if is_side_by_side(definition.path, definition.originalname):
        return config.getoption("soak_times")
    return 0


# --- The plugin --------------------------------------------------------------------------------------------------
outcomes: dict[str, Counter[str]] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak-times", type=int, default=1)
    parser.addoption("--soak-slow-times", type=int, default=1)


@pytest.fixture
def soak_round(request: pytest.FixtureRequest) -> int:
    return request.param


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if times := times_of(metafunc.definition, metafunc.config):
        metafunc.fixturenames.append("soak_round")
        rounds = range(times)
        metafunc.parametrize("soak_round", rounds, indirect=True, ids=[f"round{number}" for number in rounds])


def pytest_collection_modifyitems(config: pytest.Config, items: list[Any]) -> None:
    """All of them once, then all of them again: a run that is stopped has played each as often as the others."""
    chosen = [item for item in items if hasattr(item, "callspec") and "soak_round" in item.callspec.params]
    items[:] = sorted(chosen, key=lambda item: item.callspec.params["soak_round"])


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    test = re.sub(r"-?round\d+(-(?=[^\]]))?", "", report.nodeid).replace("[]", "")
    if report.when == "call" or report.outcome != "passed":
        outcomes.setdefault(test, Counter())[report.outcome] += 1


def pytest_terminal_summary(terminalreporter: Any) -> None:
    terminalreporter.section("how often each passed and failed")
    for test, counts in sorted(outcomes.items(), key=lambda pair: (-pair[1]["failed"], pair[0])):
        terminalreporter.write_line(f"{counts['passed']:5} passed {counts['failed']:5} failed  {test}")


# --- The command -------------------------------------------------------------------------------------------------
@contextmanager
def busy(processes: int) -> Iterator[None]:
    """So many processes that only keep the machine busy; none outlives this one."""
    burning = [subprocess.Popen([sys.executable, "-c", BURN], stdin=subprocess.PIPE) for _one in range(processes)]
    try:
        yield
    finally:
        for process in burning:
            process.kill()
            process.wait()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--slow-times", type=int, default=20)
    parser.add_argument("--load", type=int, default=8, help="how many processes keep the machine busy meanwhile")
    options, others = parser.parse_known_args()
    rounds = [f"--soak-times={options.times}", f"--soak-slow-times={options.slow_times}"]
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))  # ends the tests as well
    with busy(options.load):
        return subprocess.call([sys.executable, "-m", "pytest", "-q", "-p", "tests.support.soak", *rounds, *others])


if __name__ == "__main__":
    sys.exit(main())
