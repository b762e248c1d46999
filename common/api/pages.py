"""Public links opened by people in a browser and by machines: one view, HTML or JSON by the Accept header."""

import base64
import hashlib
from functools import cache
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.renderers import JSONRenderer, TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.api.parsers import StrictFormParser, StrictJSONParser
from common.api.problems import exception_handler
from common.api.throttling import CeilingThrottle, LinkThrottle
from common.errors import DomainError

PAGE_LANGUAGES = ("fr", "en")


@cache
def page_policy() -> str:
    """What a page may do: show itself in its own style and send its own forms back. No script, nothing from outside."""
    style = hashlib.sha256(render_to_string("page.css").encode()).digest()
    return (
        f"default-src 'none'; style-src 'sha256-{base64.b64encode(style).decode()}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


class PageRenderer(TemplateHTMLRenderer):
    """The same data as JSON answers, in a template; a problem has a template of its own.

    A form that was filled in wrongly is shown again, with what is wrong beside each field.
    """

    exception_template_names = ["problem.html"]

    def get_exception_template(self, response: Any) -> Any:
        return self.resolve_template(self.exception_template_names)

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> str:
        context = renderer_context or {}
        if context["response"].status_code == 400 and (form := context["view"].form_again(data)) is not None:
            template = self.resolve_template([context["view"].template_name])
            return template.render(form, request=context["request"])
        return super().render(data, accepted_media_type, renderer_context)


class PublicPageMixin(APIView):
    """A view one of whose answers a person opens in a browser, too: `page_action` has a page, `template_name`.

    A program gets what it got without: the page is for anyone who prefers HTML.
    """

    page_action = ""
    template_name = ""

    def get_renderers(self) -> list[Any]:
        renderers: list[Any] = super().get_renderers()
        return [*renderers, PageRenderer()] if self.has_page() else renderers

    def has_page(self) -> bool:
        return getattr(self, "action", "") == self.page_action

    def get_exception_handler(self) -> Any:
        return handle_page_exception if self.has_page() else super().get_exception_handler()

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        language = request.query_params.get("lang") if self.has_page() else None
        if language in PAGE_LANGUAGES:
            translation.activate(language)
        super().initial(request, *args, **kwargs)
        if language is not None and language not in PAGE_LANGUAGES:
            raise ValidationError({"lang": [_("Send fr or en.")]})

    def form_again(self, problem: Any) -> None:
        """It has no form."""

    def finalize_response(self, request: Request, response: Any, *args: object, **kwargs: object) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.has_page():
            patch_vary_headers(response, ["Accept"])
        if isinstance(getattr(response, "accepted_renderer", None), PageRenderer):
            response["Content-Security-Policy"] = page_policy()
        return response


class SecretLinkMixin(APIView):
    """A view behind a secret link, for whoever has it. Asked of each request, in this order: is its address not too
    busy, is the link one of ours, is the link not too busy. Only then the body is read."""

    throttle_classes = [CeilingThrottle]
    throttle_scope = "link"
    one_link_scope = "one-link"

    def initial(self, request: Request, *args: object, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.judge_link(kwargs["token"])
        throttle = LinkThrottle()
        if not throttle.allow_request(request, self):
            self.throttled(request, throttle.wait() or 0.0)

    def judge_link(self, token: str) -> None:
        """Raises Gone, or NotVisible, for a link that opens nothing."""
        raise NotImplementedError(type(self).__name__)


class PublicLinkMixin(SecretLinkMixin):
    """A page behind a secret link: no sign-in, plain HTML that needs no script, never cached, never indexed.

    `?lang=` chooses the language of the page, above what the browser prefers. A view whose POST takes fields gives
    `page_data`, what its page shows before they are sent.
    """

    renderer_classes = [JSONRenderer, PageRenderer]
    parser_classes = [StrictJSONParser, StrictFormParser]
    authentication_classes = []
    template_name = ""
    # For the contract (common.api.schema), and for the check of the query.
    is_public_link = True
    page_query_parameters: tuple[str, ...] = ("lang",)

    def get_exception_handler(self) -> Any:
        return handle_page_exception

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        language = request.query_params.get("lang")
        if language in PAGE_LANGUAGES:
            translation.activate(language)
        super().initial(request, *args, **kwargs)
        if language is not None and language not in PAGE_LANGUAGES:
            raise ValidationError({"lang": [_("Send fr or en.")]})

    def page_data(self, token: str) -> dict[str, Any]:
        """What the page shows when nothing was sent yet; raises as a GET does."""
        return {}

    def form_again(self, problem: Any) -> dict[str, Any] | None:
        """The page with its form as it was sent and what is wrong with it; None when there is no page to show."""
        if self.request.method != "POST":
            return None
        try:
            data = self.page_data(self.kwargs["token"])
            body: Any = self.request.data
            sent = {name: str(value)[:254] for name, value in body.items() if "password" not in name}
        except (DomainError, APIException, AttributeError):
            return None
        errors = [
            {"field": error["pointer"].strip("/"), "detail": error["detail"]} for error in problem.get("errors", [])
        ]
        return {**data, "sent": sent, "form_errors": errors or [{"field": "", "detail": problem["detail"]}]}

    def finalize_response(self, request: Request, response: Any, *args: object, **kwargs: object) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex"
        response["Content-Security-Policy"] = page_policy()
        return response


def handle_page_exception(exc: Exception, context: dict[str, Any]) -> Response | None:
    """A problem as a page when a browser asked, else as problem+json."""
    response = exception_handler(exc, context)
    renderer = getattr(context["request"], "accepted_renderer", None)
    if response is not None and isinstance(renderer, PageRenderer):
        response.content_type = None
    return response
