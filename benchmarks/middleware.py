"""What the API's own middleware costs, and what a signed-in request costs before its view does anything."""

import os
import tempfile
from collections.abc import Iterator

from accounts.models import User
from benchmarks.harness import Bench, application, bearer, in_process, over_http
from benchmarks.references import EMPTY, EMPTY_SIGNED_IN
from tests.support.processes import running_api


def run() -> Iterator[Bench]:
    """>= 0.8 of an empty view without it, as a phone sees it: from a server."""
    headers = bearer(User.objects.order_by("pk").first())
    with (
        tempfile.TemporaryDirectory() as folder,
        # On the machine's own clock: a moved one costs time at each look, and knows no token made here.
        running_api({**os.environ, "DATA_DIR": folder}, app="benchmarks.wsgi", by_day=False) as (product, _pid),
        running_api({**os.environ, "DATA_DIR": folder}, app="benchmarks.wsgi:bare", by_day=False) as (bare, _pid),
    ):
        bench = Bench(
            "The API's own middleware, from gunicorn",
            {
                "empty view, no middleware": over_http(bare, EMPTY),
                "empty view": over_http(product, EMPTY),
                "empty signed-in view": over_http(product, EMPTY_SIGNED_IN, headers=headers),
            },
        )
    bench.at_least(0.8, "empty view", of="empty view, no middleware")
    bench.tell("empty signed-in view", of="empty view, no middleware")
    yield bench

    product, bare = application(), application(MIDDLEWARE=[])
    bench = Bench(
        "The same in process, where no server's own work is in the way",
        {
            "empty view, no middleware": in_process(bare, EMPTY),
            "empty view": in_process(product, EMPTY),
            "empty signed-in view": in_process(product, EMPTY_SIGNED_IN, headers=headers),
        },
    )
    bench.tell("empty view", of="empty view, no middleware")
    bench.tell("empty signed-in view", of="empty view, no middleware")
    yield bench
