"""Addresses of guardians and consents."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from consents.api.views import guardians

router = SimpleRouter(use_regex_path=False)
router.register("guardians", guardians.GuardianViewSet, basename="guardian")

urlpatterns = [
    path(
        "me/guardians/",
        guardians.MyGuardianViewSet.as_view({"get": "list", "post": "create"}),
        name="me-guardians",
    ),
    *router.urls,
]
