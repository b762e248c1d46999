"""The one place where an error becomes an answer: application/problem+json (RFC 9457), in the reader's language."""

import logging
import math
import sys
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse, UnreadablePostError
from django.utils.translation import gettext as _
from drf_standardized_errors.formatter import flatten_errors
from rest_framework import exceptions
from rest_framework.response import Response

from common import readable
from common.errors import BadInput, DomainError, NotAllowed, NotVisible

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5
# An answer must not be larger than the question: errors, and what they say of what was sent, are cut.
MOST_ERRORS = 20
LONGEST_DETAIL = 500
LONGEST_POINTER = 200


def title_of(status: int) -> str:
    """The short sentence of a status, translated."""
    titles = {
        400: _("Invalid request"),
        401: _("Sign-in needed"),
        403: _("Not allowed"),
        404: _("Not found"),
        405: _("Method not allowed"),
        409: _("Not possible now"),
        410: _("No longer available"),
        411: _("Length needed"),
        412: _("Changed since you read it"),
        413: _("Too large"),
        414: _("Address too long"),
        415: _("Media type not supported"),
        422: _("Key already used"),
        426: _("App too old"),
        428: _("Version needed"),
        429: _("Too many requests"),
        431: _("Headers too large"),
        503: _("Unavailable for a moment"),
    }
    return titles.get(status, _("Error"))


def problem(status: int, code: str, detail: str, *, request: Any = None, **members: Any) -> dict[str, Any]:
    """The problem document."""
    return {
        "type": f"https://elan.example/problems/{code.replace('_', '-')}",
        "title": title_of(status),
        "status": status,
        "detail": detail,
        "code": code,
        "errors": members.pop("errors", []),
        "request_id": getattr(request, "id", ""),
        **members,
    }


def _pointer(attr: str | None) -> str:
    parts = [part for part in (attr or "").split(".") if part and part != "non_field_errors"]
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def field_error(attr: str | None, code: str, detail: Any) -> dict[str, str]:
    """What a problem says of one wrong field; what it repeats of the body is cut."""
    pointer, text = _cut(_pointer(attr), LONGEST_POINTER), _cut(str(detail), LONGEST_DETAIL)
    return {"pointer": pointer, "code": code, "detail": text}


def field_errors(detail: Any, most: int = MOST_ERRORS) -> list[dict[str, str]]:
    """What a problem says of each wrong field, of the first ones."""
    flat = flatten_errors(_first(detail, [most]))
    return [field_error(error.attr, error.code, error.detail) for error in flat]


def _first(detail: Any, left: list[int]) -> Any:
    """The same detail with no more errors than are left: flattening takes the square of their number."""
    if isinstance(detail, dict):
        return {name: _first(value, left) for name, value in _while(detail.items(), left)}
    if isinstance(detail, list):
        return [_first(value, left) for value in _while(detail, left)]
    left[0] -= 1
    return detail


def _while(values: Any, left: list[int]) -> Any:
    for value in values:
        if left[0] <= 0:
            return
        yield value


def _too_many(wait_seconds: float | None) -> str:
    if wait_seconds is None:
        return _("Too many requests came from here. Try again later.")
    minutes = max(1, math.ceil(wait_seconds / 60))
    return _("Too many requests came from here. Try again in %(time)s.") % {"time": readable.duration(minutes)}


def _said_of_http() -> dict[str, str]:
    """By code, what the framework says without telling what to do."""
    return {
        "method_not_allowed": _("This address does not take that method: the Allow header lists those it takes."),
        "unsupported_media_type": _("Send JSON in UTF-8, or a file as multipart/form-data."),
    }


