"""What `make run` installs is enough for all that it starts, and no more than that."""

import os
import re
import subprocess
import sys
from importlib.metadata import packages_distributions

from tests.support.processes import ROOT

PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)", re.MULTILINE)
# Each program of the demo as it begins: the product with its commands and jobs, its clock, the world outside, the
# phone. What is not in the demo's lock cannot be imported.
STARTED = """
import sys
sys.modules.update(dict.fromkeys(sys.argv[1:]))
import django
django.setup()
import config.wsgi, gunicorn.app.wsgiapp, celery.apps.worker, celery.apps.beat
import engagement.management.commands.load_demo, django.core.management.commands.migrate
import tests.support.daytime, tests.support.outside, examples.journey
import babel.messages.frontend, honcho.command
from config.celery import app
app.loader.import_default_modules()
from django.urls import get_resolver
get_resolver().url_patterns
"""


def locked(name: str) -> dict[str, str]:
    return {package.lower(): version for package, version in PINNED.findall((ROOT / name).read_text())}


def test_the_demos_lock_holds_the_products_and_is_a_part_of_the_tests():
    product, demo, tests = locked("requirements.txt"), locked("requirements-demo.txt"), locked("requirements-dev.txt")
    assert product.items() < demo.items() < tests.items()
    assert not {"pytest", "mypy", "ruff", "hypothesis", "schemathesis", "playwright"} & set(demo)
    blocks = re.split(r"\n(?=[a-z])", (ROOT / "requirements-demo.txt").read_text())[1:]
    assert all("--hash=sha256:" in block for block in blocks)


def test_what_make_run_starts_needs_nothing_but_its_lock(tmp_path):
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "DATA_DIR": str(tmp_path), "DEMO": "1"}
    env |= {"DATABASE_URL": f"sqlite:///{tmp_path / 'elan.sqlite3'}", "REDIS_URL": ""}
    installed = {*locked("requirements-demo.txt"), "pip", "setuptools"}
    absent = [
        module
        for module, owners in packages_distributions().items()
        if not installed & {owner.lower().replace("_", "-") for owner in owners}
    ]
    assert {"pytest", "hypothesis", "mypy"} <= set(absent)
    assert not {"django", "time_machine", "babel", "aiosmtpd", "httpx"} & set(absent)
    subprocess.run([sys.executable, "-c", STARTED, *absent], cwd=ROOT, env=env, check=True)
