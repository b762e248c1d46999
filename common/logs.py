"""Structured logs: one JSON object a line, with request and person ids, and nothing personal.

What may identify somebody (names, addresses, tokens, the path of a public link, the values in a traceback's
frames) is never given to the logger; ids are, because they mean nothing outside the database.
"""

import logging
from typing import Any

import structlog

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def _without_messages(_logger: Any, _method: str, event: Any) -> Any:
    """Drops what exceptions say (a database repeats the values it refused); type and place remain."""
    for error in event.get("exception") or []:
        error.pop("exc_value", None)
        error.pop("exc_notes", None)
    return event


def logging_settings(level: str, *, as_json: bool) -> dict[str, Any]:
    """Django's LOGGING: JSON for machines, short lines for a person running the demo."""
    # show_locals stays off: a frame's locals hold passwords and tokens.
    tracebacks = structlog.processors.ExceptionRenderer(
        structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    )
    rendered: list[Any] = (
        [tracebacks, _without_messages, structlog.processors.JSONRenderer()]
        if as_json
        else [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered],
            }
        },
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "structured"},
            "nowhere": {"class": "logging.NullHandler"},
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django logs paths, and a public link's path is a secret: RequestMiddleware logs routes instead.
            # A handler that does nothing, for without any Python writes warnings to stderr itself.
            "django.request": {"handlers": ["nowhere"], "propagate": False},
            "django.security": {"level": "ERROR"},
            "celery": {"level": "WARNING"},
        },
    }


def configure() -> None:
    """Makes `structlog.get_logger()` write through the standard library's handlers."""
    # Python's documented optimisation: no line tells file, thread or process, so no record looks for them.
    logging._srcfile = None  # type: ignore[attr-defined]
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
