"""What the middleware costs, and what a signed-in request costs before its view does anything."""

from collections.abc import Iterator

from accounts.models import User
from benchmarks.harness import Bench, application, bearer, in_process
from benchmarks.references import EMPTY, EMPTY_SIGNED_IN


def run() -> Iterator[Bench]:
    """>= 0.8 of an empty signed-in view without it, in process: no server's own work is in the way."""
    headers = bearer(User.objects.order_by("pk").first())
    product, bare = application(), application(MIDDLEWARE=[])
    bench = Bench(
        "The middleware",
        {
            "empty view, no middleware": in_process(bare, EMPTY),
            "empty view": in_process(product, EMPTY),
            "empty signed-in view, no middleware": in_process(bare, EMPTY_SIGNED_IN, headers=headers),
            "empty signed-in view": in_process(product, EMPTY_SIGNED_IN, headers=headers),
        },
    )
    bench.at_least(0.8, "empty signed-in view", of="empty signed-in view, no middleware")
    bench.tell("empty view", of="empty view, no middleware")
    yield bench
