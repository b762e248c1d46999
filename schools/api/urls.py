"""Addresses of schools."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from schools.api.views import classes, enrolments, guardians, schools, students

router = SimpleRouter(use_regex_path=False)
router.register("schools", schools.SchoolViewSet, basename="school")
router.register("school-years", schools.SchoolYearViewSet, basename="school-year")
router.register("classes", classes.ClassGroupViewSet, basename="class")
router.register("enrolments", enrolments.EnrolmentViewSet, basename="enrolment")
router.register("students", students.StudentViewSet, basename="student")
router.register("staff-memberships", schools.StaffMembershipViewSet, basename="staff-membership")
router.register("guardians", guardians.GuardianViewSet, basename="guardian")

urlpatterns = [
    path(
        "me/guardians/",
        guardians.MyGuardianViewSet.as_view({"get": "list", "post": "create"}),
        name="me-guardians",
    ),
    *router.urls,
]
