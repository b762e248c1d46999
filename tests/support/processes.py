"""The product's real processes on the test's database: an API server, a Celery worker with its beat."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx
from django.conf import settings
from django.db import connection

from tests.support.patience import PATIENCE_SECONDS, wait_until

ROOT = Path(__file__).resolve().parents[2]
# Who hears what the processes said. The suite's watch does; a demo, which has no models at hand, needs none.
LISTENERS: list[Callable[[str], object]] = []


def free_port() -> int:
    """A port of the loopback that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def database_url() -> str:
    """The URL of the database the test runs on, for another process."""
    facts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{facts['NAME']}"
    login = f"{quote(facts['USER'])}:{quote(facts['PASSWORD'] or '')}"
    return f"postgres://{login}@{facts['HOST']}:{facts['PORT']}/{facts['NAME']}"


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    """The settings of a process beside the test: its database and keys, a broker of its own or the session's."""
    return {
        **os.environ,
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(data_dir),
        "SECRET_KEY": settings.SECRET_KEY,
        "DEMO": "1",
        **more,
    }


@contextmanager
def running(
    module: str, *arguments: str, env: dict[str, str], by_day: bool = True
) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m module arguments` by day (demo.daytime), in a process group of its own, until the end."""
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", *(["demo.daytime"] if by_day else []), module, *arguments],
            cwd=ROOT,
            env=env,
            start_new_session=True,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            _stop(process)
            said.seek(0)
            text = said.read()
            # For who reads the failure of a test.
            sys.stderr.write(text)
            for listen in LISTENERS:
                listen(text)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """The whole group, so that no child of a killed parent stays behind."""
    for last in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, last)
            process.wait(PATIENCE_SECONDS)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


def is_ready(address: str) -> bool:
    """Whether an API answers there, with its database."""
    try:
        return httpx.get(f"{address}/readyz", headers={"X-Forwarded-Proto": "https"}).is_success
    except httpx.TransportError:
        return False


@contextmanager
def running_api(
    env: dict[str, str],
    *,
    workers: int = 1,
    app: str = "config.wsgi",
    by_day: bool = True,
    log_level: str = "error",
) -> Iterator[tuple[str, int]]:
    """A gunicorn that answers; its address and the process id of its master."""
    port = free_port()
    options = ("--config", "python:config.gunicorn", "--bind", f"127.0.0.1:{port}", "--threads", "8")
    options = ("--workers", str(workers), *options, "--log-level", log_level)
    with running("gunicorn", app, *options, env=env, by_day=by_day) as process:
        address = f"http://127.0.0.1:{port}"
        ready = wait_until(lambda: process.poll() is not None or is_ready(address))
        if process.poll() is not None or not ready:
            raise TimeoutError(f"{app} does not answer")
        yield address, process.pid


def children_of(pid: int) -> list[int]:
    """The process ids of the direct children (Linux)."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []
