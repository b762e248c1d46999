"""docs/asvs.csv names OWASP ASVS 5.0.0 requirements once each, and for what is met a test that exists."""

import ast
import csv
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STATUSES = {"met", "partly", "not applicable", "not yet"}
# Chapter, section, number of requirements in ASVS 5.0.0: an id beyond them is invented.
SECTIONS = {
    1: {1: 2, 2: 10, 3: 12, 4: 3, 5: 3},
    2: {1: 3, 2: 3, 3: 5, 4: 2},
    3: {1: 1, 2: 3, 3: 5, 4: 8, 5: 8, 6: 1, 7: 5},
    4: {1: 5, 2: 5, 3: 2, 4: 4},
    5: {1: 1, 2: 6, 3: 3, 4: 3},
    6: {1: 3, 2: 12, 3: 8, 4: 6, 5: 8, 6: 4, 7: 2, 8: 4},
    7: {1: 3, 2: 4, 3: 2, 4: 5, 5: 3, 6: 2},
    8: {1: 4, 2: 4, 3: 3, 4: 2},
    9: {1: 3, 2: 4},
    10: {1: 2, 2: 3, 3: 5, 4: 16, 5: 5, 6: 2, 7: 3},
    11: {1: 4, 2: 5, 3: 5, 4: 4, 5: 2, 6: 2, 7: 2},
    12: {1: 5, 2: 2, 3: 5},
    13: {1: 4, 2: 6, 3: 4, 4: 7},
    14: {1: 2, 2: 8, 3: 3},
    15: {1: 5, 2: 5, 3: 7, 4: 4},
    16: {1: 1, 2: 5, 3: 4, 4: 3, 5: 4},
    17: {1: 2, 2: 8, 3: 2},
}

with (ROOT / "docs" / "asvs.csv").open(newline="") as file:
    ROWS = list(csv.DictReader(file))


@cache
def _tests_of(path: str) -> set[str]:
    return {node.name for node in ast.parse((ROOT / path).read_text()).body if isinstance(node, ast.FunctionDef)}


def test_the_table_has_its_columns_and_covers_what_the_project_touches():
    assert list(ROWS[0]) == ["id", "level", "requirement", "status", "how", "test"]
    chapters = {int(row["id"].removeprefix("v5.0.0-").split(".")[0]) for row in ROWS}
    assert chapters >= {1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}


def test_each_requirement_stands_once_and_in_order():
    ids = [row["id"] for row in ROWS]
    assert [name for name in ids if not re.fullmatch(r"v5\.0\.0-\d{1,2}\.\d{1,2}\.\d{1,2}", name)] == []
    numbers = [tuple(map(int, name.removeprefix("v5.0.0-").split("."))) for name in ids]
    assert [numbers[i] for i in range(1, len(numbers)) if numbers[i] <= numbers[i - 1]] == []
    assert [
        name
        for name, (chapter, section, number) in zip(ids, numbers, strict=True)
        if number > SECTIONS[chapter].get(section, 0)
    ] == []


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_a_line_says_how_and_what_is_met_has_a_test_that_exists(row):
    assert row["level"] in {"1", "2", "3"}
    assert row["status"] in STATUSES
    assert row["requirement"]
    assert row["how"]
    assert row["test"] or row["status"] != "met"
    if row["test"]:
        path, name = row["test"].split("::")
        assert name in _tests_of(path)
