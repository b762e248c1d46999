"""Addresses of schools."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from schools.api import views

router = SimpleRouter(use_regex_path=False)
router.register("schools", views.SchoolViewSet, basename="school")
router.register("school-years", views.SchoolYearViewSet, basename="school-year")
router.register("classes", views.ClassGroupViewSet, basename="class")
router.register("enrolments", views.EnrolmentViewSet, basename="enrolment")
router.register("staff-memberships", views.StaffMembershipViewSet, basename="staff-membership")

router.register("guardians", views.GuardianViewSet, basename="guardian")

urlpatterns = [
    path(
        "me/guardians/",
        views.MyGuardianViewSet.as_view({"get": "list", "post": "create"}),
        name="me-guardians",
    ),
    *router.urls,
]
