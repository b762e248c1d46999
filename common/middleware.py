"""Our part of the one chain around every request, and the wrapper of what only pages need."""

import logging
import re
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import structlog
import uuid_utils
from corsheaders.middleware import CorsMiddleware
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core import checks
from django.core.exceptions import BadRequest, DisallowedHost, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.http.multipartparser import MultiPartParserError
from django.middleware.gzip import GZipMiddleware
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.deprecation import MiddlewareMixin

from common import logs, metrics, paris
from common.api import problems

logger = structlog.get_logger("elan.request")
requests = logging.getLogger("elan.request")

GetResponse = Callable[[HttpRequest], HttpResponse]

API_PREFIX = "/api/"
POLICY_OF_NO_PAGE = "default-src 'none'; frame-ancestors 'none'"
WRAPPED = {
    "csp.middleware.CSPMiddleware": "common.middleware.PolicyMiddleware",
    "corsheaders.middleware.CorsMiddleware": "common.middleware.OriginMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware": "common.middleware.SessionsOfPages",
    "django.contrib.auth.middleware.AuthenticationMiddleware": "common.middleware.AuthenticationOfPages",
    "django.contrib.messages.middleware.MessageMiddleware": "common.middleware.MessagesOfPages",
}
WITHOUT_BODY = {204, 304}
IS_TEXT = re.compile(r"text/|application/([a-z.]+\+)?(json|xml|yaml)|application/vnd\.oai\.openapi")
KNOWN_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
# What Django itself answers with a 4xx.
ORDINARY = (Http404, PermissionDenied, SuspiciousOperation, BadRequest, MultiPartParserError)
# No header that a browser sends is longer; Django reads no more of it either.
LONGEST_ACCEPT_LANGUAGE = 500


class RequestMiddleware:
    """Outermost. Gives the request an id and its reader's language, and says in log and metrics what became of it.

    The id is answered as `X-Request-ID`, so that a person's report, an answer and the log meet; one sent by the client
    is not trusted. Logged and counted is the route, never the path: a path may be a secret. Probes are neither.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        # Straight as text: the standard library's UUID would take as long again as the line of the log.
        request.id = str(uuid_utils.uuid7())
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request.id)
        started = time.perf_counter()
        language = _language_of(request.META.get("HTTP_ACCEPT_LANGUAGE", "")[:LONGEST_ACCEPT_LANGUAGE])
        translation.activate(language)
        request.LANGUAGE_CODE = language
        response = self._answer(request)
        if "Vary" in response.headers:
            patch_vary_headers(response, ("Accept-Language",))
        else:
            response.headers["Vary"] = "Accept-Language"
        response.headers.setdefault("Content-Language", language)
        response.headers["X-Request-ID"] = request.id
        # Without a length servers fall back on chunks, and phones on spinners without an end.
        if not response.streaming and response.status_code not in WITHOUT_BODY:
            response.headers.setdefault("Content-Length", str(len(response.content)))
        self._tell(request, response, time.perf_counter() - started)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if is_of_api(request):
            return self.get_response(request)
        # Nobody who looks at a shift there thinks in UTC; the API's times are UTC.
        with timezone.override(paris.PARIS):
            return self.get_response(request)

    def _tell(self, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        match = request.resolver_match
        if match is not None and getattr(match.func, "is_probe", False):
            return
        method = request.method if request.method in KNOWN_METHODS else "other"
        route = match.route if match else None
        metrics.observe_request(route or "unrouted", method, response.status_code, seconds)
        duration_ms = round(seconds * 1000, 1)
        logs.write_line(
            requests, "request", method=method, route=route, status=response.status_code, duration_ms=duration_ms
        )

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Logs what no handler knew, a page's own 403 and 404 aside; the answer is the 500 of common.api.problems."""
        if isinstance(exception, ORDINARY):
            return
        match = request.resolver_match
        logger.error("unhandled exception", route=match.route if match else None, exc_info=exception)


