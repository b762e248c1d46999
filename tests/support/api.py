"""A client that signs people in with real tokens and holds every answer it sees against api_schema.yml."""

import functools
import re
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from django.urls import Resolver404
from django.utils import timezone
from openapi_schema_validator import OAS30ReadValidator, oas30_format_checker
from rest_framework.test import APIClient

from accounts import tokens
from accounts.models import DeviceSession
from demo import daytime
from tests.support import codes, refusals
from tests.support.discretion import watch

SCHEMA_FILE = Path(__file__).resolve().parents[2] / "api_schema.yml"


def _closed(node: Any) -> Any:
    """The schema with every object closed, so that an answer with an undeclared field is seen too."""
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _closed(value) for key, value in node.items()}
    if closed.get("type") == "object" and "properties" in closed and isinstance(closed["properties"], dict):
        closed.setdefault("additionalProperties", False)
    return closed


@functools.cache
def schema() -> dict[str, Any]:
    """The committed contract, every object closed, a problem too."""
    said: dict[str, Any] = _closed(yaml.load(SCHEMA_FILE.read_text(), Loader=yaml.CSafeLoader))
    return said


def components() -> dict[str, Any]:
    said: dict[str, Any] = schema()["components"]
    return said


def operation_of(response: Any) -> dict[str, Any] | None:
    """The contract's operation that answered, None outside the contract (admin, unrouted, docs)."""
    try:
        route = response.resolver_match.route
    except Resolver404:
        return None
    path = "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route).replace("{pk}", "{id}")
    return schema()["paths"].get(path, {}).get(response.request["REQUEST_METHOD"].lower())


def ensure_in_contract(response: Any) -> None:
    """Fails when the answer is not what the contract declares for that operation and status."""
    operation = operation_of(response)
    if operation is None or response.get("Content-Type", "").startswith("text/html"):
        return
    declared = operation["responses"].get(str(response.status_code))
    if response.status_code == 304:
        assert not response.content
        return
    if declared is None:
        assert response.status_code >= 400, f"undeclared status {response.status_code}"
        declared = operation["responses"][f"{response.status_code // 100}XX"]
    content = declared.get("content")
    if not content:
        assert not response.content, "an answer without declared content has a body"
        return
    media_type = response["Content-Type"].split(";")[0]
    assert media_type in content, f"{media_type} is not declared"
    if not media_type.endswith("json"):
        return
    if response.status_code >= 400:
        codes.ensure_declared(operation, response.status_code, response.json()["code"])
        refusals.ensure_told_well(operation, response.json(), components()["schemas"])
    whole = {"components": components(), "allOf": [content[media_type]["schema"]]}
    OAS30ReadValidator(whole, format_checker=oas30_format_checker).validate(response.json())


class ContractClient(APIClient):
    """`api.as_(person).post(url, body)`: keys are sent where the contract asks for one (`key=None` sends none)."""

    def as_(self, person: Any) -> "ContractClient":
        """A client signed in as the person; None is nobody."""
        client = ContractClient()
        if person is not None:
            now = timezone.now()
            session = DeviceSession.objects.create(person=person, expires_at=now + timedelta(days=1))
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {lasting_token(session, now)}")
        return client

    def post(self, path: str, data: Any = None, *, key: str | None = "", **extra: Any) -> Any:
        if key == "" and needs_key(path):
            key = str(uuid.uuid4())
        if key:
            extra["HTTP_IDEMPOTENCY_KEY"] = key
        watch.remember_body(data)
        return super().post(path, {} if data is None else data, **extra)

    def request(self, **kwargs: Any) -> Any:
        response = super().request(**kwargs)
        if response.streaming:  # read to its end, which closes the file behind it
            response.streaming_content = [b"".join(response.streaming_content)]
        ensure_in_contract(response)
        return response


def lasting_token(session: DeviceSession, now: datetime) -> str:
    """An access token of a day: a slow test outlives one of ten minutes, which are tested by signing in."""
    token = tokens.SessionAccessToken(tokens.access_token(session, now), verify=False)
    token.set_exp(from_time=now, lifetime=timedelta(days=1))
    return str(token)


def bearer(person: Any) -> dict[str, str]:
    """The header that signs this person in at a process beside the test."""
    # A minute ago: the clocks of the two processes need not agree to the second.
    now = timezone.now() + daytime.offset(timezone.now()) - timedelta(minutes=1)
    session = DeviceSession.objects.create(person=person, expires_at=now + timedelta(days=1))
    return {"Authorization": f"Bearer {lasting_token(session, now)}"}


@functools.cache
def _keyed_paths() -> list[re.Pattern[str]]:
    return [
        re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "$")
        for path, operations in schema()["paths"].items()
        for parameter in operations.get("post", {}).get("parameters", [])
        if parameter["name"] == "Idempotency-Key"
    ]


def needs_key(path: str) -> bool:
    """Whether the contract asks for an Idempotency-Key on a POST to this address."""
    return any(pattern.match(path.split("?")[0]) for pattern in _keyed_paths())
