"""`python -m config.agreement` refuses a contract that breaks the agreed one; with `agree` the contract becomes it."""

import shutil
import sys
from pathlib import Path

import yaml

from config.agreement.changes import breaks, is_allowed_to_break, next_version
from config.agreement.shapes import Node

ROOT = Path(__file__).resolve().parents[2]
NOW = ROOT / "api_schema.yml"
AGREED = ROOT / "api_schema.base.yml"


def refusals(agreed: Node, now: Node) -> list[str]:
    """The sentences that refuse the contract of now; none when nothing breaks or a new version says so."""
    found = [] if is_allowed_to_break(agreed, now) else [str(one) for one in breaks(agreed, now)]
    if found:
        version = next_version(agreed["info"]["version"])
        found.append(f"Or, if it is meant: say it in CHANGELOG.md and raise the version to {version} (pyproject.toml).")
    return found


def main(arguments: list[str]) -> int:
    """0 when nothing is refused; `agree` writes the agreed contract anew, or for the first time."""
    has_base = AGREED.exists()
    found = refusals(_read(AGREED), _read(NOW)) if has_base else []
    if not has_base and not arguments:
        found = [f"{AGREED.name} is missing: run `make agree-contract`."]
    if found:
        sys.stderr.write("\n".join([f"The contract breaks what {AGREED.name} promised.", *found, ""]))
        return 1
    if arguments == ["agree"]:
        shutil.copyfile(NOW, AGREED)
    return 0


def _read(path: Path) -> Node:
    contract: Node = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)
    return contract


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
