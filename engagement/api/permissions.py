"""Which kinds of person may ask for what of the ledger."""

from rest_framework.request import Request

from common.api.permissions import IsSignedIn
from common.api.requests import person_of


class KeepsALedger(IsSignedIn):
    """Everybody but region staff, who see aggregates only."""

    def has_permission(self, request: Request, view: object) -> bool:
        return super().has_permission(request, view) and not person_of(request).is_region_staff
