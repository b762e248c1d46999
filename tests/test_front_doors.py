"""Product code uses what libraries document: no name that begins with `_`, of a library or of another module."""

import ast
from collections.abc import Iterator

import pytest
from django.apps import apps

from missions.services.writing import write_shift
from tests.support.factories import ShiftFactory
from tests.support.front_door import FRONT_DOOR, ROOMS, WRITTEN_BY_SERVICES
from tests.support.processes import ROOT

# Documented by their library: the model's options, and a process that ends without cleaning up.
DOCUMENTED = {"_meta", "_exit"}
# The Firebase SDK sleeps where the relay may not: its session is put in its place (tests/notifications/test_push.py).
EXCEPTED = {"notifications/push.py"}
FILES = [
    path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")) if "migrations" not in path.parts
]


def is_private(name: str) -> bool:
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__")) and name not in DOCUMENTED


def is_own(value: ast.expr) -> bool:
    """`self`, `cls` and `super()`: a class may have names of its own."""
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id == "super"
    return isinstance(value, ast.Name) and value.id in ("self", "cls")


def private_doors(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and is_private(node.attr) and not is_own(node.value):
            yield f"{node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.ImportFrom | ast.Import):
            for one in node.names:
                if any(is_private(part) for part in f"{getattr(node, 'module', None) or ''}.{one.name}".split(".")):
                    yield f"{node.lineno}: {ast.unparse(node)}"


def test_no_private_door_is_used():
    found = {str(path.relative_to(ROOT)): list(private_doors(path.read_text())) for path in FILES}
    assert {name: doors for name, doors in found.items() if doors and name not in EXCEPTED} == {}
    assert all(found[name] for name in EXCEPTED), "an exception that is none any more"


@pytest.mark.parametrize(
    "source",
    ["row._state.adding", "connection._prepare_cursor(1)", "from django.db.models._x import y", "from a import _b",
     "logging._srcfile = None", "kind._made"],
)  # fmt: skip
def test_a_private_door_is_seen(source):
    assert list(private_doors(source))


@pytest.mark.parametrize(
    "source", ["self._built", "super()._clean()", "Model._meta.fields", "os._exit(0)", "row.__class__"]
)
def test_what_is_ones_own_or_documented_is_none(source):
    assert not list(private_doors(source))


def parameter_types(source: str) -> Iterator[str]:
    """What each parameter of each function is declared as; `self` and `cls` aside."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            given = node.args
            rest = [one for one in (given.vararg, given.kwarg) if one is not None]
            for one in [*given.posonlyargs, *given.args, *given.kwonlyargs, *rest]:
                if one.arg not in ("self", "cls"):
                    yield ast.unparse(one.annotation) if one.annotation else ""


def test_few_parameters_take_anything():
    """Actors, readers and ids have types; `Any` is for what a library hands over."""
    demo = [path for path in (ROOT / "demo").rglob("*.py") if "migrations" not in path.parts]
    types = [found for path in [*FILES, *demo] for found in parameter_types(path.read_text())]
    assert len(types) > 3000
    assert types.count("Any") < len(types) / 10


def own_classes(kind: type) -> Iterator[type]:
    """The class and those above it that are the product's own."""
    yield from (one for one in kind.__mro__ if one.__module__.split(".")[0] in ROOMS)


def test_nothing_happens_in_save():
    """Services call what follows from a write."""
    classes = {one for model in apps.get_models() for one in own_classes(model)}
    found = {one.__name__ for one in classes if not vars(one).keys().isdisjoint(("save", "save_base", "delete"))}
    assert found == set()


# What no phone keeps, counted by statements that must hit; and the communes that a command looks up for all.
NOT_FOLLOWED = {"taken_count", "awaits_shift"}
IN_BULK = {"missions/services/territories.py"}
WRITES = {"create", "bulk_create", "bulk_update", "update", "get_or_create", "update_or_create"}


def writes_past_services(source: str) -> Iterator[str]:
    """Statements that write rows of WRITTEN_BY_SERVICES, whose saves tests.support.front_door watches."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            names = {one.id for one in ast.walk(node.func.value) if isinstance(one, ast.Name)}
            is_theirs = not names.isdisjoint(model.__name__ for model in WRITTEN_BY_SERVICES)
            if is_theirs and not {one.arg for one in node.keywords} & NOT_FOLLOWED:
                yield f"{node.lineno}: {ast.unparse(node)}"


def test_rows_that_phones_keep_are_written_in_one_place():
    found = {path.relative_to(ROOT).as_posix(): list(writes_past_services(path.read_text())) for path in FILES}
    assert {name for name, writes in found.items() if writes} == {FRONT_DOOR, *IN_BULK}


@pytest.mark.django_db
def test_a_save_past_the_front_door_is_seen():
    shift = ShiftFactory()
    write_shift(shift, "capacity")
    past = compile("shift.save()", str(ROOT / "missions/services/shifts.py"), "exec")
    with pytest.raises(AssertionError, match=r"missions/services/shifts.py saves a Shift past"):
        exec(past, {"shift": shift})  # noqa: S102 as if that file said so
