"""Which error codes each operation answered: held against the contract, or noted for it.

With CODES_SEEN=FILE a run of the suite notes them in that file instead; `python -m tests.support.codes FILE` then adds
what was seen to common/api/codes.yml, from which the contract takes them.
"""

import os
import sys
from pathlib import Path
from typing import Any

import yaml

DECLARED = Path(__file__).resolve().parents[2] / "common" / "api" / "codes.yml"
NOTED_IN = os.environ.get("CODES_SEEN", "")


def ensure_declared(operation: dict[str, Any], status: int, code: str) -> None:
    """Fails when the contract does not say that the operation answers this code with this status."""
    if NOTED_IN:
        with Path(NOTED_IN).open("a") as seen:
            seen.write(f"{operation['operationId']} {status} {code}\n")
        return
    if not DECLARED.exists():
        return
    declared = operation["responses"].get(str(status), {}).get("x-codes", [])
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
