"""What a monitor reads at /metrics: requests by route, method and status, and the gauges of the apps above.

Several processes serve: each writes its counts into METRICS_DIR, and whichever is asked sums them (see
config/gunicorn.py). Labels are routes, never paths, so that no id and no secret becomes one.
"""

import logging
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import groupby
from types import MappingProxyType
from typing import Any, NamedTuple

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from common import hooks
from common.api.problems import not_found
from common.probes import probe

logger = logging.getLogger(__name__)

REQUESTS = Histogram(
    "elan_request_seconds",
    "Time to answer a request.",
    ["route", "method", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
)


class Gauge(NamedTuple):
    """One number of an app's hook `gauges`, read when a monitor asks. No label holds a name, an address or an id.

    Those of one name stand together, with the same names of labels.
    """

    name: str
    help: str
    value: float
    labels: Mapping[str, str] = MappingProxyType({})


@cache
def _series(route: str, method: str, status: int) -> Any:
    return REQUESTS.labels(route, method, str(status))


def observe_request(route: str, method: str, status: int, seconds: float) -> None:
    """Counts one answered request."""
    _series(route, method, status).observe(seconds)


class _Gauges(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Every gauge of every app; none while the database is away, but the rest is still told."""
        try:
            told = [gauge for gauges in hooks.gauges() for gauge in gauges]
            for (name, text), same in groupby(told, key=lambda gauge: (gauge.name, gauge.help)):
                gauges = list(same)
                family = GaugeMetricFamily(name, text, labels=list(gauges[0].labels))
                for gauge in gauges:
                    family.add_metric(list(gauge.labels.values()), gauge.value)
                yield family
        except DatabaseError as error:
            logger.error("no gauges: %s", type(error).__name__)


@probe
def export(request: HttpRequest) -> HttpResponse:
    """The metrics, for a request that shows METRICS_TOKEN; 404 where none is set, 401 without it."""
    if not settings.METRICS_TOKEN:
        return not_found(request)
    if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(settings.METRICS_DIR))
    registry.register(_Gauges())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
