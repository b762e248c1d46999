"""Which kinds of person may ask for what of schools."""

from typing import Any

from common.api.permissions import IsSignedIn
from schools import selectors


class IsSchoolStaff(IsSignedIn):
    """Teachers and school managers."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return super().has_permission(request, view) and selectors.is_staff(request.user)


class IsSchoolManager(IsSignedIn):
    """School managers."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return super().has_permission(request, view) and selectors.is_school_manager(request.user)
