"""Every file, decision and test that the documents name exists."""

import ast
import os
import re
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest

from tests.support.processes import ROOT

PATHS = re.compile(r"(?<![\w/.:-])(?:[\w.-]+/)+(?:[\w.-]+\.(?:py|md|yml|csv|po|toml|txt))?(?![\w/*{<…-])")
LINKS = re.compile(r"\]\(([^)#:]+)")
# Made by a run, or a path in an address.
NOT_KEPT = {"var/", "build/clients/", "build/"}
MADE = {".git", ".venv", "__pycache__", ".hypothesis", "var", "build", "staticfiles", "node_modules"}
DECISIONS = ROOT / "docs" / "adr"
# "ADR 0003", "docs/adr/0003-…": four digits of a decision.
DECISION = re.compile(r"\badr[\s/]*(\d{4})", re.IGNORECASE)
STATUS = re.compile(r"^- Status: (?:accepted|superseded by \[\d{4}\])", re.MULTILINE)
TEST = re.compile(r"`(test_\w+\.py)::(test_\w+)`")


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md"])
def test_every_file_that_a_document_names_exists(document):
    text = (ROOT / document).read_text()
    named = {path for path in PATHS.findall(text) if path.split("/")[0] in {each.name for each in ROOT.iterdir()}}
    missing = {path for path in named - NOT_KEPT if not (ROOT / path).exists()}
    missing |= {link for link in LINKS.findall(text) if not ((ROOT / document).parent / link).exists()}
    assert named, "no path was found: the pattern is wrong"
    assert missing == set()


# --- Decisions ---------------------------------------------------------------------------------------------------
def decisions():
    return sorted(DECISIONS.glob("[0-9]*.md"))


def kept_texts():
    """Every text of the repository by its path; without what is installed or made by a run."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in MADE and not name.endswith("_cache")]
        for name in names:
            path = Path(folder, name)
            with suppress(UnicodeDecodeError):  # a picture
                yield str(path.relative_to(ROOT)), path.read_text()


def test_every_decision_that_is_named_exists():
    numbers = {path.name[:4] for path in decisions()}
    named = {(path, number) for path, text in kept_texts() for number in DECISION.findall(text)}
    assert named, "no decision was found: the pattern is wrong"
    assert {(path, number) for path, number in named if number not in numbers} == set()


@pytest.mark.parametrize("path", decisions(), ids=lambda path: path.name)
def test_a_decision_has_its_number_date_and_status_and_stands_in_the_index(path):
    text, index = path.read_text(), (DECISIONS / "README.md").read_text()
    assert text.startswith(f"# {path.name[:4]}. ")
    date = re.search(r"^- Date: (\d{4}-\d{2}-\d{2})$", text, re.MULTILINE)
    assert date
    assert STATUS.search(text)
    assert f"({path.name}) | {date[1]} |" in index
    for link in LINKS.findall(text):
        assert (DECISIONS / link).exists()


def test_decisions_are_numbered_without_a_gap():
    assert [int(path.name[:4]) for path in decisions()] == list(range(1, len(decisions()) + 1))


# --- Rules -------------------------------------------------------------------------------------------------------
@cache
def names_of_tests_in(name):
    """The tests of all files of that name."""
    found = set()
    for path in (ROOT / "tests").rglob(name):
        found |= {node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}
    return found


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "rules").glob("*.md")), ids=lambda page: page.name)
def test_every_rule_names_a_test_that_exists(page):
    text = page.read_text()
    rules = re.split(r"^- ", text, flags=re.MULTILINE)[1:]
    assert rules, "no rule was found: the pattern is wrong"
    assert [rule for rule in rules if not TEST.search(rule)] == []
    assert {named for named in TEST.findall(text) if named[1] not in names_of_tests_in(named[0])} == set()
    assert [link for link in LINKS.findall(text) if not (page.parent / link).exists()] == []