def _respond(status: int, document: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    return Response(document, status=status, headers=headers, content_type=MEDIA_TYPE)


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's handler: every known exception becomes a problem; an unknown one goes on to Django's 500."""
    request = getattr(context.get("request"), "_request", None)
    if isinstance(exc, DomainError):
        errors = [field_error(name, exc.code, text) for name, text in list(exc.fields.items())[:MOST_ERRORS]]
        return _respond(
            exc.status,
            problem(exc.status, exc.code, exc.detail_of_problem, request=request, errors=errors, **exc.extra),
            {"Retry-After": str(exc.retry_after_seconds)} if exc.retry_after_seconds else None,
        )
    if _is_away(exc):
        logger.error("database or disk unavailable: %s", type(exc).__name__)
        document = problem(503, "unavailable", _("The service cannot answer now. Try again soon."), request=request)
        return _respond(503, document, {"Retry-After": str(RETRY_AFTER_SECONDS)})
    if isinstance(exc, Http404):
        exc = exceptions.NotFound(NotVisible.detail)
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    elif isinstance(exc, RequestDataTooBig):
        return _respond(413, problem(413, "too_large", _("This is too large. Send less at a time."), request=request))
    elif isinstance(exc, UnreadablePostError):
        text = _("The body did not arrive whole. Send it again.")
        return _respond(400, problem(400, "body_incomplete", text, request=request))
    elif isinstance(exc, SuspiciousOperation):  # more fields, files or parameters than anybody needs
        text = _("There are more fields, files or parameters than anything here takes. Send fewer.")
        whole = [{"pointer": "", "code": BadInput.code, "detail": text}]
        return _respond(400, problem(400, BadInput.code, text, request=request, errors=whole))
    if not isinstance(exc, exceptions.APIException):
        return None
    headers = {}
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    if isinstance(exc, exceptions.ValidationError):
        return _respond(400, _invalid(exc.detail, request), headers)
    detail = exc.detail
    codes = exc.get_codes()
    code = codes if isinstance(codes, str) else str(exc.default_code)
    text = detail if isinstance(detail, str) else str(exc.default_detail)
    if isinstance(detail, dict) and "detail" in detail:  # simplejwt's errors are {"detail": …, "code": …}
        text, code = str(detail["detail"]), str(detail.get("code", code))
    if code in ("not_authenticated", "token_not_valid"):  # in the framework's words nobody can act on them
        text = _("You are not signed in, or no longer. Sign in again.")
    for framework, ours in ((exceptions.PermissionDenied, NotAllowed), (exceptions.NotFound, NotVisible)):
        if text == str(framework.default_detail):
            text = str(ours.detail)
    if said := _said_of_http().get(code):
        text = said
    if isinstance(exc, exceptions.Throttled):
        text = _too_many(getattr(exc, "wait", None))
    text = _cut(text, LONGEST_DETAIL)
    return _respond(exc.status_code, problem(exc.status_code, code, text, request=request), headers)


def _invalid(detail: Any, request: Any) -> dict[str, Any]:
    """The problem of a body or a query; of many errors it lists the first, and says that there are more."""
    errors = field_errors(detail, MOST_ERRORS + 1)
    if len(errors) <= MOST_ERRORS:
        return problem(400, BadInput.code, str(BadInput.detail), request=request, errors=errors)
    text = _(
        "Some of what was sent is not right: correct it. There are more errors than the %(count)d that are listed."
    )
    listed = errors[:MOST_ERRORS]
    return problem(
        400, "invalid", text % {"count": MOST_ERRORS}, request=request, errors=listed, has_more_errors=True
    )


def refuse(request: HttpRequest, status: int, code: str, detail: str) -> JsonResponse:
    """The problem of a request that reaches no view."""
    return JsonResponse(problem(status, code, detail, request=request), status=status, content_type=MEDIA_TYPE)


def not_found(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """404 for an address that no route knows."""
    return refuse(request, 404, "not_found", _("There is nothing at this address. Check it."))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """400 for what Django refuses before a view is chosen (an unreadable path)."""
    return refuse(request, 400, BadInput.code, str(BadInput.detail))


def unknown_host(request: HttpRequest) -> JsonResponse:
    """400 for a name that this deployment does not answer to."""
    return refuse(request, 400, "unknown_host", _("This service does not answer to that host name. Check the address."))


def not_utf8(request: HttpRequest) -> JsonResponse:
    """415 for text in another encoding than UTF-8."""
    return refuse(request, 415, "unsupported_media_type", _("Send text in UTF-8."))


def length_needed(request: HttpRequest) -> JsonResponse:
    """411 for a body in chunks: Django reads none without a length, and would take the request for an empty one."""
    return refuse(request, 411, "length_required", _("Send the length of the body in the Content-Length header."))


def unreadable(request: HttpRequest, code: str) -> JsonResponse:
    """What the web server could not read as a request, by the code that config.gunicorn gives it."""
    if code == "address_too_long":
        return refuse(request, 414, code, _("The address is too long. Send fewer or shorter parameters."))
    if code == "headers_too_large":
        return refuse(request, 431, code, _("The headers are too many or too long. Send fewer."))
    if code == "request_unreadable":
        return refuse(request, 400, code, _("This is not an HTTP request that can be read. Send it again."))
    return server_error(request)


def _is_away(error: BaseException | None) -> bool:
    """Whether what we need is away: the database; a disk with its keys, its ledger's heads, its temporary files."""
    is_read_error = isinstance(error, UnreadablePostError)  # the client's, though Python calls it the system's
    return isinstance(error, OperationalError | InterfaceError | OSError) and not is_read_error


def server_error(request: HttpRequest) -> JsonResponse:
    """500: our fault, said without detail. A page without what it needs is 503, a file of its own that is gone 404."""
    error = sys.exc_info()[1]  # Django calls this where it is handled
    if isinstance(error, FileNotFoundError) and request.path_info.startswith(settings.STATIC_URL):
        return not_found(request)
    if _is_away(error):
        response = refuse(request, 503, "unavailable", _("The service cannot answer now. Try again soon."))
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response
    return refuse(request, 500, "server_error", _("Something went wrong on our side. Try again later."))
