"""Gives every request an id, so that a person's report, an answer and a log line meet."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from common.models import uuid7


class RequestIdMiddleware:
    """Sets `request.id` and answers it as `X-Request-ID`; an id sent by the client is never trusted."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.id = str(uuid7())  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-ID"] = request.id  # type: ignore[attr-defined]
        return response
