"""`python -m benchmarks [name …]`: fills the databases if they are empty, runs, and fails when a reach is missed."""

import os
import sys
from importlib import import_module

import django

# In the order they are run; each is a module here with a `run()` that yields Benches, and perhaps `urlpatterns`.
BENCHMARKS = ["middleware", "feed", "ledger", "statistics"]


def main(names: list[str]) -> int:
    """1 when a reach was missed."""
    region = import_module("benchmarks.region")
    region.ensure_filled()
    missed = [
        line
        for name in names or BENCHMARKS
        for bench in import_module(f"benchmarks.{name}").run()
        for line in bench.missed
    ]
    print("\n" + ("\n".join(["Missed:", *missed]) if missed else "Every reach is held."))
    return 1 if missed else 0


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")
    django.setup()
    sys.exit(main(sys.argv[1:]))
