"""`publiccode.yml` says of the project what its other files say, and people read it in French and in English."""

import tomllib

import yaml
from django.conf import settings

from common.readable import with_no_break_spaces
from tests.support.api import SCHEMA_FILE
from tests.support.processes import ROOT

PUBLIC = yaml.safe_load((ROOT / "publiccode.yml").read_text())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_it_agrees_with_the_project():
    assert PUBLIC["softwareVersion"] == PROJECT["version"]
    assert PUBLIC["legal"]["license"] == PROJECT["license"]
    assert PUBLIC["legal"]["mainCopyrightOwner"] in (ROOT / "LICENSE").read_text()
    assert {language for language, _name in settings.LANGUAGES} == {*PUBLIC["localisation"]["availableLanguages"]}
    python = next(one for one in PUBLIC["dependsOn"]["open"] if one["name"] == "Python")
    assert PROJECT["requires-python"] == f">={python['versionMin']}"
    [locked] = [one for one in tomllib.loads((ROOT / "uv.lock").read_text())["package"] if one["name"] == "elan"]
    assert locked["version"] == PROJECT["version"]


def test_the_contract_is_of_the_projects_version():
    contract = yaml.load(SCHEMA_FILE.read_text(), Loader=yaml.CSafeLoader)
    assert contract["info"]["version"] == PROJECT["version"]


def test_each_language_has_its_description_within_the_lengths_of_the_standard():
    assert {*PUBLIC["description"]} == {language for language, _name in settings.LANGUAGES}
    for said in PUBLIC["description"].values():
        assert len(said["shortDescription"]) <= 150
        assert 150 <= len(said["longDescription"]) <= 10_000
        assert len(said["features"]) == len(PUBLIC["description"]["fr"]["features"])


def test_its_french_has_no_break_spaces():
    french = PUBLIC["description"]["fr"]
    for text in (french["shortDescription"], french["longDescription"], *french["features"]):
        assert with_no_break_spaces(text) == text
