"""Addresses of schools."""

from rest_framework.routers import SimpleRouter

from schools.api.views import classes, enrolments, schools, students

router = SimpleRouter(use_regex_path=False)
router.register("schools", schools.SchoolViewSet, basename="school")
router.register("school-years", schools.SchoolYearViewSet, basename="school-year")
router.register("classes", classes.ClassGroupViewSet, basename="class")
router.register("enrolments", enrolments.EnrolmentViewSet, basename="enrolment")
router.register("students", students.StudentViewSet, basename="student")
router.register("staff-memberships", schools.StaffMembershipViewSet, basename="staff-membership")

urlpatterns = router.urls
