"""The words of the contract: what each operation, property and error is, for whoever writes an app from it alone.

They stand beside the views, in `<room>/api/words.yml`, and are read when the contract is written, never by a request:

    operations: {operationId: {summary, description?, example?, answer?}}   # a body, and what of an answer differs
                                                                   # from the composed one
    properties: {name or Component.name: {text?, example?}}       # `name` alone means the same in every component
    parameters: {name or operationId.name: text}                   # where the view or the filter says nothing
    codes: {code: text}                                            # what an error code means
    facts: {member: {codes, schema}}                               # what stands beside it in the problem
    components: {Component: schema}                                # of the facts that are objects

A `Component.name` has what it does not say itself from the `name`; a serializer's own help text stays.

`common/api/codes.yml` holds which codes each operation answers: {operationId: {status: [code]}}.
"""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from django.apps import apps
from django.conf import settings

Node = dict[str, Any]
DEEPEST_EXAMPLE = 6
# A description that only repeats an enum's values says nothing yet.
LIST_OF_VALUES = "* `"
# Of the formats that need no word: how such a value looks.
BY_FORMAT = {
    "uuid": "0193a6c2-7a1e-7c3b-9d54-2f8e6b1a4c70",
    "date-time": "2026-11-25T13:00:00Z",
    "date": "2026-11-25",
    "email": "camille.martin@elan.example",
    "uri": "https://elan.example/",
    "binary": "(bytes)",
}


class Words(NamedTuple):
    """All that the rooms say, by operation, property, parameter, code, member of a problem and component."""

    operations: Node
    properties: Node
    parameters: Node
    codes: Node
    facts: Node
    components: Node


class SaidTwice(Exception):
    """Two rooms have words for one thing."""


@cache
def words() -> Words:
    """What every room says; raises SaidTwice."""
    all_words = Words({}, {}, {}, {}, {}, {})
    for room in apps.get_app_configs():
        file = Path(room.path) / "api" / "words.yml"
        if not file.is_relative_to(settings.BASE_DIR) or not file.exists():
            continue
        for part, said in yaml.safe_load(file.read_text()).items():
            known = getattr(all_words, part)
            if twice := set(known) & set(said):
                raise SaidTwice(f"{file}: {part} {sorted(twice)}")
            known.update(said)
    return all_words


@cache
def codes_of_operations() -> Node:
    """Which codes each operation answers, by status."""
    file = settings.BASE_DIR / "common" / "api" / "codes.yml"
    said: Node = yaml.safe_load(file.read_text()) if file.exists() else {}
    return said


def add_words(result: Node, generator: Any, request: Any, public: Any) -> Node:
    """spectacular hook: summaries, descriptions, examples and the codes of errors."""
    schemas = result["components"]["schemas"]
    for name, schema in schemas.items():
        properties = schema.get("properties", {})
        for field, node in properties.items():
            if (text := said_of_property(name, field).get("text")) and "description" not in node:
                properties[field] = _described(node, text)
    for operations in result["paths"].values():
        for operation in operations.values():
            _say_of_operation(operation, schemas)
    return result


def said_of_property(component: str, field: str) -> Node:
    """What is said of the field in this component, and for the rest of every field of that name."""
    said = words().properties
    return {**said.get(field, {}), **said.get(f"{component.removeprefix('Patched')}.{field}", {})}


def said_of_parameter(operation: str, name: str) -> str:
    """What is said of the parameter of this operation, else of every one of that name; empty if nothing is."""
    said = words().parameters
    text: str = said.get(f"{operation}.{name}") or said.get(name, "")
    return text


def _described(node: Node, text: str) -> Node:
    """A reference alone takes no words beside it: it stands in `allOf` then."""
    facts = {"allOf": [node]} if "$ref" in node else node
    return {**facts, "description": text}


def _say_of_operation(operation: Node, schemas: Node) -> None:
    said = words().operations.get(operation["operationId"], {})
    operation.update({part: said[part] for part in ("summary", "description") if part in said})
    for parameter in operation.get("parameters", []):
        known = parameter.get("description", "")
        text = said_of_parameter(operation["operationId"], parameter["name"])
        if text and (not known or known.startswith(LIST_OF_VALUES)):
            parameter["description"] = "\n\n".join(filter(None, (text, known)))
    bodies = [(operation["requestBody"], said.get("example"))] if "requestBody" in operation else []
    bodies += [(answer, None) for answer in operation["responses"].values()]
    for body, own in bodies:
        for media_type, content in body.get("content", {}).items():
            if media_type == "application/json":
                content["example"] = own or _example(content["schema"], schemas, "", "", 0)
    sent = _example_of(operation.get("requestBody", {}))
    for answer in operation["responses"].values():
        if (example := _example_of(answer)) is not None:
            answer["content"]["application/json"]["example"] = _told_as_sent(example, sent, said.get("answer", {}))
    _say_errors(operation)


def _example_of(body: Node) -> Any:
    return body.get("content", {}).get("application/json", {}).get("example")


def _told_as_sent(example: Any, sent: Any, said: Node) -> Any:
    """The example of an answer, with what it repeats of the one that was sent and what the operation says of it."""
    if not isinstance(example, dict):
        return example
    sent = sent if isinstance(sent, dict) else {}
    repeated = {name: value for name, value in sent.items() if name in example and type(example[name]) is type(value)}
    return {**example, **repeated, **said}


def _say_errors(operation: Node) -> None:
    """Which codes it refuses with, by status: in words for people, and as `x-codes` for programs."""
    by_class: dict[str, Node] = {}
    for status, codes in codes_of_operations().get(operation["operationId"], {}).items():
        by_class.setdefault(f"{status // 100}XX", {})[str(status)] = list(codes)
    for name, known in by_class.items():
        lines = [f"- {status}: " + ", ".join(f"`{code}`" for code in codes) for status, codes in known.items()]
        # One answer stands for every operation until here.
        answer = {**operation["responses"][name], "description": "\n".join(lines), "x-codes": known}
        operation["responses"][name] = answer


def _example(schema: Node, schemas: Node, component: str, field: str, depth: int) -> Any:
    """A value that the schema takes, made of what is said of its properties."""
    if "example" in schema:
        return schema["example"]
    said = said_of_property(component, field) if field else {}
    if "example" in said:
        return said["example"]
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return _example(schemas[name], schemas, name, "", depth)
    for part in schema.get("allOf", ()):
        return _example(part, schemas, component, field, depth)
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            inner = schema.get("properties", {}) if depth < DEEPEST_EXAMPLE else {}
            return {name: _example(node, schemas, component, name, depth + 1) for name, node in inner.items()}
        case "array":
            return [_example(schema["items"], schemas, component, "", depth + 1)]
        case "string":
            return BY_FORMAT.get(schema.get("format", ""), schema.get("default", ""))
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return schema.get("default", False)
    return None
