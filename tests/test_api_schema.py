"""api_schema.yml is the contract: what the code generates, readable, complete, with a documentation of its own."""

import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator

from common.api.words import LIST_OF_VALUES, said_of_property, words
from tests.support.access_matrix import TABLE
from tests.support.api import SCHEMA_FILE, components
from tests.support.world import API, operations

# The contract itself, and what mail providers write in their own words.
OUTSIDE = ("GET docs/", "GET schema/", "POST webhooks/mail/{provider}/")
DOCS, SCHEMA = f"{API}docs/", f"{API}schema/"


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    return yaml.load(SCHEMA_FILE.read_text(), Loader=yaml.CSafeLoader)


@pytest.fixture(scope="module")
def by_route(contract) -> dict[str, dict[str, Any]]:
    """The operations of the contract by `METHOD route`."""
    return {
        f"{method.upper()} {path.removeprefix(API)}": operation
        for path, methods in contract["paths"].items()
        for method, operation in methods.items()
    }


def test_the_committed_contract_is_what_the_code_generates_without_a_warning(tmp_path):
    generated = tmp_path / "api_schema.yml"
    call_command("spectacular", file=str(generated), validate=True, fail_on_warn=True)
    assert generated.read_text() == SCHEMA_FILE.read_text(), "run: manage.py spectacular --file api_schema.yml"


@pytest.mark.parametrize("media_type", ["application/vnd.oai.openapi", "application/json"])
def test_the_served_contract_is_the_committed_one(client, contract, media_type):
    answer = client.get(SCHEMA, headers={"Accept": media_type})
    assert (answer.status_code, answer["Content-Type"]) == (200, f"{media_type}; charset=utf-8")
    assert yaml.load(answer.content, Loader=yaml.CSafeLoader) == contract
    assert client.get(SCHEMA, headers={"Accept": media_type, "If-None-Match": answer["ETag"]}).status_code == 304


def test_the_contract_is_openapi_3_0_3(contract):
    assert contract["openapi"] == "3.0.3"


def test_every_operation_of_the_code_is_in_the_contract_and_no_other(by_route):
    assert sorted(by_route) == [key for key in operations() if key not in OUTSIDE]


def test_operation_ids_are_unique_and_readable(by_route):
    ids = Counter(operation["operationId"] for operation in by_route.values())
    assert [name for name, count in ids.items() if count > 1] == []
    assert [name for name in ids if not re.fullmatch(r"[a-z]+(_[a-z]+)+", name)] == []


