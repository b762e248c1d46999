"""docs/api.md says nothing of the contract that the contract does not hold, and its examples run."""

import re
import shutil
import subprocess
import sys
from typing import Any

import pytest
import yaml

from common.api.words import words
from tests.support.api import SCHEMA_FILE
from tests.support.processes import ROOT, environment, running_api
from tests.support.world import API

GUIDE = (ROOT / "docs" / "api.md").read_text()
SCRIPTS = re.findall(r"^```sh\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
PROSE = re.sub(r"^```.*?^```", "", GUIDE, flags=re.DOTALL | re.MULTILINE)
# Names of HTTP, Firebase, this repository, and what stands beside an error, which no component of the contract has.
ELSEWHERE = {
    "api_schema.yml", "make", "clients", "notification", "notification_id", "opens", "losses", "opens_at", "closes_at",
}  # fmt: skip


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    return yaml.load(SCHEMA_FILE.read_text(), Loader=yaml.CSafeLoader)


def test_every_address_of_the_guide_is_in_the_contract(contract):
    known = {path.removeprefix(API) for path in contract["paths"]} | {"docs/", "schema/"}
    named = re.findall(r"`(?:[A-Z]+ )?(?:/api/v1/)?([a-z{][a-z{}/-]*/)`", PROSE)
    called = re.findall(r"\$ELAN/api/v1/([^\"?]*)", GUIDE)
    assert len(named) > 5
    assert len(called) > 5
    assert [address for address in [*named, *called] if address not in known] == []


def test_every_method_that_the_guide_names_is_in_the_contract(contract):
    for method, address in re.findall(r"`([A-Z]+) ([a-z{][a-z{}/-]*/)`", PROSE):
        assert method.lower() in contract["paths"][f"{API}{address}"], (method, address)


def test_every_field_and_parameter_of_the_guide_is_in_the_contract(contract):
    text = SCHEMA_FILE.read_text()
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)*)`", PROSE)) | set(re.findall(r"\"([a-z_]+)\\?\":", "".join(SCRIPTS)))
    assert len(named) > 10
    unknown = {name for name in named if not re.search(rf"^\s+(?:- )?(?:name: )?{name}:?$", text, re.MULTILINE)}
    assert unknown - ELSEWHERE - set(words().codes) == set()


def test_every_header_that_the_guide_asks_for_is_one_the_contract_or_http_has(contract):
    asked = set(re.findall(r"^ +name: ([A-Z][A-Za-z]*(?:-[A-Z][a-z]+)+)$", SCHEMA_FILE.read_text(), re.MULTILINE))
    assert {"Idempotency-Key", "If-Match"} <= asked
    for header in asked:
        assert f"`{header}`" in GUIDE, header


def test_the_posts_that_take_no_key_are_those_of_the_guide(contract):
    assert "but for `auth/…`, `classes/join/` and the links of mails" in PROSE
    posts = {path.removeprefix(API): one["post"] for path, one in contract["paths"].items() if "post" in one}
    keyless = {
        path for path, post in posts.items() if "Idempotency-Key" not in {p["name"] for p in post.get("parameters", [])}
    }
    assert keyless == {path for path in posts if re.search(r"^auth/|^classes/join/|\{token\}", path)}


def test_every_status_that_the_api_names_is_explained():
    for status in "400 401 403 404 409 410 412 428 426 429 503 422".split():
        assert status in PROSE, status


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples are curl's, and there is none here")
@pytest.mark.django_db(transaction=True)
def test_the_examples_run_as_they_stand(tmp_path):
    env = environment(tmp_path)
    load = [sys.executable, "-m", "demo.daytime", "manage", "load_demo"]
    subprocess.run(load, cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    with running_api(env) as (api, _pid):
        example = ["sh", "-euc", "\n".join(SCRIPTS)]
        done = subprocess.run(
            example, cwd=tmp_path, env={**env, "ELAN": api}, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stdout + done.stderr
