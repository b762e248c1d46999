"""A deployment is configured by its environment alone, and `.env.example` is the whole list of what is read."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
LINE = re.compile(r"^# ([A-Z][A-Z0-9_]*)=(.*)$", re.MULTILINE)
COMPUTED = object()


def read_by_settings() -> dict[str, Any]:
    """Each variable that settings ask `env` for, with its default; COMPUTED where it depends on others."""
    calls = [node for node in ast.walk(ast.parse((ROOT / "config/settings.py").read_text())) if _asks_env(node)]
    return {call.args[0].value: _default_of(call) for call in calls}


def _asks_env(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="env")), args=[ast.Constant()]):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Attribute(value=ast.Name(id="os"), attr="environ"), attr="get")):
            return True
    return False


def _default_of(call: ast.Call) -> Any:
    default = next((keyword.value for keyword in call.keywords if keyword.arg == "default"), call.args[-1])
    try:
        return ast.literal_eval(default)
    except ValueError:
        return COMPUTED


def listed() -> dict[str, str]:
    return dict(LINE.findall((ROOT / ".env.example").read_text()))


def test_a_secret_key_that_begins_with_a_dollar_is_taken_as_it_is(tmp_path):
    key = "$" + "k" * 60
    program = "from django.conf import settings; print(settings.SECRET_KEY)"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "DATA_DIR": str(tmp_path)}
    answer = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**environment, "SECRET_KEY": key},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == key


def test_the_example_lists_exactly_what_the_settings_read():
    assert set(listed()) == set(read_by_settings())


def test_the_example_gives_the_defaults_of_the_settings():
    for name, default in read_by_settings().items():
        if default is not COMPUTED:
            text = ",".join(default) if isinstance(default, list) else str(default)
            assert listed()[name] == text, name


def test_the_example_copied_as_it_is_changes_nothing():
    lines = (ROOT / ".env.example").read_text().splitlines()
    assert all(not line or line.startswith("#") for line in lines)


@pytest.mark.parametrize("name", sorted(listed()))
def test_each_variable_stands_once(name: str):
    names = [found for found, _default in LINE.findall((ROOT / ".env.example").read_text())]
    assert names.count(name) == 1


def test_a_key_file_that_was_left_empty_by_a_kill_is_written_anew(tmp_path):
    (tmp_path / "secret-key").touch()
    program = "from django.conf import settings; print(settings.SECRET_KEY)"
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "DATA_DIR": str(tmp_path), "SECRET_KEY": ""}
    env["DATABASE_URL"] = f"sqlite:///{tmp_path / 'elan.sqlite3'}"
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    assert len(answer.stdout.strip()) >= 50
    assert (tmp_path / "secret-key").read_text() == answer.stdout.strip()


def test_a_folder_for_a_broker_is_refused_with_the_remedy(tmp_path):
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "DATA_DIR": str(tmp_path)}
    env["CELERY_BROKER_URL"] = "filesystem://localhost/"
    program = "from django.conf import settings; settings.DEBUG"
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert "leave CELERY_BROKER_URL empty" in answer.stderr
