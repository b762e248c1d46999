"""Gives every request an id and one line in the log, so that a person's report, an answer and the log meet."""

import time
from collections.abc import Callable
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

from common.api.problems import not_utf8
from common.models import uuid7

logger = structlog.get_logger("elan.request")


class RequestIdMiddleware:
    """Sets `request.id`, answers it as `X-Request-ID` and logs the route, never the path: a path may be a secret.

    An id sent by the client is not trusted. Probes are not logged.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.id = str(uuid7())
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request.id)
        started = time.perf_counter()
        response = self.get_response(request)
        response["X-Request-ID"] = request.id
        match = request.resolver_match
        if match is None or not getattr(match.func, "is_probe", False):
            logger.info(
                "request",
                method=request.method if request.method in KNOWN_METHODS else "other",
                route=match.route if match else None,
                status=response.status_code,
                duration_ms=round((time.perf_counter() - started) * 1000, 1),
            )
        return response

    def process_exception(self, request: Any, exception: Exception) -> None:
        """Logs what no handler knew; the answer is the 500 of common.api.problems."""
        match = request.resolver_match
        logger.error("unhandled exception", route=match.route if match else None, exc_info=exception)


class Utf8Middleware:
    """Refuses a request whose media type names another charset than UTF-8 (see config.wsgi, too)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        charset = (request.content_params or {}).get("charset", "utf-8")
        return self.get_response(request) if charset.lower() in ("utf-8", "utf8") else not_utf8(request)


KNOWN_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
