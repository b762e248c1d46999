"""What a load balancer asks: is the process alive, can it serve?"""

from collections.abc import Callable
from functools import cache

from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse

RETRY_AFTER_SECONDS = 5


def probe(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Marks a view that machines ask all the time: it is neither logged nor counted."""
    view.is_probe = True  # type: ignore[attr-defined]
    return view


@probe
def livez(request: HttpRequest) -> HttpResponse:
    """200 while the process answers at all; it asks nothing of the database, whose restart must not kill us."""
    return JsonResponse({"status": "ok"})


@probe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers and has every migration of this code, else 503 with Retry-After.

    The cache and the broker are not asked: without them the service is degraded and still serves.
    """
    try:
        if missing := _migrations_of_this_code() - set(MigrationRecorder(connection).applied_migrations()):
            return _unavailable(f"{len(missing)} migrations to apply")
    except DatabaseError:
        return _unavailable("no database")
    return JsonResponse({"status": "ok"})


@cache
def _migrations_of_this_code() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


def _unavailable(why: str) -> HttpResponse:
    return JsonResponse(
        {"status": "unavailable", "why": why}, status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)}
    )
