"""`python tests/linters/typed.py CONTRACT COPY` writes the contract with the type of each named thing that may be null.

Linters miss it there; it stays out of the contract, for with it openapi-python-client takes no null where one may come.
"""

import sys
from pathlib import Path
from typing import Any

import yaml


def add_types(node: Any, schemas: dict[str, Any]) -> None:
    """Puts the type of the named schema beside each `nullable` that has none."""
    if isinstance(node, dict):
        if node.get("nullable") is True and "type" not in node and "allOf" in node:
            (named,) = node["allOf"]
            node["type"] = schemas[named["$ref"].rsplit("/", 1)[1]]["type"]
        node = list(node.values())
    if isinstance(node, list):
        for value in node:
            add_types(value, schemas)


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    contract = yaml.load(source.read_text(), Loader=yaml.CSafeLoader)
    add_types(contract, contract["components"]["schemas"])
    target.write_text(yaml.safe_dump(contract, allow_unicode=True, sort_keys=False))
