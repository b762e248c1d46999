"""Says in the contract what its format lets one leave unsaid, and readers and checkers of it miss."""

from typing import Any

from common.api.schema import objects_of

# Of no type that an enum of texts has: openapi-generator makes one enum of two that are alike, without its name.
NULL = {"type": "object", "nullable": True, "enum": [None]}


def say_what_is_left_unsaid(result: dict[str, Any], generator: Any, request: Any, public: Any) -> dict[str, Any]:
    """spectacular hook: an operation that asks for no sign-in says so."""
    for operations in result["paths"].values():
        for operation in operations.values():
            operation.setdefault("security", [])
    return result


def say_null_as_a_form(result: dict[str, Any], generator: Any, request: Any, public: Any) -> dict[str, Any]:
    """spectacular hook: a named type that may be null is this type or null, which linters and generators all read.

    Linters miss a type where `nullable` stands beside a reference alone; with one there, generators take no null.
    """
    for node in objects_of(result):
        if node.get("nullable") is True and "allOf" in node and "type" not in node:
            del node["nullable"]
            node["oneOf"] = [*node.pop("allOf"), NULL.copy()]
    return result
