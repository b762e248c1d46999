"""Nobody makes the service say, or do, much more than they sent: errors are few, answers small, links judged first."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.urls import get_resolver
from rest_framework import serializers

from common.api.fields import StrictListField
from common.api.pages import SecretLinkMixin
from common.api.parsers import StrictFormParser
from common.api.problems import MOST_ERRORS
from common.api.serializers import Input
from common.api.throttling import CeilingThrottle
from common.api.views import LARGEST_BODY_OF_ANYBODY, ApiViewSet
from tests.support.hostile import FORM, LINKS, OPERATIONS, WRITES, Operation, inputs_of, resolved
from tests.support.world import calls

pytestmark = pytest.mark.django_db

LARGEST_REFUSAL = 20_000
OF_ANYBODY = [key for key, operation in OPERATIONS.items() if {} in operation.get("security", [{}])]
WIDE = json.dumps({f"unknown_{number}": 1 for number in range(60_000)})
LONG = "x" * 20_000
MANY = [5] * 19_000


def _ensure_small(answer: Any, what: str) -> dict[str, Any]:
    assert 400 <= answer.status_code < 500, (what, answer.status_code)
    assert len(answer.content) < LARGEST_REFUSAL, (what, len(answer.content))
    problem = answer.json()
    assert len(problem["errors"]) <= MOST_ERRORS, what
    return problem


def _bodies(operation: Operation) -> Any:
    yield "many unknown names", json.dumps({**operation.good, **{f"unknown_{n}": 1 for n in range(150)}})
    yield "long unknown name", json.dumps({**operation.good, LONG: 1})
    if operation.key in OF_ANYBODY:
        yield "wide", WIDE
        yield "not too wide to be read", WIDE[:48_000].rpartition(",")[0] + "}"
        yield "deep", '{"a":' * 8_000
        yield "a list", json.dumps(MANY)
    for name, node in inputs_of(operation.contract).items():
        node = resolved(node)
        is_text = node.get("type", "string") == "string" and "maxLength" not in node
        if node.get("type") == "array":
            yield f"long list {name}", json.dumps({**operation.good, name: MANY})
            most = node.get("maxItems", 500)
            if resolved(node["items"]).get("type") == "object":
                wrong = {f"unknown_{number}": LONG[:20] for number in range(30)}
                yield f"full list {name}", json.dumps({**operation.good, name: [wrong] * most})
            else:
                yield f"full list {name}", json.dumps({**operation.good, name: [LONG[:500]] * most})
        elif is_text and (node.get("enum") or node.get("format") in ("uuid", "date", "date-time", "email")):
            yield f"echo of {name}", json.dumps({**operation.good, name: LONG})


def test_every_operation_answers_a_bad_body_with_few_errors_and_few_bytes(world):
    for key in WRITES:
        operation = Operation(key, world)
        for what, body in _bodies(operation):
            answer = operation.send(body.encode())
            if answer.status_code < 300 and "batch" in key:  # an answer for each item
                assert len(answer.content) < 2 * len(body), (key, what)
                continue
            _ensure_small(answer, f"{key} {what}")


def test_every_operation_answers_a_bad_query_with_few_errors_and_few_bytes(world):
    wide = urlencode({f"unknown_{number}": 1 for number in range(900)})
    wider = urlencode({f"u{number}": 1 for number in range(2_000)})
    for key, contract in OPERATIONS.items():
        operation = Operation(key, world)
        named = [parameter["name"] for parameter in contract.get("parameters", []) if parameter["in"] == "query"]
        for query in (wide, wider, f"{LONG[:6_000]}={LONG[:6_000]}") if key in OF_ANYBODY else (wide,):
            _ensure_small(operation.send(path=f"{operation.call.path}?{query}"), f"{key} {query[:30]}")
        for name in named if key in OF_ANYBODY else []:
            answer = operation.send(path=f"{operation.call.path}?{name}={'é' * 1_000}")
            if answer.status_code >= 400:
                _ensure_small(answer, f"{key} {name}")


def test_a_problem_says_that_there_are_more_errors_than_it_lists(world):
    operation = Operation("POST auth/register/", world)
    problem = _ensure_small(operation.send(json.dumps({f"u{n}": 1 for n in range(30)}).encode()), "")
    assert len(problem["errors"]) == MOST_ERRORS
    assert problem["has_more_errors"] is True
    assert "20" in problem["detail"]
    few = operation.send(json.dumps({f"u{n}": 1 for n in range(MOST_ERRORS)}).encode()).json()
    assert len(few["errors"]) == MOST_ERRORS
    assert "has_more_errors" not in few


def test_what_anybody_may_send_is_read_to_fifty_kilobytes_only(world):
    padded = b" " * LARGEST_BODY_OF_ANYBODY
    for key in set(OF_ANYBODY) & set(WRITES):
        operation = Operation(key, world)
        body = json.dumps(operation.good).encode()
        assert operation.send(body + padded).status_code == 413, key
        if key in LINKS:
            assert operation.send(b"x=" + padded, content_type=FORM).status_code == 413, key
            few = operation.send(b"&".join(b"a%d=1" % number for number in range(5_000)), content_type=FORM)
            _ensure_small(few, key)


def test_a_form_of_many_fields_makes_a_small_page(world):
    for key in LINKS:
        if key.startswith("POST") and inputs_of(OPERATIONS[key]):
            operation = Operation(key, world)
            for count in (40, 5_000):
                form = b"&".join(b"a%d=1" % number for number in range(count))
                answer = operation.send(form, content_type=FORM, HTTP_ACCEPT="text/html")
                assert answer.status_code == 400, key
                assert len(answer.content) < LARGEST_REFUSAL, key


def test_a_links_token_is_judged_before_the_body(world, monkeypatch):
    """No body is even read for a link that opens nothing."""

    def fail(*_facts: Any, **_more: Any) -> None:
        raise AssertionError("the body was read")

    monkeypatch.setattr("common.api.parsers._read", fail)
    for key in LINKS:
        if not key.startswith("POST"):
            continue
        operation = Operation(key, world)
        path = operation.call.path.rstrip("/").rpartition("/")[0]
        for token in ("nothing", "A" * 48):
            for content_type in ("application/json", FORM):
                answer = operation.send(b"{" * 9_000, path=f"{path}/{token}/", content_type=content_type)
                assert answer.status_code in (404, 410), (key, answer.status_code)
        with pytest.raises(AssertionError, match="the body was read"):
            operation.send(b"{}")


def test_every_link_is_throttled_by_itself_and_by_address(world, api, monkeypatch):
    rates = dict.fromkeys(("link", "calendar", "tutor", "verify"), "6/min") | {"one-link": "2/min"}
    monkeypatch.setattr(CeilingThrottle, "THROTTLE_RATES", rates)
    for key in LINKS:
        call = calls(world)[key]
        match = get_resolver().resolve(call.path)
        assert issubclass(match.func.cls, SecretLinkMixin), key
        if call.method != "GET":
            continue
        cache.clear()
        assert [api.get(call.path).status_code for _time in range(3)] == [200, 200, 429], key
        # Others of the same address are still read, up to its own ceiling; invented ones take no room of their own.
        elsewhere = call.path.replace("/consents/manage/", "/consents/").replace("/consents/address/", "/consents/")
        nothing = f"{elsewhere.rstrip('/').rpartition('/')[0]}/nothing{'.ics' if '.ics' in call.path else '/'}"
        assert [api.get(nothing).status_code for _time in range(4)][:3] != [429] * 3, key
        assert api.get(nothing).status_code == 429, key


def test_every_list_that_comes_in_is_measured_before_it_is_read():
    """A long list of wrong members would make an error of each."""
    for match in _views():
        for kind in {*getattr(match, "inputs", {}).values()}:
            _ensure_bounded(kind())


def _views() -> Any:
    pending = list(get_resolver().url_patterns)
    while pending:
        pattern = pending.pop()
        pending.extend(getattr(pattern, "url_patterns", []))
        cls = getattr(getattr(pattern, "callback", None), "cls", None)
        if cls is not None and issubclass(cls, ApiViewSet):
            yield cls


def _ensure_bounded(serializer: Any) -> None:
    for name, field in serializer.fields.items():
        if isinstance(field, serializers.ListField):
            assert isinstance(field, StrictListField), (type(serializer), name)
        if isinstance(field, serializers.ListField | serializers.ListSerializer):
            assert field.max_length, (type(serializer), name)
        child = getattr(field, "child", field)
        if isinstance(child, Input):
            _ensure_bounded(child)


def test_pages_read_forms_by_the_strict_parser_alone():
    for view in _views():
        if issubclass(view, SecretLinkMixin):
            forms = [parser for parser in view.parser_classes if parser.media_type == FORM]
            assert all(issubclass(parser, StrictFormParser) for parser in forms), view
