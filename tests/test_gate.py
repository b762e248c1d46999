"""What of the suite the gate runs on which database, and what of it `make test-fast` runs for a change."""

from pathlib import Path

from tests.support import gate, touched
from tests.support.hostile import OPERATIONS, WRITES, fields_of, inputs_of, kind_of, shape_of

ROOT = Path(__file__).resolve().parents[1]


def test_every_kind_of_field_and_every_shape_of_operation_is_met_on_every_database(monkeypatch):
    fields = [node for key in WRITES for _path, node in fields_of(inputs_of(OPERATIONS[key]))]
    monkeypatch.setattr(gate, "BULK", False)
    some = gate.one_of_each(fields, kind_of)
    assert {kind_of(node) for node in some} == {kind_of(node) for node in fields}
    assert len(some) < len(fields) / 5
    assert {shape_of(key) for key in gate.one_of_each(OPERATIONS, shape_of)} == {shape_of(key) for key in OPERATIONS}
    monkeypatch.setattr(gate, "BULK", True)
    assert gate.one_of_each(fields, kind_of) == fields


def test_what_runs_once_runs_on_a_database_of_the_gate():
    marked = [line for file in ROOT.glob("tests/**/test_*.py") for line in file.read_text().splitlines()]
    once = [line.strip().rstrip(",").lstrip("@") for line in marked if line.strip().lstrip("@").startswith("once_on(")]
    assert set(once) == {'once_on("postgresql")', 'once_on("sqlite")'}


def test_a_change_is_tested_by_its_folder():
    always = touched.ALWAYS
    assert touched.tests_of(["missions/models/shifts.py"]) == sorted([*always, "tests/missions"])
    assert touched.tests_of(["tests/missions/test_shifts.py"]) == sorted([*always, "tests/missions/test_shifts.py"])
    assert touched.tests_of(["missions/apps.py", "tests/missions/test_a.py"])[-3] == "tests/missions"
    assert touched.tests_of(["api_schema.yml"]) == sorted([*always, "tests/test_api_schema.py"])
    for tests in touched.ELSEWHERE.values():
        assert all((ROOT / test).exists() for test in tests)
