"""How the API is served: `gunicorn --config python:config.gunicorn config.wsgi`; options of the command line win."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import environ

BASE_DIR = Path(__file__).resolve().parent.parent


class _Environment(environ.Env):
    """As config.settings reads it, but not for the workers to inherit: after a reload they read `.env` anew."""

    ENVIRON = {**os.environ}


_Environment.read_env(BASE_DIR / ".env")
METRICS_DIR = Path(_Environment.ENVIRON.get("DATA_DIR", BASE_DIR / "var")) / "metrics"

worker_class = "gthread"
workers = 2
threads = 4


def on_starting(server: Any) -> None:
    """Deletes the counts of processes of former starts, which would be summed for ever (common.metrics)."""
    for counts in METRICS_DIR.glob("*.db"):
        with suppress(ValueError, OSError):
            if not _is_alive(int(counts.stem.rpartition("_")[2])):
                counts.unlink()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
