"""Operations of the contract, called as the person who may, with anything at all."""

import copy
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from openapi_schema_validator import OAS30Validator

from tests.support.api import ContractClient, schema
from tests.support.gate import one_of_each
from tests.support.world import API, World, calls, undone

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
PROBLEM = "application/problem+json"
OPERATIONS: dict[str, dict[str, Any]] = {
    f"{method.upper()} {path.removeprefix(API)}": operation
    for path, methods in schema()["paths"].items()
    for method, operation in methods.items()
}
MULTIPART = "multipart/form-data"
UPLOADS = [
    key for key, operation in OPERATIONS.items() if MULTIPART in operation.get("requestBody", {}).get("content", {})
]
FILES = ["GET evidence/{id}/"]
WRITES = [key for key in OPERATIONS if key.startswith(("POST", "PATCH", "PUT")) and key not in UPLOADS]
LISTS = [
    key
    for key, operation in OPERATIONS.items()
    if any(parameter["name"] == "cursor" for parameter in operation.get("parameters", []))
]
SECURED = [key for key, operation in OPERATIONS.items() if operation.get("security") == [{"bearer": []}]]
KEYED = [
    key
    for key, operation in OPERATIONS.items()
    if any(parameter["name"] == "Idempotency-Key" for parameter in operation.get("parameters", []))
]
LINKS = [key for key in OPERATIONS if "{token}" in key]
# A browser is shown a page there, a program reads JSON.
PAGES = [*LINKS, "GET missions/{id}/"]


class Operation:
    """One operation of the contract, called as the person who may, with a body of one's choosing."""

    def __init__(self, key: str, world: World) -> None:
        self.key, self.call, self.contract = key, calls(world)[key], OPERATIONS[key]
        self.client = ContractClient().as_(world.person(self.call.by))

    @property
    def good(self) -> Any:
        """The call's own body, to be spoiled in one place."""
        return copy.deepcopy(self.call.body) or {}

    @property
    def written(self) -> tuple[bytes, str]:
        """The call's own body as it is sent, and its media type."""
        if self.key in UPLOADS:
            return encode_multipart(BOUNDARY, self.call.body.form), MULTIPART_CONTENT
        return b"" if self.call.method in ("GET", "DELETE") else json.dumps(self.good).encode(), JSON

    def send(
        self,
        body: bytes | None = None,
        *,
        path: str | None = None,
        content_type: str | None = None,
        then: Callable[[Any], None] | None = None,
        **headers: str,
    ) -> Any:
        """The answer; nothing stays written beyond what `then` does with it, and no throttle counts."""
        cache.clear()
        if self.key in KEYED:
            headers.setdefault("HTTP_IDEMPOTENCY_KEY", str(uuid.uuid4()))
        if self.call.edits_a_version:
            headers.setdefault("HTTP_IF_MATCH", "*")
        own_body, own_type = self.written
        body = own_body if body is None else body
        content_type = own_type if content_type is None else content_type
        with undone():
            answer = self.client.generic(self.call.method, path or self.call.path, body, content_type, **headers)
            if then is not None:
                then(answer)
            return answer

    def is_refused(self, body: bytes | None = None, **how: Any) -> Any:
        """Sends, and holds the answer to be a problem."""
        answer = self.send(body, **how)
        ensure_problem(answer, f"{self.key}: {(body or b'')[:200]!r} {how}"[:600])
        return answer


def ensure_problem(answer: Any, sent: str = "", *, status: int | None = None) -> None:
    """Fails unless the answer is a 4xx problem document whose members agree with the answer itself."""
    assert 400 <= answer.status_code < 500, f"{answer.status_code} for {sent}"
    assert status in (None, answer.status_code), f"{answer.status_code} for {sent}"
    assert answer.headers.get("Content-Type") == PROBLEM, f"{answer.headers} for {sent}"
    document = json.loads(answer.content)
    problem = {"components": schema()["components"], "$ref": "#/components/schemas/Problem"}
    OAS30Validator(problem).validate(document)
    assert document["status"] == answer.status_code
    assert document["request_id"] == answer["X-Request-ID"]


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """A schema with its reference followed."""
    found = dict(node)
    for part in [found, *found.pop("allOf", []), *found.get("oneOf", [])]:
        if "$ref" in part:
            found.update(schema()["components"]["schemas"][part["$ref"].rsplit("/", 1)[1]])
        if part.get("enum") == [None]:
            found["nullable"] = True
    return found


def inputs_of(contract: dict[str, Any]) -> dict[str, Any]:
    content = contract.get("requestBody", {}).get("content", {}).get(JSON)
    return resolved(content["schema"]).get("properties", {}) if content else {}


def fields_of(properties: dict[str, Any], *above: Any) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Path and schema of each field, those of the objects in its lists too, and one that none knows."""
    for name, node in properties.items():
        yield (*above, name), node
        inner = resolved(resolved(node).get("items", {})).get("properties", {})
        if inner:
            yield from fields_of(inner, *above, name, 0)
            yield (*above, name, 0, "unknown_field"), {"enum": []}


def kind_of(node: dict[str, Any]) -> tuple[Any, ...]:
    """What of a field's schema decides which hostile values it meets."""
    node = resolved(node)
    bounds = ("enum", "minimum", "maximum", "minLength", "maxLength", "maxItems")
    inner = (kind_of(node["items"]),) if "items" in node else ()
    return (node.get("type"), node.get("format"), node.get("nullable"), *(bound in node for bound in bounds), *inner)


def shape_of(key: str) -> tuple[Any, ...]:
    """What of an operation decides how it reads a request before it looks at a field."""
    operation, groups = OPERATIONS[key], (LISTS, KEYED, LINKS, FILES)
    media = (tuple(content.get("content", {})) for content in (operation.get("requestBody", {}),))
    public = str(operation.get("security"))
    return (key.split()[0], *media, public, "{id}" in key, *(key in group for group in groups))


def each(keys: Any) -> Any:
    """Runs the test for each of the operations; where the bulk does not run, for one of each shape."""
    return pytest.mark.parametrize("operation", one_of_each(keys, shape_of), indirect=True)
