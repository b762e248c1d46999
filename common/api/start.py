"""Where people land who type the service's bare address: a page that says where to go on. Machines get their 404."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from common.api import problems
from common.api.pages import PAGE_LANGUAGES, page_policy

HTML = "text/html"


def start(request: HttpRequest) -> HttpResponse:
    """The page, for a browser that reads; for everybody else there is nothing at this address."""
    preferred = request.get_preferred_type(["application/json", HTML])
    if request.method not in ("GET", "HEAD") or preferred != HTML:
        return problems.not_found(request)
    language = request.GET.get("lang")
    if language in PAGE_LANGUAGES:
        translation.activate(language)
    answer = render(request, "start.html")
    answer["Content-Language"] = translation.get_language()
    answer["Content-Security-Policy"] = page_policy()
    return answer
