"""Django's page middlewares (session, CSRF, login, messages), kept off the API, which uses none of them."""

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware

API_PREFIX = "/api/"


class PagesOnly:
    """Mixin: the middleware beside it runs for pages (the admin) and is passed over under /api/."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(API_PREFIX):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]


class PagesSessionMiddleware(PagesOnly, SessionMiddleware):
    """Sessions for the admin."""


class PagesAuthenticationMiddleware(PagesOnly, AuthenticationMiddleware):
    """Session login for the admin."""


class PagesMessageMiddleware(PagesOnly, MessageMiddleware):
    """Messages for the admin."""


class PagesCsrfViewMiddleware(PagesOnly, CsrfViewMiddleware):
    """CSRF protection for the admin; the API carries no cookie to forge with."""

    def process_view(self, request: HttpRequest, callback: Any, callback_args: Any, callback_kwargs: Any) -> Any:
        if request.path_info.startswith(API_PREFIX):
            return None
        return super().process_view(request, callback, callback_args, callback_kwargs)
