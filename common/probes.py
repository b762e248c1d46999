"""What a load balancer asks: is the process alive, can it serve?"""

from collections.abc import Callable

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

RETRY_AFTER_SECONDS = 5


def _probe(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    view.is_probe = True  # type: ignore[attr-defined]
    return view


@_probe
def livez(request: HttpRequest) -> HttpResponse:
    """200 while the process answers at all; it asks nothing of the database, whose restart must not kill us."""
    return JsonResponse({"status": "ok"})


@_probe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers, else 503 with Retry-After. The cache and the broker are not needed to serve."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse(
            {"status": "unavailable"}, status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)}
        )
    return JsonResponse({"status": "ok"})
