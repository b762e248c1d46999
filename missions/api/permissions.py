"""Which kinds of person may ask for what of missions."""

from typing import Any

from common.api.permissions import IsSignedIn
from missions import selectors


class IsOrganizationManager(IsSignedIn):
    """Managers of an organisation."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return super().has_permission(request, view) and selectors.is_organization_manager(request.user)


class IsOrganizer(IsSignedIn):
    """Coordinators and managers of an organisation."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return super().has_permission(request, view) and selectors.is_organizer(request.user)
