"""What a monitor watches of the ledger's figures."""

from django.db.models import Max
from django.utils import timezone

from common.metrics import Gauge
from engagement.models import TerritoryTotal


def gauges_of_statistics() -> list[Gauge]:
    """Hook `gauges`: how old the region's figures are, 0 before they are first counted. note: causes a query."""
    counted_at = TerritoryTotal.objects.aggregate(last=Max("computed_at"))["last"]
    age = (timezone.now() - counted_at).total_seconds() if counted_at else 0.0
    return [Gauge("elan_territory_totals_age_seconds", "Since when hours by territory were last counted.", age)]
