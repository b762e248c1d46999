"""Where people land who type the service's bare address: a page that says where to go on. Machines get their 404."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation

from common.api import problems
from common.api.pages import PAGE_LANGUAGES, page_policy

HTML = "text/html"


def _is_a_person(request: HttpRequest) -> bool:
    return request.method in ("GET", "HEAD") and request.get_preferred_type(["application/json", HTML]) == HTML


def to_docs(request: HttpRequest) -> HttpResponse:
    """To the API's pages, for a browser that reads, from what people type for them."""
    return redirect("docs") if _is_a_person(request) else problems.not_found(request)


def start(request: HttpRequest) -> HttpResponse:
    """The page, for a browser that reads; for everybody else there is nothing at this address."""
    if not _is_a_person(request):
        return problems.not_found(request)
    language = request.GET.get("lang")
    if language in PAGE_LANGUAGES:
        translation.activate(language)
    answer = render(request, "start.html")
    answer["Content-Language"] = translation.get_language()
    answer["Content-Security-Policy"] = page_policy()
    return answer
