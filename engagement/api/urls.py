"""Addresses of the ledger."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from engagement.api import views

router = SimpleRouter(use_regex_path=False)
router.register("engagement-options", views.EngagementOptionViewSet, basename="engagement-option")
router.register("records", views.RecordViewSet, basename="record")
router.register("hour-entries", views.HourEntryViewSet, basename="hour-entry")
router.register("certificates", views.CertificateViewSet, basename="certificate")
router.register("contests", views.ContestViewSet, basename="contest")
router.register("exports", views.ExportViewSet, basename="export")
router.register("evidence", views.EvidenceViewSet, basename="evidence")

urlpatterns = [
    path("app-config/", views.AppConfigViewSet.as_view({"get": "retrieve"}), name="app-config"),
    path("me/", views.MeViewSet.as_view({"get": "retrieve", "patch": "partial_update"}), name="me"),
    path("me/progress/", views.MyProgressViewSet.as_view({"get": "retrieve"}), name="me-progress"),
    path(
        "classes/<id:pk>/progress/", views.ClassProgressViewSet.as_view({"get": "retrieve"}), name="class-progress"
    ),
    path("classes/<id:pk>/export/", views.ClassExportViewSet.as_view({"get": "export"}), name="class-export"),
    path("me/parcoursup-text/", views.ParcoursupViewSet.as_view({"get": "retrieve"}), name="me-parcoursup-text"),
    path(
        "statistics/territories/",
        views.TerritoryStatisticsViewSet.as_view({"get": "show"}),
        name="territory-statistics",
    ),
    path("sync/", views.SyncViewSet.as_view({"get": "follow"}), name="sync"),
    path(
        "attestations/<str:token>/",
        views.TutorLinkViewSet.as_view({"get": "show", "post": "answer"}),
        name="attestation-link",
    ),
    path("verify/<str:token>/", views.VerifyViewSet.as_view({"get": "show"}), name="verify"),
    *router.urls,
]
