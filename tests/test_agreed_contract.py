"""What was agreed with those who build on the contract is not broken without a new version."""

import copy
import pickle
import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from config.agreement.__main__ import AGREED, NOW, main, refusals
from config.agreement.changes import next_version
from config.agreement.shapes import OPEN_ENUM

Contract = dict[str, Any]
Change = Callable[[Contract], Any]

LIST = "/api/v1/missions/"
ONE = "/api/v1/hour-entries/{id}/"


@pytest.fixture(scope="module")
def agreed() -> Contract:
    """The real contract; no test changes it."""
    return yaml.load(NOW.read_text(), Loader=yaml.CSafeLoader)


@pytest.fixture(scope="module")
def packed(agreed) -> bytes:
    return pickle.dumps(agreed)


@pytest.fixture
def now(packed) -> Contract:
    """A copy, for a change to be planted in."""
    return pickle.loads(packed)  # noqa: S301 - packed above


def schemas(contract: Contract) -> dict[str, Any]:
    return contract["components"]["schemas"]


def of(contract: Contract, component: str, field: str) -> dict[str, Any]:
    return schemas(contract)[component]["properties"][field]


def listed(contract: Contract) -> dict[str, Any]:
    """The operation that lists missions."""
    return contract["paths"][LIST]["get"]


def put(contract: Contract) -> dict[str, Any]:
    """The operation that puts an hour entry."""
    return contract["paths"][ONE]["put"]


def parameter(contract: Contract, name: str) -> dict[str, Any]:
    (found,) = (row for row in listed(contract)["parameters"] if row["name"] == name)
    return found


def without(node: dict[str, Any], name: str) -> None:
    del node[name]


def renamed(node: dict[str, Any], name: str) -> None:
    node[f"{name}_of_another_name"] = node.pop(name)


