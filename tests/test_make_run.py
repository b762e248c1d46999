"""The packages `make run` installs are enough for all that it starts, and no more; it keeps running what it started."""

import os
import re
import signal
import smtplib
import subprocess
import sys
import time
from contextlib import contextmanager
from importlib.metadata import packages_distributions
from pathlib import Path

import httpx

from demo.runner import FIRST_PAUSE_SECONDS, LONG_LIVED_SECONDS, Kept
from tests.support.processes import ROOT

PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)", re.MULTILINE)
# Each program of the demo as it begins: the product with its commands and jobs, its clock, the world outside, the
# phone. A package that is not in the demo's lock cannot be imported.
STARTED = """
import sys
sys.modules.update(dict.fromkeys(sys.argv[1:]))
import django
django.setup()
import config.wsgi, gunicorn.app.wsgiapp, celery.apps.worker, celery.apps.beat
import demo.management.commands.load_demo, django.core.management.commands.migrate
import demo.daytime, demo.outside, demo.runner, examples.journey
import babel.messages.frontend
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


def test_a_process_of_the_demo_that_ends_is_started_again_and_one_that_keeps_ending_waits_longer(capfd):
    kept = Kept("jobs", "exec sleep 600", width=4)
    seen = [kept.process.pid]
    for pause in (FIRST_PAUSE_SECONDS, 2 * FIRST_PAUSE_SECONDS):
        kept.signal(signal.SIGKILL)
        kept.process.wait()
        kept.look()
        kept.look()
        assert not kept.is_running()  # not before its pause is over
        assert kept.due is not None
        assert kept.due <= time.monotonic() + pause
        assert kept.pause == 2 * pause
        kept.due = 0
        kept.look()
        assert kept.is_running()
        seen.append(kept.process.pid)
    kept.started -= LONG_LIVED_SECONDS + 1
    kept.signal(signal.SIGKILL)
    kept.process.wait()
    kept.look()
    assert kept.pause == 2 * FIRST_PAUSE_SECONDS  # it had lived long: the waiting begins anew
    assert len(set(seen)) == 3


def test_ctrl_c_stops_every_process_of_the_demo_and_what_they_started(tmp_path):
    procfile = tmp_path / "Procfile"
    procfile.write_text("api: sleep 600 & echo $!; wait\nworker: trap '' TERM; echo $$; while :; do sleep 600; done\n")
    command = [sys.executable, "-m", "demo.runner", str(procfile)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as runner:
        said = [re.fullmatch(r"(api|worker) +\| (?:started, process )?(\d+)\n", next(runner.stdout)) for _ in range(4)]
        assert all(said)
        runner.send_signal(signal.SIGINT)
        assert runner.wait() == 128 + signal.SIGINT
    for line in said:
        assert not is_alive(int(line[2]))


def test_what_a_killed_demo_left_behind_ends_and_holds_no_port(tmp_path):
    procfile = tmp_path / "Procfile"
    procfile.write_text("api: sleep 600 & echo $!; wait\nworker: trap '' TERM; echo $$; while :; do sleep 600; done\n")
    command = [sys.executable, "-m", "demo.runner", str(procfile)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as runner:
        said = [re.fullmatch(r"(api|worker) +\| (?:started, process )?(\d+)\n", next(runner.stdout)) for _ in range(4)]
        runner.kill()
        runner.wait()
    end = time.monotonic() + 20
    while any(is_alive(int(line[2])) for line in said) and time.monotonic() < end:
        time.sleep(0.1)
    assert not [line[2] for line in said if is_alive(int(line[2]))]


@contextmanager
def outside_world(received):
    """The process of the Procfile on free ports: its address and mail port; killed in the end, without a word."""
    command = [sys.executable, "-m", "demo.outside", "--http-port", "0", "--smtp-port", "0", "--received", received]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        url, smtp_port = re.search(r"(http://\S+)/ \(.* (\d+)\)", next(process.stdout)).groups()
        try:
            yield url, int(smtp_port)
        finally:
            process.kill()


def test_mails_and_pushes_are_there_after_the_world_outside_was_killed(tmp_path):
    received = tmp_path / "outside" / "received.jsonl"
    for name in ("before", "after"):
        with outside_world(received) as (url, smtp_port):
            with smtplib.SMTP("127.0.0.1", smtp_port) as smtp:
                smtp.sendmail("elan@elan.example", ["lea@elan.example"], f"Subject: {name}\n\nhttps://elan.example/\n")
            token = httpx.post(f"{url}/token", data={"assertion": "x"}).json()["access_token"]
            push = {"message": {"token": "phone-1", "notification": {"title": name}}}
            path, headers = "v1/projects/elan-demo/messages:send", {"Authorization": f"Bearer {token}"}
            assert httpx.post(f"{url}/{path}", json=push, headers=headers).is_success
        with received.open("a") as file:
            file.write('\n{"mail": {"to": ["cut in its mid')
    with outside_world(received) as (url, _smtp_port):
        mails = httpx.get(f"{url}/mailbox/", params={"to": "lea@elan.example"}).json()
        pushes = httpx.get(f"{url}/phones/phone-1/").json()
        assert httpx.get(f"{url}/").is_success
    assert [mail["subject"] for mail in mails] == ["before", "after"]
    assert [push["notification"]["title"] for push in pushes] == ["before", "after"]
    assert received.stat().st_mode & 0o777 == 0o600
    assert "--received" in (ROOT / "demo" / "Procfile").read_text()


def is_alive(pid: int) -> bool:
    """Whether it runs; what nobody has waited for yet runs no more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
