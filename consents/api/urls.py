"""Addresses of guardians and consents."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from consents.api.views import consents, guardians, links

router = SimpleRouter(use_regex_path=False)
router.register("guardians", guardians.GuardianViewSet, basename="guardian")

urlpatterns = [
    path(
        "me/guardians/",
        guardians.MyGuardianViewSet.as_view({"get": "list", "post": "create"}),
        name="me-guardians",
    ),
    *router.urls,
    path(
        "me/guardians/<id:pk>/correct-address/",
        guardians.OwnGuardianViewSet.as_view({"post": "correct_address"}),
        name="me-guardian-correct-address",
    ),
    path(
        "guardians/<id:pk>/consent-events/",
        consents.GuardianConsentViewSet.as_view({"get": "consent_events"}),
        name="guardian-consent-events",
    ),
    *(
        path(
            f"guardians/<id:pk>/{name}/",
            consents.GuardianConsentViewSet.as_view({"post": name.replace("-", "_")}),
            name=f"guardian-{name}",
        )
        for name in ("record-paper", "settle", "replace")
    ),
    path("consents/", consents.ConsentViewSet.as_view({"get": "list"}), name="consents"),
    path(
        "consents/<str:token>/",
        links.ConsentLinkViewSet.as_view({"get": "show", "post": "decide"}),
        name="consent-link",
    ),
    path(
        "consents/manage/<str:token>/",
        links.ManagementLinkViewSet.as_view({"get": "show_management", "post": "manage"}),
        name="consent-management",
    ),
    path(
        "consents/address/<str:token>/",
        links.GuardianAddressLinkViewSet.as_view({"get": "show_address", "post": "confirm_address"}),
        name="consent-address",
    ),
]
