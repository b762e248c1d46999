"""Which kinds of person may ask for what of organisations."""

from rest_framework.request import Request

from common.api.permissions import IsSignedIn
from common.api.requests import person_of
from organizations import selectors


class IsOrganizationManager(IsSignedIn):
    """Managers of an organisation."""

    def has_permission(self, request: Request, view: object) -> bool:
        return super().has_permission(request, view) and selectors.is_organization_manager(person_of(request))


class IsOrganizer(IsSignedIn):
    """Coordinators and managers of an organisation."""

    def has_permission(self, request: Request, view: object) -> bool:
        return super().has_permission(request, view) and selectors.is_organizer(person_of(request))