# By the kind of break: how it is planted, and where and what its sentence says.
BREAKS: dict[str, tuple[Change, str]] = {
    "an address is gone": (lambda c: without(c["paths"], LIST), f"{LIST}: the address is gone"),
    "an address has another name": (lambda c: renamed(c["paths"], LIST), f"{LIST}: the address is gone"),
    "an operation is gone": (lambda c: without(c["paths"][LIST], "get"), f"GET {LIST}: the operation is gone"),
    "an operation is called otherwise": (
        lambda c: listed(c).update(operationId="missions_find"),
        f"GET {LIST}: operationId was missions_list and is missions_find",
    ),
    "an operation stands in another class": (lambda c: listed(c).update(tags=["x"]), f"GET {LIST}: tags was"),
    "a parameter is gone": (
        lambda c: listed(c)["parameters"].remove(parameter(c, "q")),
        f"GET {LIST}, query parameter q: the parameter is gone",
    ),
    "a parameter has another name": (
        lambda c: parameter(c, "q").update(name="query"),
        f"GET {LIST}, query parameter q: the parameter is gone or has another name",
    ),
    "a parameter is required": (
        lambda c: parameter(c, "q").update(required=True),
        f"GET {LIST}, query parameter q: the parameter is required now",
    ),
    "a new parameter is required": (
        lambda c: listed(c)["parameters"].append({"in": "query", "name": "x", "required": True, "schema": {}}),
        f"GET {LIST}, query parameter x: a new parameter is required",
    ),
    "a parameter is of another type": (
        lambda c: parameter(c, "q").update(schema={"type": "integer"}),
        f"GET {LIST}, query parameter q: the type was string and is integer",
    ),
    "a parameter takes shorter texts": (
        lambda c: parameter(c, "q")["schema"].update(maxLength=2),
        f"GET {LIST}, query parameter q: maxLength",
    ),
    "a parameter takes fewer values": (
        lambda c: schemas(c)["MissionSort"]["enum"].remove("relevance"),
        f"GET {LIST}, query parameter sort, MissionSort: values are no longer taken: `relevance`",
    ),
    "a body's property is gone": (
        lambda c: without(schemas(c)["HourEntryInput"]["properties"], "break_minutes"),
        f"PUT {ONE}, body, HourEntryInput.break_minutes: the property is gone",
    ),
    "a body's property is required": (
        lambda c: schemas(c)["HourEntryInput"].update(required=[*schemas(c)["HourEntryInput"]["properties"]]),
        "HourEntryInput.mission: the property is required now",
    ),
    "a new property of a body is required": (
        lambda c: (
            schemas(c)["HourEntryInput"]["properties"].update(mood={"type": "string"}),
            schemas(c)["HourEntryInput"]["required"].append("mood"),
        ),
        f"PUT {ONE}, body, HourEntryInput.mood: the property is required now",
    ),
    "a body's number may be less high": (
        lambda c: of(c, "HourEntryInput", "break_minutes").update(maximum=3),
        f"PUT {ONE}, body, HourEntryInput.break_minutes: maximum",
    ),
    "a body's number may be less low": (
        lambda c: of(c, "HourEntryInput", "break_minutes").update(minimum=100),
        f"PUT {ONE}, body, HourEntryInput.break_minutes: minimum",
    ),
    "a body's text has another pattern": (
        lambda c: of(c, "DeviceInput", "token").update(pattern="^[a-z]+$"),
        "POST /api/v1/devices/, body, DeviceInput.token: pattern is new or another one",
    ),
    "a body takes fewer values": (
        lambda c: schemas(c)["DevicePlatform"]["enum"].remove("web"),
        "DevicePlatform: values are no longer taken: `web`",
    ),
    "a body takes no null": (
        lambda c: of(c, "HourEntryInput", "mission").pop("nullable"),
        f"PUT {ONE}, body, HourEntryInput.mission: null is no longer taken",
    ),
    "a body's default is another one": (
        lambda c: of(c, "DeviceInput", "installation_id").update(default="x"),
        "DeviceInput.installation_id: another default stands",
    ),
    "a body's media type is gone": (
        lambda c: renamed(put(c)["requestBody"]["content"], "application/json"),
        f"PUT {ONE}, body: the media type application/json is gone",
    ),
    "a body is gone": (lambda c: without(put(c), "requestBody"), f"PUT {ONE}, body: no body is taken any more"),
    "a body is required": (
        lambda c: listed(c).update(requestBody={"required": True, "content": {}}),
        f"GET {LIST}, body: a body is required where there was none",
    ),
    "a status is no longer answered": (
        lambda c: without(listed(c)["responses"], "200"),
        f"GET {LIST}, answer 200: this status is no longer answered",
    ),
    "an answer's media type is gone": (
        lambda c: renamed(listed(c)["responses"]["200"]["content"], "application/json"),
        f"GET {LIST}, answer 200: the media type application/json is gone",
    ),
    "an answer's property is gone": (
        lambda c: without(schemas(c)["Mission"]["properties"], "title"),
        "Mission.title: the property is gone or has another name",
    ),
    "an answer's property may be left out": (
        lambda c: schemas(c)["Mission"]["required"].remove("title"),
        "Mission.title: the property may be left out now",
    ),
    "an answer's property may be null": (
        lambda c: of(c, "Mission", "title").update(nullable=True),
        "Mission.title: it may be null now",
    ),
    "an answer's property of a named type may be null": (
        lambda c: of(c, "Mission", "status").update(nullable=True),
        "Mission.status: it may be null now",
    ),
    "an answer's property is of another type": (
        lambda c: of(c, "Mission", "title").update(type="integer"),
        "Mission.title: the type was string and is integer",
    ),
    "an answer's property is of another format": (
        lambda c: of(c, "Mission", "id").pop("format"),
        "Mission.id: the format was uuid and is none",
    ),
    "an answer's closed enum has a new value": (
        lambda c: schemas(c)["MissionStatus"]["enum"].append("dreamt"),
        "MissionStatus: an enum that is not open has new values: `dreamt`",
    ),
    "a closed enum is opened": (
        lambda c: schemas(c)["MissionStatus"].update({OPEN_ENUM: True}),
        "MissionStatus: the enum was complete and is open now",
    ),
    "anybody may call it no longer": (
        lambda c: listed(c).update(security=[{"bearer": []}]),
        f"GET {LIST}: security was",
    ),
    "tokens are sent in another way": (
        lambda c: c["components"]["securitySchemes"]["bearer"].update(scheme="basic"),
        "security scheme bearer: it is gone or another one",
    ),
    "a component has another name": (
        lambda c: without(schemas(c), "Weekday"),
        "component Weekday: it is gone or has another name",
    ),
    "a problem's property is gone": (
        lambda c: without(schemas(c)["Problem"]["properties"], "code"),
        "Problem.code: the property is gone",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", [*BREAKS])
def test_a_change_that_breaks_programs_is_refused_with_where_what_and_what_to_do(agreed, now, kind):
    plant, said = BREAKS[kind]
    plant(now)
    found = [sentence for sentence in refusals(agreed, now) if said in sentence]
    assert found, refusals(agreed, now)
    assert re.search(r": .+\. [A-Z][^.]+\.$", found[0]), found[0]


ALLOWED: dict[str, Change] = {
    "nothing": lambda _c: None,
    "a new address": lambda c: c["paths"].update({"/api/v1/dreams/": copy.deepcopy(c["paths"][LIST])}),
    "a new operation": lambda c: c["paths"][LIST].update(delete=copy.deepcopy(listed(c))),
    "a new optional parameter": lambda c: listed(c)["parameters"].append(
        {"in": "query", "name": "mood", "schema": {"type": "string"}}
    ),
    "a parameter that is required no longer": lambda c: put(c)["parameters"][0].update(required=False),
    "a new optional property of a body": lambda c: schemas(c)["HourEntryInput"]["properties"].update(
        mood={"type": "string"}
    ),
    "a new property of an answer": lambda c: (
        schemas(c)["Mission"]["properties"].update(mood={"type": "string"}),
        schemas(c)["Mission"]["required"].append("mood"),
    ),
    "a property of an answer that is there always": lambda c: schemas(c)["Mission"].update(
        required=[*schemas(c)["Mission"]["properties"]]
    ),
    "a new value of an open enum": lambda c: schemas(c)["EligibilityReason"]["enum"].append("dreamt"),
    "a new value that a body may have": lambda c: schemas(c)["ConsentDecision"]["enum"].append("dream"),
    "wider limits": lambda c: (
        of(c, "HourEntryInput", "break_minutes").update(maximum=10**6, minimum=-1),
        of(c, "DeviceInput", "token").update(maxLength=10**6),
        of(c, "DeviceInput", "token").pop("pattern"),
    ),
    "null taken where it was not": lambda c: of(c, "DeviceInput", "token").update(nullable=True),
    "an answer of a new status": lambda c: listed(c)["responses"].update({"206": {"description": "A part."}}),
    "a new media type": lambda c: listed(c)["responses"]["200"]["content"].update({"text/csv": {}}),
    "other words": lambda c: (
        listed(c).update(summary="Find", description="Find some."),
        of(c, "Mission", "title").update(description="Its name."),
        c["info"].update(description="Élan."),
    ),
    "a new code of a refusal": lambda c: listed(c)["responses"]["4XX"]["x-codes"].update({"409": ["dreamt"]}),
}  # fmt: skip


@pytest.mark.parametrize("kind", [*ALLOWED])
def test_a_change_that_breaks_nobody_passes(agreed, now, kind):
    ALLOWED[kind](now)
    assert refusals(agreed, now) == []


def test_a_break_passes_with_a_version_that_says_so(agreed, now):
    without(schemas(now)["Mission"]["properties"], "title")
    agreed = {**agreed, "info": {"version": "0.2.0"}}
    for version, refused in [("0.2.0", True), ("0.2.9", True), ("0.1.0", True), ("0.3.0", False), ("1.0.0", False)]:
        now["info"]["version"] = version
        assert bool(refusals(agreed, now)) == refused, version
    now["info"]["version"] = "0.2.0"
    assert "0.3.0" in refusals(agreed, now)[-1]


def test_the_second_number_says_a_break_before_the_first_version_and_the_first_one_after_it():
    assert [next_version(version) for version in ("0.2.0", "0.9.4", "1.4.2")] == ["0.3.0", "0.10.0", "2.0.0"]


def test_a_break_is_said_once_and_with_the_first_operation_that_has_it(agreed, now):
    without(schemas(now)["Mission"]["properties"], "title")
    assert len([sentence for sentence in refusals(agreed, now) if "Mission.title" in sentence]) == 1


def test_the_contract_keeps_what_was_agreed():
    assert main([]) == 0


def test_the_agreed_contract_is_replaced_only_when_nothing_is_broken(tmp_path, monkeypatch, capsys):
    base, contract = tmp_path / AGREED.name, tmp_path / NOW.name
    monkeypatch.setattr("config.agreement.__main__.AGREED", base)
    monkeypatch.setattr("config.agreement.__main__.NOW", contract)
    contract.write_text(NOW.read_text())
    assert (main([]), "make agree-contract" in capsys.readouterr().err) == (1, True)
    assert main(["agree"]) == 0
    assert base.read_text() == NOW.read_text()
    contract.write_text(NOW.read_text().replace("operationId: missions_list\n", "operationId: missions_find\n"))
    assert main(["agree"]) == 1
    said = capsys.readouterr().err
    assert f"GET {LIST}: operationId was missions_list and is missions_find" in said
    assert base.read_text() == NOW.read_text()
