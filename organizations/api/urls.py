"""Addresses of organisations."""

from rest_framework.routers import SimpleRouter

from organizations.api import views

router = SimpleRouter(use_regex_path=False)
router.register("organizations", views.OrganizationViewSet, basename="organization")
router.register("organization-memberships", views.OrganizationMembershipViewSet, basename="organization-membership")

urlpatterns = router.urls
