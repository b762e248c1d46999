"""Public links opened by people in a browser and by machines: one view, HTML or JSON by the Accept header."""

from typing import Any

from rest_framework.parsers import FormParser
from rest_framework.renderers import JSONRenderer, TemplateHTMLRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from common.api.parsers import StrictJSONParser
from common.api.problems import exception_handler


class PageRenderer(TemplateHTMLRenderer):
    """The same data as JSON answers, in a template; a problem has a template of its own."""

    exception_template_names = ["problem.html"]

    def get_exception_template(self, response: Any) -> Any:
        return self.resolve_template(self.exception_template_names)


class PublicLinkMixin(APIView):
    """A view behind a secret link: no sign-in, plain HTML that needs no script, never cached, never indexed."""

    renderer_classes = [JSONRenderer, PageRenderer]
    parser_classes = [StrictJSONParser, FormParser]
    authentication_classes = []
    template_name = ""

    def get_exception_handler(self) -> Any:
        return handle_page_exception

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex"
        return response


def handle_page_exception(exc: Exception, context: dict[str, Any]) -> Response | None:
    """A problem as a page when a browser asked, else as problem+json."""
    response = exception_handler(exc, context)
    renderer = getattr(context["request"], "accepted_renderer", None)
    if response is not None and isinstance(renderer, PageRenderer):
        response.content_type = None
    return response