class CompressionMiddleware(GZipMiddleware):
    """Compresses text for clients that ask for it. Pictures and papers are small already, and keep their length.

    Bodies get up to 100 random bytes more, so that their length tells little of a secret in them (BREACH).
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.streaming or not IS_TEXT.match(response.headers.get("Content-Type", "")):
            return response
        return super().process_response(request, response)


class PolicyMiddleware(CSPMiddleware):
    """Content-Security-Policy: a page has the policy of the settings, any other answer may load and frame nothing."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not is_of_api(request) or _is_page(response):
            return super().process_response(request, response)
        response.headers.setdefault("Content-Security-Policy", POLICY_OF_NO_PAGE)
        return response


class OriginMiddleware(CorsMiddleware):
    """CORS: pages of the origins in the settings may call the API and read its answers, and no page for people.

    Answers a preflight itself; stands before whatever refuses, for an app must be able to read why.
    """

    def is_enabled(self, request: HttpRequest) -> bool:
        """Without an origin in the settings nothing is said, and no answer varies by it."""
        return bool(settings.CORS_ALLOWED_ORIGINS) and is_of_api(request)

    def add_response_headers(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """A page leads by a secret to what one person decides: only people open it."""
        is_closed = _is_page(response) and request.method != "OPTIONS"
        return response if is_closed else super().add_response_headers(request, response)


class RefusalMiddleware:
    """Answers with a problem what no view could read, and what asks the API under a name that is not ours."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        refused = _refused(request)
        if refused is None and is_of_api(request) and not _is_our_host(request):
            refused = problems.unknown_host(request)
        return refused or self.get_response(request)


class _OfPages(MiddlewareMixin):
    """Comes before Django's middleware in a subclass: requests of the API pass it by."""

    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request) if is_of_api(request) else super().__call__(request)


class SessionsOfPages(_OfPages, SessionMiddleware):
    """The API has tokens."""


class AuthenticationOfPages(_OfPages, AuthenticationMiddleware):
    """The API's person comes from the token (accounts.api.authentication)."""


class MessagesOfPages(_OfPages, MessageMiddleware):
    """The API answers in its body."""


def is_of_api(request: HttpRequest) -> bool:
    """Whether it asks for something under /api/, pages there included: they have no session."""
    return request.path_info.startswith(API_PREFIX)


def _is_page(response: HttpResponseBase) -> bool:
    return response.headers.get("Content-Type", "").startswith("text/html")


def check_chain(**_facts: Any) -> list[checks.CheckMessage]:
    """elan.E001: a middleware stands unwrapped of which there is one for pages alone."""
    return [
        checks.Error(f"{name} would run for the API as well.", hint=f"Use {wrapped}.", id="elan.E001")
        for name in settings.MIDDLEWARE
        if (wrapped := WRAPPED.get(name))
    ]


@lru_cache(maxsize=200)
def _language_of(accept_language: str) -> str:
    """Django's choice, French without one; no cookie and no path is asked."""
    asking = HttpRequest()
    asking.META["HTTP_ACCEPT_LANGUAGE"] = accept_language
    return translation.get_language_from_request(asking)


def _refused(request: HttpRequest) -> HttpResponse | None:
    """The problem of what no view could read, on the API's way or the pages'."""
    if refusal := request.META.get("elan.refusal"):
        return problems.unreadable(request, refusal)
    if not _is_utf8(request):
        return problems.not_utf8(request)
    return problems.length_needed(request) if "HTTP_TRANSFER_ENCODING" in request.META else None


def _is_our_host(request: HttpRequest) -> bool:
    """Whether the Host is one of ALLOWED_HOSTS; pages ask in Django's CommonMiddleware."""
    host = request.META.get("HTTP_HOST", request.META.get("SERVER_NAME", ""))
    return _is_allowed(host, tuple(settings.ALLOWED_HOSTS))


@lru_cache(maxsize=200)
def _is_allowed(host: str, allowed: tuple[str, ...]) -> bool:
    """Django's word on a Host under the present ALLOWED_HOSTS, asked once for each."""
    asking = HttpRequest()
    asking.META["HTTP_HOST"] = host
    try:
        asking.get_host()
    except DisallowedHost:
        return False
    return True


def _is_utf8(request: HttpRequest) -> bool:
    """Whether the media type names no other charset than UTF-8 (see config.wsgi, too)."""
    return (request.content_params or {}).get("charset", "utf-8").lower() in ("utf-8", "utf8")
