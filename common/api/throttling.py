"""A ceiling per address, high because a lycée is one address; without the cache each process counts for itself."""

import logging
import time
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.core.cache import caches
from rest_framework.throttling import ScopedRateThrottle

from common.links import fingerprint

logger = logging.getLogger(__name__)

# How long a cache that failed is not asked again: one request in so many seconds pays for its absence, not each.
LEFT_ALONE_SECONDS = 5
# The smallest network that a provider gives to a household or a server (RFC 6177, RFC 7421).
IPV6_NETWORK_BITS = 64


class _Circuit:
    """Whether the shared cache is worth asking. Held by the process; two threads that both try do no harm."""

    def __init__(self) -> None:
        self.closed_again_at = 0.0

    def lets_through(self) -> bool:
        """Whether to ask the cache; the first who may after a failure tries for all."""
        now = time.monotonic()
        if not self.closed_again_at:
            return True
        if now < self.closed_again_at:
            return False
        self.closed_again_at = now + LEFT_ALONE_SECONDS
        return True

    def open(self) -> None:
        self.closed_again_at = time.monotonic() + LEFT_ALONE_SECONDS

    def close(self) -> None:
        self.closed_again_at = 0.0


circuit = _Circuit()


class CeilingThrottle(ScopedRateThrottle):
    """DRF's counter in the cache. It is not exact, and need not be: exact limits are rows (accounts.attempts)."""

    def get_ident(self, request: Any) -> str:
        """The address that asks; of IPv6 its network of 64 bits, for whoever has one has all addresses in it."""
        ident = super().get_ident(request)
        try:
            address = ip_address(ident)
        except ValueError:
            return ident
        if not isinstance(address, IPv6Address):
            return ident
        return str(address.ipv4_mapped or ip_network((address, IPV6_NETWORK_BITS), strict=False))

    def allow_request(self, request: Any, view: Any) -> bool:
        if circuit.lets_through():
            try:
                allowed = super().allow_request(request, view)
            except Exception as error:
                # The cache's absence degrades the service, it does not end it.
                circuit.open()
                logger.warning("the cache is away, this process counts alone: %s", type(error).__name__)
            else:
                circuit.close()
                return allowed
        self.cache = caches["of_this_process"]
        return super().allow_request(request, view)


class LinkThrottle(CeilingThrottle):
    """How often one link is used. Counted once the link is known to be ours, so that no invented one takes room."""

    scope_attr = "one_link_scope"

    def get_cache_key(self, request: Any, view: Any) -> str:
        return self.cache_format % {"scope": self.scope, "ident": fingerprint(view.kwargs["token"])}
