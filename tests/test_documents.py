"""Every file that the documents point to exists."""

import re

import pytest

from tests.support.processes import ROOT

PATHS = re.compile(r"(?<![\w/.:-])(?:[\w.-]+/)+(?:[\w.-]+\.(?:py|md|yml|csv|po|toml|txt))?(?![\w/*{<…-])")
LINKS = re.compile(r"\]\(([^)#:]+)")
# Made by a run, or a path in an address.
NOT_KEPT = {"var/", "build/clients/", "build/"}


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md"])
def test_every_file_that_a_document_names_exists(document):
    text = (ROOT / document).read_text()
    named = {path for path in PATHS.findall(text) if path.split("/")[0] in {each.name for each in ROOT.iterdir()}}
    missing = {path for path in named - NOT_KEPT if not (ROOT / path).exists()}
    missing |= {link for link in LINKS.findall(text) if not ((ROOT / document).parent / link).exists()}
    assert named, "no path was found: the pattern is wrong"
    assert missing == set()
