"""Which kinds of person may ask for what of the ledger."""

from typing import Any

from common.api.permissions import IsSignedIn


class KeepsALedger(IsSignedIn):
    """Everybody but region staff, who see aggregates only."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return super().has_permission(request, view) and not request.user.is_region_staff
