"""Turns views into the contract: request bodies from `inputs`, one Problem component for every refusal."""

import copy
import inspect
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from django.utils import translation
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import force_instance
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from common.api.idempotency import KEY_PATTERN, MAX_KEY_LENGTH
from common.api.labels import labels, named_enums
from common.api.problems import MOST_ERRORS
from common.api.serializers import Input, Output
from common.api.words import words
from common.text import FILLED_TEXT_PATTERN, TEXT_PATTERN

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457 problem document. Decide by `code`; what is not required stands beside some codes alone.",
    "required": ["type", "title", "status", "detail", "code", "errors", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "maxItems": MOST_ERRORS,
            "items": {"$ref": "#/components/schemas/ProblemError"},
        },
        "has_more_errors": {
            "type": "boolean",
            "description": "True when more is wrong than `errors` lists; absent otherwise.",
        },
        "request_id": {"type": "string"},
    },
}
PROBLEM_ERROR = {
    "type": "object",
    "description": "What is wrong with one field; `pointer` is a JSON pointer into the body.",
    "required": ["pointer", "code", "detail"],
    "properties": {
        "pointer": {"type": "string"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
    },
}

KEY_WORDS = (
    "A new UUID for each thing that the person does, kept until an answer comes. When the answer is lost, send the "
    "same request with the same key: nothing is done twice, and the first answer comes again, for 30 days. Another "
    "request under it is refused (422 `idempotency_key_reused`)."
)
VERSION_WORDS = (
    "The `version` of what is edited, as last read, or its ETag. 428 `if_match_required` without it; 412 `stale` when "
    "somebody has changed it since: read it again, then send the change."
)
PAGE_LANGUAGE = OpenApiParameter(
    "lang",
    str,
    OpenApiParameter.QUERY,
    enum=["fr", "en"],
    description="The language of the page; without it `Accept-Language` says it.",
)
STANDARD_ACTIONS = {"list", "retrieve", "create", "partial_update", "destroy"}


class ContractSchema(AutoSchema):
    """Reads a view's `inputs` and idempotent actions, so that the contract repeats nothing by hand."""

    def _handler(self) -> Any:
        return getattr(self.view, getattr(self.view, "action", None) or self.method.lower(), None)

    def get_request_serializer(self) -> Any:
        inputs = getattr(self.view, "inputs", {})
        return inputs.get(getattr(self.view, "action", None) or self.method.lower(), None)

    def map_parsers(self) -> list[Any]:
        """JSON alone where it is taken: the forms of the pages for people are no part of what programs are promised."""
        media_types = super().map_parsers()
        return ["application/json"] if "application/json" in media_types else media_types

    def get_override_parameters(self) -> list[Any]:
        parameters = super().get_override_parameters()
        if getattr(self._handler(), "is_idempotent", False):
            key = {"type": "string", "maxLength": MAX_KEY_LENGTH, "pattern": KEY_PATTERN}
            parameters = [*parameters, _header("Idempotency-Key", KEY_WORDS, key)]
        if getattr(self._handler(), "needs_if_match", False):
            parameters = [*parameters, _header("If-Match", VERSION_WORDS, {"type": "string"})]
        has_page = getattr(self.view, "action", "") == getattr(self.view, "page_action", None)
        if getattr(self.view, "is_public_link", False) or has_page:
            parameters = [*parameters, PAGE_LANGUAGE]
        return parameters

    def _get_filter_parameters(self) -> list[dict[str, Any]]:
        """Filters say their bounds, and that an empty value is refused (common.api.views)."""
        parameters: list[dict[str, Any]] = super()._get_filter_parameters()
        filters = getattr(getattr(self.view, "filterset_class", None), "base_filters", {})
        for parameter in parameters:
            if "description" in parameter:
                parameter["description"] = parameter["description"].strip()
            schema, facts = parameter["schema"], getattr(filters.get(parameter["name"]), "extra", {})
            if schema.get("type") == "string" and not {"enum", "format", "pattern"} & set(schema):
                schema.update({"minLength": 1, "pattern": TEXT_PATTERN})
            if schema.get("type") == "array":
                schema["minItems"] = 1
            names = {"maxLength": "max_length", "minimum": "min_value", "maximum": "max_value"}
            schema.update({name: _number(facts[fact]) for name, fact in names.items() if fact in facts})
        return parameters

    def _map_serializer(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        """A body takes no other fields than it names; an answer promises those that every reader gets."""
        schema = super()._map_serializer(serializer, direction, bypass_extensions)
        kind = serializer if isinstance(serializer, type) else type(serializer)
        if issubclass(kind, Input) and schema.get("properties"):  # an action without fields has no body to describe
            schema["additionalProperties"] = False
        if inspect.getdoc(kind) in (Input.__doc__, Output.__doc__):  # for whoever writes code
            schema.pop("description", None)
        if issubclass(kind, Output) and "required" in schema:
            fields = force_instance(serializer).fields
            schema["required"] = [name for name in schema["required"] if fields[name].required]
        return schema

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        """A text that comes in says which characters it may hold, a list of objects how many."""
        schema = super()._map_serializer_field(field, direction, bypass_extensions)
        if direction == "request" and isinstance(field, serializers.ListSerializer):
            least, most = getattr(field, "min_length", None), getattr(field, "max_length", None)
            bounds = {"minItems": least or int(not field.allow_empty), "maxItems": most}
            schema.update({name: bound for name, bound in bounds.items() if bound})
        if direction == "request" and isinstance(field, serializers.CharField) and schema.get("type") == "string":
            has_own = any(isinstance(validator, RegexValidator) for validator in field.validators)
            if not has_own and not {"enum", "format", "pattern"} & set(schema):
                is_filled = field.trim_whitespace and not field.allow_blank
                patterns = getattr(field, "contract_patterns", (TEXT_PATTERN, FILLED_TEXT_PATTERN))
                schema["pattern"] = patterns[is_filled]
        return schema

    def get_operation_id(self) -> str:
        """`hour_entries_submit`: the collection, then the verb."""
        action = getattr(self.view, "action", None)
        if action in STANDARD_ACTIONS or action is None:
            return super().get_operation_id().replace("-", "_")
        return f"{self._tokenize_path()[0]}_{action}".replace("-", "_")

    def _get_serializer_name(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> str:
        """`HourEntry`, `HourEntryEditInput`: the direction is in the class's own name already."""
        name = super()._get_serializer_name(serializer, direction, bypass_extensions)
        return name.replace("InputRequest", "Input").replace("Output", "")


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def _header(name: str, description: str, schema: dict[str, Any]) -> Any:
    return OpenApiParameter(name, schema, OpenApiParameter.HEADER, required=True, description=description)


def add_problem_responses(result: dict[str, Any], generator: Any, request: Any, public: Any) -> dict[str, Any]:
    """spectacular hook: the Problem component, and what every operation answers with it.

    By status, never as the default: a client that cannot type a file would take the file for a problem.
    """
    facts = {name: copy.deepcopy(said["schema"]) for name, said in words().facts.items()}
    problem = {**PROBLEM, "properties": {**PROBLEM["properties"], **facts}}
    result.setdefault("components", {}).setdefault("schemas", {}).update(
        {"Problem": problem, "ProblemError": PROBLEM_ERROR, **copy.deepcopy(words().components)}
    )
    reference = {"$ref": "#/components/schemas/Problem"}
    answer = {"description": "A problem.", "content": {"application/problem+json": {"schema": reference}}}
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"].update({"4XX": answer, "5XX": answer})
    return result


def make_texts_plain(result: dict[str, Any], generator: Any, request: Any, public: Any) -> dict[str, Any]:
    """spectacular hook: a text that may be empty is one plain string, whose pattern takes the empty one, too.

    The framework makes it a choice of two types, for which most languages have none.
    """
    for schema in objects_of(result["components"]["schemas"]):
        match schema.get("oneOf"):
            case [filled, {"type": "string", "maxLength": 0}]:
                del schema["oneOf"]
                schema.update({name: value for name, value in filled.items() if name not in ("format", "minLength")})
                pattern = schema.get("pattern", "")
                if not re.match(pattern, ""):
                    schema["pattern"] = f"^({pattern.removeprefix('^').removesuffix('$')})?$"
    return result


def name_enums_of_filters(result: dict[str, Any], generator: Any, request: Any, public: Any) -> dict[str, Any]:
    """spectacular hook: one name per enum, in filters too; generators make a class of every enum without one."""
    schemas = result["components"]["schemas"]
    names = {tuple(sorted(schema["enum"])): name for name, schema in schemas.items() if _is_text_enum(schema)}
    of_filters = {tuple(sorted(kind.values)): (name, kind) for name, kind in named_enums()}
    for node in objects_of(result["paths"]):
        if not _is_text_enum(node):
            continue
        values = tuple(sorted(node["enum"]))
        if values not in names and values in of_filters:
            names[values], kind = of_filters[values]
            schemas[names[values]] = {"type": "string", "enum": kind.values}
        if values in names:
            node.clear()
            node["$ref"] = f"#/components/schemas/{names[values]}"
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    return result


def name_values(result: dict[str, Any], generator: Any, request: Any, public: Any) -> dict[str, Any]:
    """spectacular hook: a name for each value of an enum that holds one no language can write."""
    for schema in result["components"]["schemas"].values():
        if _is_text_enum(schema) and not all(value.isidentifier() for value in schema["enum"]):
            schema["x-enum-varnames"] = [re.sub(r"\W", "_", value).upper() for value in schema["enum"]]
    return result


def mark_open_enums(result: dict[str, Any], generator: Any, request: Any, public: Any) -> dict[str, Any]:
    """spectacular hook: `x-open-enum` on each enum that may gain values without a new version of the contract."""
    schemas = result["components"]["schemas"]
    for name in settings.CONTRACT_OPEN_ENUMS:
        schemas[name]["x-open-enum"] = True
    return result


def describe_values(result: dict[str, Any], generator: Any, request: Any, public: Any) -> dict[str, Any]:
    """spectacular hook: what each value of an enum is called, in the language of the contract."""
    schemas = result["components"]["schemas"]
    with translation.override("en"):
        for name, kind in named_enums():
            if name in schemas:
                said = [f"* `{one.value}` - {one.label}" for one in kind if one.value in schemas[name]["enum"]]
                schemas[name]["description"] = "\n".join(said)
        for field, example in labels().items():
            schemas["Labels"]["properties"][field]["example"] = example
    return result


def _is_text_enum(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "string" and isinstance(schema.get("enum"), list) and None not in schema["enum"]


def objects_of(node: Any) -> Iterator[dict[str, Any]]:
    """Every object in it, itself first."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for value in node:
            yield from objects_of(value)
