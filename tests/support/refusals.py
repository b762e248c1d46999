"""What every refusal of the suite is held to: facts that its code promises, a pointer to the field that is wrong."""

from typing import Any

from common.api.words import words

# Of a header, of the address or of the body as a whole: no field is wrong.
OF_NO_FIELD = {
    "app_version_invalid", "body_incomplete", "id_impossible", "idempotency_key_invalid", "idempotency_key_required",
    "idempotency_key_unexpected", "parse_error", "request_unreadable", "unknown_host",
}  # fmt: skip
# The field is one that the operation does not have, or one of the entry that is handed in.
OF_ANOTHER_FIELD = {"fields_of_action", "in_the_future", "tutor_refused", "unknown_field", "unknown_parameter"}


def ensure_told_well(operation: dict[str, Any], document: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Fails on a fact that is not the code's, on a 400 that names no field, and on a pointer that leads nowhere."""
    name, code = operation["operationId"], document["code"]
    for member, fact in words().facts.items():
        assert member not in document or code in fact["codes"], f"{name}: `{member}` stands beside {code}: words.yml"
    assert document["status"] != 400 or document["errors"] or code in OF_NO_FIELD, f"{name}: {code} names no field"
    for error in document["errors"]:
        is_known = error["code"] in OF_ANOTHER_FIELD or _leads_somewhere(error["pointer"], operation, schemas)
        assert is_known, f"{name}: {error['code']} points to {error['pointer']}, which is no field of it"


def _leads_somewhere(pointer: str, operation: dict[str, Any], schemas: dict[str, Any]) -> bool:
    if not pointer:
        return True
    parts = pointer.split("/")[1:]
    if parts[0] in {parameter["name"] for parameter in operation.get("parameters", [])}:
        return True
    bodies = operation.get("requestBody", {}).get("content", {}).values()
    return any(_has(body["schema"], parts, schemas) for body in bodies)


def _has(schema: dict[str, Any], parts: list[str], schemas: dict[str, Any]) -> bool:
    """Whether a value of the schema may have something at that path."""
    if "$ref" in schema:
        return _has(schemas[schema["$ref"].rpartition("/")[2]], parts, schemas)
    forms = [form for word in ("allOf", "anyOf", "oneOf") for form in schema.get(word, ())]
    if not parts or any(_has(form, parts, schemas) for form in forms):
        return True
    first, *rest = parts
    if first.isdecimal() and "items" in schema:
        return _has(schema["items"], rest, schemas)
    if first in schema.get("properties", {}):
        return _has(schema["properties"][first], rest, schemas)
    others = schema.get("additionalProperties")
    return isinstance(others, dict) and _has(others, rest, schemas)
