"""Structured logs: one JSON object a line, with request and person ids, and nothing personal.

Whatever may identify somebody (names, addresses, tokens, the path of a public link, the values in a traceback's
frames) is never given to the logger; ids are, because they mean nothing outside the database.
"""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
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


class Line(dict[str, Any]):
    """An event whose facts are whole and plain: nothing is left but to write it."""


class LineFormatter(structlog.stdlib.ProcessorFormatter):
    """Writes a Line by `write`, without structlog's processors, which cost more than all the rest of it."""

    def __init__(self, *args: Any, write: Callable[[Line], str], **options: Any) -> None:
        super().__init__(*args, **options)
        self.write = write

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        return self.write(record.msg) if type(record.msg) is Line else super().format(record)


def write_line(logger: logging.Logger, event: str, **facts: str | int | float | None) -> None:
    """What `structlog.get_logger(name).info(event, **facts)` writes, for the one line that every request costs."""
    if not logger.isEnabledFor(logging.INFO):
        return
    timestamp = f"{datetime.now(UTC).isoformat()[:-6]}Z"
    bound = structlog.contextvars.get_contextvars()
    line = Line(facts, event=event, **bound, logger=logger.name, level="info", timestamp=timestamp)
    record = logging.LogRecord(logger.name, logging.INFO, "", 0, line, None, None)
    logger.handle(record)


def logging_settings(level: str, *, as_json: bool) -> dict[str, Any]:
    """Django's LOGGING: JSON for machines, short lines for a person running the demo."""
    # show_locals stays off: a frame's locals hold passwords and tokens.
    tracebacks = structlog.processors.ExceptionRenderer(
        structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    )
    short = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    rendered: list[Any] = (
        [tracebacks, _without_messages, structlog.processors.JSONRenderer()] if as_json else [short]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": LineFormatter,
                "write": json.JSONEncoder().encode if as_json else lambda line: short(None, "info", dict(line)),
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
            # gunicorn gives it a handler of its own at each start and reload.
            "gunicorn.error": {"handlers": ["console"], "propagate": False},
        },
    }


def configure() -> None:
    """Makes `structlog.get_logger()` write through the standard library's handlers."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
