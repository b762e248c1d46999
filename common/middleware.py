"""What happens around every request: the API's whole way, and the first step of the pages' through Django's chain."""

import logging
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import lru_cache
from typing import Any, ClassVar

import structlog
import uuid_utils
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.core.exceptions import BadRequest, DisallowedHost, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.response import ResponseHeaders
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from common import logs, metrics, paris
from common.api import problems

logger = structlog.get_logger("elan.request")
requests = logging.getLogger("elan.request")

GetResponse = Callable[[HttpRequest], HttpResponse]

API_PREFIX = "/api/"
WITHOUT_BODY = {204, 304}
KNOWN_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
# What Django itself answers with a 4xx.
ORDINARY = (Http404, PermissionDenied, SuspiciousOperation, BadRequest, MultiPartParserError)
# No header that a browser sends is longer; Django reads no more of it either.
LONGEST_ACCEPT_LANGUAGE = 500


class RequestMiddleware:
    """Outermost. Gives the request an id and its reader's language, and says in log and metrics what became of it.

    The id is answered as `X-Request-ID`, so that a person's report, an answer and the log meet; one sent by the client
    is not trusted. Logged and counted is the route, never the path: a path may be a secret. Probes are neither.

    What is under /api/ goes straight to the view (`ApiShortcut`), past sessions, CSRF, messages and what else only the
    admin needs.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.pages = get_response
        self.api = ApiShortcut.view or get_response
        self.redirects_to_tls = settings.SECURE_SSL_REDIRECT
        self.api_headers = ResponseHeaders(dict(_api_headers()))._store
        self.page_headers = ResponseHeaders(dict(_page_headers()))._store

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

    def _answer(self, request: Any) -> HttpResponse:
        response = _refused(request)
        # Django's SecurityMiddleware, on the pages' way, redirects plain HTTP.
        insecure = self.redirects_to_tls and not request.is_secure()
        if response is None and (insecure or not request.path_info.startswith(API_PREFIX)):
            # Nobody who looks at a shift there thinks in UTC; the API's times are UTC.
            with timezone.override(paris.PARIS):
                return self.pages(request)
        if response is None:
            # The API takes no cookie that another site could make a browser send.
            request.csrf_processing_done = True
            response = self.api(request) if _is_our_host(request) else problems.unknown_host(request)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        # What the view has not said itself, all at once: given one by one, Django would check each every time.
        response.headers._store = {**(self.page_headers if is_page else self.api_headers), **response.headers._store}
        return response

    def _tell(self, request: Any, response: HttpResponse, seconds: float) -> None:
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

    def process_exception(self, request: Any, exception: Exception) -> None:
        """Logs what no handler knew, a page's own 403 and 404 aside; the answer is the 500 of common.api.problems."""
        if isinstance(exception, ORDINARY):
            return
        match = request.resolver_match
        logger.error("unhandled exception", route=match.route if match else None, exc_info=exception)


class ApiShortcut:
    """Innermost, so made first: keeps what answers after all middleware, for RequestMiddleware to go there at once."""

    view: ClassVar[GetResponse | None] = None

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        ApiShortcut.view = staticmethod(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)


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


def _api_headers() -> list[tuple[str, str]]:
    """What Django's SecurityMiddleware says of pages, for answers that are none: they load and frame nothing."""
    headers = [
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", settings.SECURE_REFERRER_POLICY),
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ]
    if settings.SECURE_SSL_REDIRECT:
        more = "; includeSubDomains" * settings.SECURE_HSTS_INCLUDE_SUBDOMAINS
        more += "; preload" * settings.SECURE_HSTS_PRELOAD
        headers.append(("Strict-Transport-Security", f"max-age={settings.SECURE_HSTS_SECONDS}{more}"))
    return headers


def _page_headers() -> list[tuple[str, str]]:
    """The same for the pages under /api/ (links from mails, the docs), with the pages' own policy."""
    parts = CSPMiddleware(lambda request: HttpResponse()).get_policy_parts(HttpRequest(), HttpResponse())
    return [
        *(header for header in _api_headers() if header[0] != "Content-Security-Policy"),
        ("Content-Security-Policy", build_policy(**asdict(parts))),
        ("X-Frame-Options", settings.X_FRAME_OPTIONS),
        ("Cross-Origin-Opener-Policy", settings.SECURE_CROSS_ORIGIN_OPENER_POLICY),
    ]
