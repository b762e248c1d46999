"""Turns views into the contract: request bodies from `inputs`, one Problem component for every refusal."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem document. May gain members; `code` is stable.",
    "required": ["type", "title", "status", "detail", "code", "errors", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
        "request_id": {"type": "string"},
    },
    "additionalProperties": True,
}


STANDARD_ACTIONS = {"list", "retrieve", "create", "partial_update", "destroy"}


class ContractSchema(AutoSchema):
    """Reads a view's `inputs` and idempotent actions, so that the contract repeats nothing by hand."""

    def _handler(self) -> Any:
        return getattr(self.view, getattr(self.view, "action", None) or self.method.lower(), None)

    def get_request_serializer(self) -> Any:
        inputs = getattr(self.view, "inputs", {})
        return inputs.get(getattr(self.view, "action", None) or self.method.lower(), None)

    def get_override_parameters(self) -> list[Any]:
        parameters = super().get_override_parameters()
        if getattr(self._handler(), "is_idempotent", False):
            parameters = [*parameters, _header("Idempotency-Key", "Makes a repeat answer the first answer.")]
        if getattr(self._handler(), "needs_if_match", False):
            parameters = [*parameters, _header("If-Match", "The ETag of the version that is edited.")]
        return parameters

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


def _header(name: str, description: str) -> Any:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, required=True, description=description)


def add_problem_responses(result: dict[str, Any], generator: Any, request: Any, public: Any) -> dict[str, Any]:
    """spectacular hook: the Problem component, and a default problem answer on every operation."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    reference = {"$ref": "#/components/schemas/Problem"}
    answer = {"description": "A problem.", "content": {"application/problem+json": {"schema": reference}}}
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["default"] = answer
    return result
