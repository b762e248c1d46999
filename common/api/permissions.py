"""The first gate: may this kind of person ask at all? Refused here is 403, before any row is read."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from common.api.requests import person_of


class DenyAll(BasePermission):
    """The default: a view that declares no permission answers nobody."""

    def has_permission(self, request: Request, view: object) -> bool:
        return False


class IsSignedIn(BasePermission):
    """Any person with a live session."""

    def has_permission(self, request: Request, view: object) -> bool:
        return bool(request.user and request.user.is_authenticated)


class IsRegionStaff(IsSignedIn):
    """Region staff: members of the region's group (see accounts.models.User.is_region_staff)."""

    def has_permission(self, request: Request, view: object) -> bool:
        return super().has_permission(request, view) and person_of(request).is_region_staff
