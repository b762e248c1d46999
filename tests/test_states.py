"""Every state machine walked whole, each verb from each state; and the conventions that keep states in services."""

import ast
import inspect
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.utils.module_loading import import_string

from accounts.models import User
from common import hooks
from common.errors import WrongState
from tests.support.machines import MACHINES

ROOT = Path(__file__).resolve().parents[1]
HOUSE = ("common", "notifications", "accounts", "schools", "consents", "organizations", "missions", "engagement")
TABLES = {
    f"{module.removesuffix('.states')}.{name.removesuffix('_TRANSITIONS')}": table
    for module in sorted(sys.modules)
    if module.endswith(".states") and module.split(".")[0] in HOUSE
    for name, table in inspect.getmembers(sys.modules[module])
    if name.endswith("_TRANSITIONS")
}


def states_of(name: str) -> list[str]:
    """The states of a machine: those of the choices its table is written in."""
    _sources, target = next(iter(TABLES[name].values()))
    return [str(state) for state in type(target)]


def state_of(row: Any, field: str) -> str | None:
    row = type(row).objects.get(pk=row.pk)
    for part in field.split("."):
        row = getattr(row, part, None)
    return row


def house_rows() -> dict[str, list[Any]]:
    """Every row of the house but people: a drive makes its own actor."""
    models = [model for app in HOUSE for model in apps.get_app_config(app).get_models() if model is not User]
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def test_every_table_has_its_machine_and_every_verb_its_drive():
    assert set(TABLES) == set(MACHINES)
    for name, table in TABLES.items():
        assert set(table) == set(MACHINES[name].drive), name


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "state", "verb"),
    [(name, state, verb) for name in TABLES for state in states_of(name) for verb in TABLES[name]],
)
def test_the_whole_matrix_of_states_and_verbs(name, state, verb):
    machine, (sources, target) = MACHINES[name], TABLES[name][verb]
    row = machine.at(state, verb)
    if state in sources:
        machine.drive[verb](row)
        assert state_of(row, machine.field) == target
        assert machine.wrote(type(row).objects.get(pk=row.pk), verb)
        return
    before = house_rows()
    refusal = machine.refusals.get((state, verb), WrongState)
    with pytest.raises(refusal) if refusal else nullcontext():
        machine.drive[verb](row)
    assert house_rows() == before


# --- Conventions -----------------------------------------------------------------------------------------------
MOVERS = (
    "services.py", "services/", "sessions.py", "invitations.py", "memberships.py", "relay.py", "retries.py",
    "expansion.py",
)  # fmt: skip
STATE_FIELDS = {"status", "attestation_status"}


def moves_of(tree: ast.AST) -> list[int]:
    """Lines that assign a state: `row.status = …`, `….update(status=…)`, `setattr(row, "status", …)`."""
    lines = []
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        flat = [part for target in targets for part in getattr(target, "elts", [target])]
        if any(isinstance(part, ast.Attribute) and part.attr in STATE_FIELDS for part in flat):
            lines.append(node.lineno)
        if isinstance(node, ast.Call):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            named = {keyword.arg for keyword in node.keywords} if called == "update" else set()
            if called == "setattr" and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
                named = {node.args[1].value}
            if named & STATE_FIELDS:
                lines.append(node.lineno)
    return lines


def test_only_services_the_sessions_and_the_relay_assign_a_state():
    assert moves_of(ast.parse("row.status = 1\nrow.a, row.status = 1, 2\nrows.update(status=1)")) == [1, 2, 3]
    for app in HOUSE:
        for file in (ROOT / app).rglob("*.py"):
            place = file.relative_to(ROOT / app).as_posix()
            if not place.startswith((*MOVERS, "migrations/")):
                assert moves_of(ast.parse(file.read_text())) == [], f"{app}/{place}"


def test_every_declared_hook_is_listed_and_has_handlers_that_resolve():
    declared = [value for value in vars(hooks).values() if isinstance(value, hooks.Hook)]
    assert declared == hooks.ALL
    for hook in declared:
        assert hook.handlers, f"nobody listens to {hook.name}"
        assert all(callable(import_string(handler)) for handler in hook.handlers)


# Seen by nobody: the outbox and its deliveries, remembered answers and attempts, rows shown only inside others.
SEEN_BY_NOBODY = {
    "Change",
    "OutboxMessage",
    "Delivery",
    "IdempotencyKey",
    "SignInAttempt",
    "Allowance",
    "BirthDateChange",
    "ClassReferent",
    "ShiftListExport",
    "CheckIn",
    "CommunePostalCode",
    "MissionSearch",
    "SearchKey",
    "Comment",
    "ConsentEvent",
    "AttendanceEvent",
    "WrongCode",
    "TutorAddress",
}


def test_every_model_that_a_person_can_see_says_who_sees_it():
    models = [model for app in HOUSE for model in apps.get_app_config(app).get_models()]
    without = {model.__name__ for model in models if not hasattr(model.objects.all(), "visible_to")}
    assert without == SEEN_BY_NOBODY