def test_an_operation_asks_for_a_bearer_token_exactly_when_nobody_is_let_in_without(contract, by_route):
    assert "security" not in contract
    assert contract["components"]["securitySchemes"] == {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    for key, operation in by_route.items():
        lets_anybody_in = TABLE[key]["anonymous"] != 401
        says_so = operation["security"] or [{}]
        assert ({} in says_so) == lets_anybody_in, key
        assert lets_anybody_in or says_so == [{"bearer": []}], key


def test_every_operation_says_in_a_sentence_what_it_does(by_route):
    assert [key for key, operation in by_route.items() if not operation.get("description")] == []


def test_every_operation_has_a_summary_of_its_own_that_fits_a_line(by_route):
    summaries = Counter(operation.get("summary", "") for operation in by_route.values())
    assert [text for text, count in summaries.items() if count > 1] == []
    assert [text for text in summaries if not re.fullmatch(r"[A-Z][^.]{3,58}[^.\s]", text)] == []


def test_every_group_of_operations_says_what_it_is_about(contract, by_route):
    said = {tag["name"] for tag in contract["tags"] if re.fullmatch(r"[A-Z].+\.", tag["description"])}
    assert said == {tag for operation in by_route.values() for tag in operation["tags"]}


def test_the_contract_opens_with_how_to_sign_in_what_the_headers_are_and_errors(contract):
    for word in ("auth/token/", "**Authorize**", "Idempotency-Key", "If-Match", "application/problem+json"):
        assert word in contract["info"]["description"], word


def test_words_are_of_operations_that_exist(by_route):
    assert set(words().operations) - {operation["operationId"] for operation in by_route.values()} == set()


def test_a_body_given_as_an_example_is_one_that_the_operation_takes(by_route):
    written = {name: said["example"] for name, said in words().operations.items() if "example" in said}
    for operation in by_route.values():
        if (example := written.get(operation["operationId"])) is not None:
            content = operation["requestBody"]["content"]["application/json"]
            assert content["example"] == example, operation["operationId"]
            validator = OAS30WriteValidator({**content["schema"], "components": components()})
            assert [error.message for error in validator.iter_errors(example)] == [], operation["operationId"]


def test_every_refusal_is_the_one_problem_component(contract, by_route):
    for key, operation in by_route.items():
        declared = {status: answer.get("content") for status, answer in operation["responses"].items()}
        refused = {status: content for status, content in declared.items() if not status.startswith("2")}
        problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        assert refused == {"4XX": problem, "5XX": problem}, key
    assert [name for name in contract["components"]["schemas"] if "problem" in name.lower()] == [
        "Problem",
        "ProblemError",
    ]


def _nodes(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        yield path, node
        for key, value in node.items():
            yield from _nodes(value, f"{path}/{key}")
    elif isinstance(node, list):
        for position, value in enumerate(node):
            yield from _nodes(value, f"{path}/{position}")


def test_every_enum_of_a_choice_is_a_named_component(contract):
    enums = {path: node["enum"] for path, node in _nodes(contract) if isinstance(node.get("enum"), list)}
    unnamed = {path: enum for path, enum in enums.items() if not re.fullmatch(r"/components/schemas/\w+", path)}
    assert [path for path, enum in unnamed.items() if len(enum) > 1] == []


def test_every_object_with_fields_is_a_named_component(contract):
    named = re.compile(r"/components/schemas/\w+")
    objects = [path for path, node in _nodes(contract) if isinstance(node.get("properties"), dict)]
    assert [path for path in objects if not named.fullmatch(path) and not path.endswith("/properties")] == []


def test_a_filter_takes_the_enum_of_the_field_it_filters_on(contract, by_route):
    enums = {frozenset(node["enum"]) for node in contract["components"]["schemas"].values() if "enum" in node}
    for key, operation in by_route.items():
        for parameter in operation.get("parameters", []):
            for _path, node in _nodes(parameter["schema"]):
                assert frozenset(node.get("enum", [])) not in enums, (key, parameter["name"])


# Foundation, Kotlin's and Python's own: a generator would rename a component of these names.
TAKEN = set("Any Array Bool Data Date Error Exception Int List Map Object Progress Result Set String Unit".split())


def test_every_parameter_says_of_what_type_it_is(by_route):
    for key, operation in by_route.items():
        for parameter in operation.get("parameters", []):
            assert {"type", "$ref"} & set(parameter["schema"]), (key, parameter["name"])


def test_component_names_are_readable_and_free_in_the_languages_of_phones(contract):
    names = contract["components"]["schemas"]
    assert [name for name in names if not re.fullmatch(r"([A-Z][a-z0-9]+)+", name)] == []
    assert TAKEN & set(names) == set()
    assert len({name.lower() for name in names}) == len(names)


def test_a_body_has_one_form_and_is_json_unless_it_is_a_file(by_route):
    for key, operation in by_route.items():
        forms = list(operation.get("requestBody", {}).get("content", {"application/json": {}}))
        assert len(forms) == 1, key


def test_the_names_that_phones_call_are_the_ones_they_were_built_with(by_route):
    called = {
        "POST auth/token/": "auth_token",
        "POST auth/token/refresh/": "auth_refresh",
        "POST classes/join/": "classes_join",
        "POST devices/": "devices_create",
        "GET missions/": "missions_list",
        "GET shifts/{id}/eligibility/": "shifts_eligibility",
        "POST shifts/{id}/sign-up/": "shifts_sign_up",
        "POST check-ins/": "check_ins_create",
        "GET hour-entries/": "hour_entries_list",
        "PATCH hour-entries/{id}/": "hour_entries_partial_update",
        "POST hour-entries/{id}/submit/": "hour_entries_submit",
        "GET me/progress/": "me_progress_retrieve",
    }
    assert {key: by_route[key]["operationId"] for key in called} == called


def test_every_component_is_used_and_every_reference_leads_somewhere(contract):
    used = {node["$ref"].rsplit("/", 1)[1] for _path, node in _nodes(contract) if isinstance(node.get("$ref"), str)}
    assert used == set(contract["components"]["schemas"])


def test_writes_that_create_or_notify_ask_for_a_key_and_edits_for_a_version(by_route):
    without_key = {
        key
        for key, operation in by_route.items()
        if key.startswith("POST") and "Idempotency-Key" not in _required_headers(operation)
    }
    assert {key for key in without_key if "{token}" not in key and " auth/" not in key} == {"POST classes/join/"}
    edits = {key for key in by_route if key.startswith("PATCH")}
    edits |= {"PUT missions/{id}/image/", "DELETE missions/{id}/image/", "PUT enrolments/{id}/comment/"}
    assert {key for key, operation in by_route.items() if "If-Match" in _required_headers(operation)} == edits


def _required_headers(operation: dict[str, Any]) -> set[str]:
    parameters = operation.get("parameters", [])
    return {row["name"] for row in parameters if row["in"] == "header" and row.get("required")}


@pytest.fixture(scope="module")
def properties(contract) -> dict[str, dict[str, Any]]:
    """The properties of the contract by `Component.name`, an edit under the name of its whole body."""
    return {
        f"{name.removeprefix('Patched')}.{field}": node
        for name, component in contract["components"]["schemas"].items()
        for field, node in component.get("properties", {}).items()
    }


def test_every_property_is_described(properties):
    assert [name for name, node in properties.items() if not node.get("description")] == []


def test_every_parameter_is_described_by_more_than_its_values(by_route):
    assert [
        (key, parameter["name"])
        for key, operation in by_route.items()
        for parameter in operation.get("parameters", [])
        if parameter.get("description", LIST_OF_VALUES).startswith(LIST_OF_VALUES)
    ] == []


def test_no_word_of_a_property_or_parameter_is_for_nothing(by_route, properties):
    said = words()
    described = {node["description"] for node in properties.values()}
    known = {*properties, *(name.split(".")[1] for name in properties)}
    assert [name for name in said.properties if name not in known] == []
    texts = {name: one["text"] for name, one in said.properties.items() if "text" in one}
    assert [name for name, text in texts.items() if text not in described] == []
    shown = {
        f"{operation['operationId']}.{parameter['name']}": parameter["description"].split("\n")[0]
        for operation in by_route.values()
        for parameter in operation.get("parameters", [])
    }
    for name, text in said.parameters.items():
        assert text in [one for key, one in shown.items() if name in (key, key.split(".")[1])], name


def test_every_example_is_valid(by_route):
    for key, operation in by_route.items():
        bodies = [(OAS30ReadValidator, answer) for answer in operation["responses"].values()]
        bodies += [(OAS30WriteValidator, operation["requestBody"])] if "requestBody" in operation else []
        for validator, body in bodies:
            for content in body.get("content", {}).values():
                if "example" in content:
                    errors = validator({"components": components(), "allOf": [content["schema"]]}).iter_errors(
                        content["example"]
                    )
                    assert [(error.json_path, error.message) for error in errors] == [], key


def _example_of(body: dict[str, Any]) -> Any:
    return body.get("content", {}).get("application/json", {}).get("example")


def test_an_answer_tells_the_story_of_what_was_sent(by_route):
    for key, operation in by_route.items():
        sent = _example_of(operation.get("requestBody", {}))
        for status, answer in operation["responses"].items():
            said = _example_of(answer)
            if isinstance(sent, dict) and isinstance(said, dict):
                shared = {name for name in set(sent) & set(said) if type(sent[name]) is type(said[name])}
                assert {name: said[name] for name in shared} == {name: sent[name] for name in shared}, (key, status)


def test_an_operation_for_everybody_says_so(by_route):
    assert [key for key, operation in by_route.items() if "security" not in operation] == []


def test_an_address_ends_with_a_slash_or_as_a_file(contract):
    assert [path for path in contract["paths"] if not re.search(r"(/|\.[a-z]+)$", path)] == []


def test_every_free_text_has_an_example_of_its_own(properties):
    texts = {
        name: node.get("items", node)
        for name, node in properties.items()
        if node.get("items", node).get("type") == "string"
    }
    free = [name for name, node in texts.items() if not {"format", "enum"} & set(node)]
    assert [name for name in free if "example" not in said_of_property(*name.split("."))] == []


class Page(HTMLParser):
    """What a page loads, and whether it holds scripts of its own."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.inline_scripts = 0
        self.handlers: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        self.loads += [facts[name] or "" for name in ("src", "href") if name in facts]
        self.handlers += [name for name in facts if name.startswith("on")]
        self.inline_scripts += tag == "script" and "src" not in facts


def test_the_docs_page_loads_nothing_from_outside(client):
    answer = client.get(DOCS, HTTP_ACCEPT="text/html")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")
    page = Page(answer.content.decode())
    assert page.loads
    assert [address for address in page.loads if re.match(r"(?!data:)\w+:|//", address)] == []
    assert (page.inline_scripts, page.handlers) == (0, [])
    assert "://" not in answer.content.decode().replace("http://testserver", "")


def test_the_docs_pages_own_script_names_no_other_host(client):
    page = Page(client.get(DOCS).content.decode())
    (address,) = (address for address in page.loads if address.startswith(DOCS))
    script = client.get(address)
    assert script["Content-Type"].split(";")[0] in ("application/javascript", "text/javascript")
    assert re.findall(r"https?://(?!testserver)[^\s\"']+", script.content.decode()) == []
    assert SCHEMA in script.content.decode()


def test_the_browser_is_told_to_load_nothing_from_outside(client):
    policy = client.get(DOCS)["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert re.findall(r"https?:|//|\*|unsafe-eval|script-src[^;]*unsafe-inline", policy) == []


@pytest.mark.django_db  # the end of a streamed answer looks after the connection
def test_what_the_docs_page_loads_is_served_as_static_files(settings):
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    client = Client()
    assets = [address for address in Page(client.get(DOCS).content.decode()).loads if address.startswith("/static/")]
    assert {Path(address).suffix for address in assets} >= {".js", ".css"}
    for address in assets:
        assert finders.find(address.removeprefix("/static/")), address
        answer = client.get(address)
        assert (answer.status_code, bool(b"".join(answer.streaming_content))) == (200, True), address
        answer.close()


def test_the_docs_styles_load_nothing_from_outside(client):
    loads = Page(client.get(DOCS).content.decode()).loads
    for address in (address for address in loads if address.endswith(".css")):
        style = Path(finders.find(address.removeprefix("/static/"))).read_text()
        assert re.findall(r"@import|url\((?!\s*[\"']?data:)[^)]{0,60}", style) == []
