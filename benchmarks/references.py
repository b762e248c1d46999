"""What the product is measured against: floor, ceiling, and the empty views. A twin is its benchmark's own.

- floor: a bare WSGI callable, a psycopg pool, one hand-written SQL, which the server never prepares unless told to
- ceiling: a view of this project behind the same middleware and session check, the same SQL returned as bytes
- twin: what a good team would write: ModelSerializer, select_related, prefetch_related, ModelViewSet, same middleware
- size: the same call on a hundredth of the data (harness.on)

The SQL of floor and ceiling answers one row with one column: the body as JSON text.
"""

from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.urls import path
from psycopg_pool import ConnectionPool
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from common.api.permissions import IsSignedIn

# Those of floors, by whether they keep plans; closed when all has been run.
POOLS: dict[bool, ConnectionPool] = {}


def _pool(is_prepared: bool) -> ConnectionPool:
    if is_prepared not in POOLS:
        facts = {**connection.get_connection_params(), "prepare_threshold": 5 if is_prepared else None}
        POOLS[is_prepared] = ConnectionPool(kwargs={**facts, "autocommit": True}, min_size=1, max_size=4, open=True)
    return POOLS[is_prepared]


def close_pools() -> None:
    """Leaves no connection to a database that somebody may want to drop."""
    while POOLS:
        POOLS.popitem()[1].close()


def floor(sql: str, params: list[Any] | None = None, *, is_prepared: bool = False) -> Any:
    """The bare WSGI callable; `is_prepared` keeps the statement's plan, as psycopg does unless told not to."""
    pool = _pool(is_prepared)

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        with pool.connection() as held:
            body = held.execute(sql, params).fetchone()[0].encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return app


class Ceiling(APIView):
    """`Ceiling.as_view(sql=…, params=…)` for everybody; with `permission_classes=[IsSignedIn]` for the signed-in."""

    permission_classes = [AllowAny]
    sql = ""
    params: list[Any] = []

    def get(self, request: Any) -> HttpResponse:
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self.params)
            return HttpResponse(cursor.fetchone()[0], content_type="application/json")


class Empty(APIView):
    """The least a view of this project does."""

    permission_classes = [AllowAny]

    def get(self, request: Any) -> Response:
        # The product's middleware gives a length; without one a server does another work.
        return Response({}, headers={"Content-Length": "2"})


EMPTY, EMPTY_SIGNED_IN = "/api/bench/empty/", "/api/bench/empty-signed-in/"
urlpatterns = [
    path("api/bench/empty/", Empty.as_view()),
    path("api/bench/empty-signed-in/", Empty.as_view(permission_classes=[IsSignedIn])),
]
