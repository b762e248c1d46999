"""How the API is served: `gunicorn --config python:config.gunicorn config.wsgi`; options of the command line win."""

import io
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import environ
from gunicorn.http import errors
from gunicorn.workers.gthread import ThreadWorker

from common import logs

BASE_DIR = Path(__file__).resolve().parent.parent


class _Environment(environ.Env):
    """As config.settings reads it, but not for the workers to inherit: after a reload they read `.env` anew."""

    ENVIRON = {**os.environ}


_Environment.read_env(BASE_DIR / ".env")
METRICS_DIR = Path(_Environment.ENVIRON.get("DATA_DIR", BASE_DIR / "var")) / "metrics"

_env = _Environment()
# The lines of gunicorn's own processes are as the product's.
logconfig_dict = logs.logging_settings(
    _env.str("LOG_LEVEL", default="INFO"),
    as_json=_env.bool("LOG_JSON", default=not _env.bool("DEMO", default=False)),
)

worker_class = "config.gunicorn.Worker"
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


class Worker(ThreadWorker):
    """gunicorn's own, save that what it refuses by itself is answered by the API, as a problem."""

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answers what never became a request, and what failed outside Django.

        Nothing of what was sent is logged: a line that cannot be read may hold a token as well.
        """
        refusal = _refusal(exc)
        if refusal is None:
            self.log.error("Error handling request: %s", type(exc).__name__, exc_info=exc)
        environ = {
            "REQUEST_METHOD": "UNREADABLE",
            "PATH_INFO": "/api/",
            "SERVER_NAME": "",
            "SERVER_PORT": "",
            "wsgi.url_scheme": "http",
            # No header was read: without this one a deployment behind TLS would ask for the host, to redirect there.
            "HTTP_X_FORWARDED_PROTO": "https",
            "wsgi.input": io.BytesIO(),
            "elan.refusal": refusal or "server_error",
        }
        head: list[str] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            head.extend([f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers), "Connection: close"])

        body = b"".join(self.wsgi(environ, start_response))
        with suppress(OSError):
            client.sendall("\r\n".join([*head, "", ""]).encode("latin-1") + body)


def _refusal(exc: BaseException) -> str | None:
    """The code of common.api.problems.unreadable for what gunicorn found wrong, None when it was not the request."""
    if isinstance(exc, errors.LimitRequestLine):
        return "address_too_long"
    if isinstance(exc, errors.LimitRequestHeaders):
        return "headers_too_large"
    return "request_unreadable" if isinstance(exc, errors.ParseException | errors.ExpectationFailed) else None
