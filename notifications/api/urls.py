"""Addresses of notifications."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from notifications.api import links, views, webhooks

router = SimpleRouter(use_regex_path=False)
router.register("devices", views.DeviceViewSet, basename="device")
router.register("notifications", views.NotificationViewSet, basename="notification")

urlpatterns = [
    path(
        "webhooks/mail/<str:provider>/",
        webhooks.MailWebhookViewSet.as_view({"post": "receive"}),
        name="mail-webhook",
    ),
    path(
        "notification-preferences/",
        views.PreferenceViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="notification-preferences",
    ),
    path(
        "unsubscribe/<str:token>/",
        links.UnsubscribeLinkViewSet.as_view({"get": "show_mails", "post": "unsubscribe"}),
        name="unsubscribe",
    ),
    *router.urls,
]
