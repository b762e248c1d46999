"""Which error codes each operation answered: noted for the contract, or held against it.

With CODES_SEEN=FILE a run of the suite notes them in that file; `python -m tests.support.codes FILE` then adds what was
seen to common/api/codes.yml, from which the contract takes them. The soak fails where an answer has a code that is not
there; the gate does not, for a race or a fuzzed call may be refused by one of several rules.
"""

import os
import sys
from pathlib import Path
from typing import Any

import yaml

DECLARED = Path(__file__).resolve().parents[2] / "common" / "api" / "codes.yml"
NOTED_IN = os.environ.get("CODES_SEEN", "")
SOAK = os.environ.get("SOAK") == "1"


def ensure_declared(operation: dict[str, Any], status: int, code: str) -> None:
    """Fails when the contract does not say that the operation answers this code with this status."""
    if status == 500:  # a fault that a test planted
        return
    if NOTED_IN:
        with Path(NOTED_IN).open("a") as seen:
            seen.write(f"{operation['operationId']} {status} {code}\n")
        return
    if not SOAK:
        return
    declared = operation["responses"][f"{status // 100}XX"].get("x-codes", {}).get(str(status), [])
    assert code in declared, f"{operation['operationId']} answers {status} {code}: common/api/codes.yml has it not"


def add_seen(lines: list[str]) -> None:
    """Adds `operation status code` of each line to what is declared; nothing is taken away."""
    known: dict[str, dict[int, list[str]]] = yaml.safe_load(DECLARED.read_text()) if DECLARED.exists() else {}
    for line in sorted(set(lines)):
        operation, status, code = line.split()
        codes = known.setdefault(operation, {}).setdefault(int(status), [])
        if code not in codes:
            codes.append(code)
            codes.sort()
    ordered = {name: dict(sorted(known[name].items())) for name in sorted(known)}
    DECLARED.write_text(yaml.safe_dump(ordered, sort_keys=False, width=119, default_flow_style=None))


if __name__ == "__main__":
    add_seen(Path(sys.argv[1]).read_text().splitlines())
