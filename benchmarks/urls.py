"""The product's addresses, and those of the benchmarks' references and twins."""

from importlib import import_module
from typing import Any

from benchmarks import references
from benchmarks.__main__ import BENCHMARKS
from config.urls import handler400, handler404, handler500
from config.urls import urlpatterns as product

__all__ = ["handler400", "handler404", "handler500", "urlpatterns"]

urlpatterns: list[Any] = [*product, *references.urlpatterns]
for name in BENCHMARKS:
    urlpatterns += getattr(import_module(f"benchmarks.{name}"), "urlpatterns", [])
