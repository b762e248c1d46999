"""Addresses of missions."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from missions.api.views import missions, organizations, places

router = SimpleRouter(use_regex_path=False)
router.register("organizations", organizations.OrganizationViewSet, basename="organization")
router.register(
    "organization-memberships", organizations.OrganizationMembershipViewSet, basename="organization-membership"
)
router.register("missions", missions.MissionViewSet, basename="mission")
router.register("shifts", missions.ShiftViewSet, basename="shift")
router.register("sign-ups", places.SignUpViewSet, basename="sign-up")
router.register("check-ins", places.CheckInViewSet, basename="check-in")
router.register("attendances", places.AttendanceViewSet, basename="attendance")

urlpatterns = [
    *router.urls,
    path(
        "consents/<str:token>/",
        places.ConsentLinkViewSet.as_view({"get": "show", "post": "decide"}),
        name="consent-link",
    ),
]
