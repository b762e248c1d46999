"""A ceiling per address, high because a lycée is one address; without the cache it lets everybody through."""

import logging
from typing import Any

from rest_framework.throttling import ScopedRateThrottle

logger = logging.getLogger(__name__)


class CeilingThrottle(ScopedRateThrottle):
    """DRF's counter in the cache. It is not exact, and need not be: exact limits are rows (accounts.attempts)."""

    def allow_request(self, request: Any, view: Any) -> bool:
        try:
            return super().allow_request(request, view)
        except Exception as error:
            # The cache's absence degrades the service, it does not end it.
            logger.warning("no throttling, the cache is away: %s", type(error).__name__)
            return True
