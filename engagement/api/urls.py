"""Addresses of the ledger."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from engagement.api import views

router = SimpleRouter(use_regex_path=False)
router.register("engagement-options", views.EngagementOptionViewSet, basename="engagement-option")
router.register("records", views.RecordViewSet, basename="record")
router.register("hour-entries", views.HourEntryViewSet, basename="hour-entry")

urlpatterns = [
    path("me/progress/", views.MyProgressViewSet.as_view({"get": "retrieve"}), name="me-progress"),
    *router.urls,
]
