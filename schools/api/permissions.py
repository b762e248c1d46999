"""Which kinds of person may ask for what of schools."""

from rest_framework.request import Request

from common.api.permissions import IsSignedIn
from common.api.requests import person_of
from schools import selectors


class IsSchoolStaff(IsSignedIn):
    """Teachers and school managers."""

    def has_permission(self, request: Request, view: object) -> bool:
        return super().has_permission(request, view) and selectors.is_staff(person_of(request))


class IsSchoolManager(IsSignedIn):
    """School managers."""

    def has_permission(self, request: Request, view: object) -> bool:
        return super().has_permission(request, view) and selectors.is_school_manager(person_of(request))
