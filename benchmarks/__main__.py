"""`python -m benchmarks [name …]`: fills the databases if they are empty, runs, and fails when a reach is missed."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

import django

# In the order they are run; each is a module here with a `run()` that yields Benches, and perhaps `urlpatterns`.
BENCHMARKS = ["middleware", "feed", "ledger", "reading", "statistics"]


def run(names: Sequence[str]) -> list[str]:
    """The reaches that were missed, each as a sentence."""
    modules = [import_module(f"benchmarks.{name}") for name in names]
    try:
        return [line for module in modules for bench in module.run() for line in bench.missed]
    finally:
        import_module("benchmarks.references").close_pools()


def main(names: Sequence[str]) -> int:
    """1 when a reach was missed."""
    django.setup()
    import_module("benchmarks.region").ensure_filled()
    missed = run(names)
    print("\n" + ("\n".join(["Missed:", *missed]) if missed else "Every reach that was judged is held."))
    return 1 if missed else 0


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"one of {', '.join(BENCHMARKS)}; without any, all")
    asked = parser.parse_args().names
    if unknown := [name for name in asked if name not in BENCHMARKS]:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}")
    sys.exit(main(asked or BENCHMARKS))
