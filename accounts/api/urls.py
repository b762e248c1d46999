"""Addresses of accounts."""

from django.urls import path

from accounts.api import views

urlpatterns = [
    path("auth/register/", views.AuthViewSet.as_view({"post": "register"}), name="auth-register"),
    path("auth/token/", views.AuthViewSet.as_view({"post": "token"}), name="auth-token"),
    path("auth/token/refresh/", views.AuthViewSet.as_view({"post": "refresh"}), name="auth-token-refresh"),
    path("auth/token/revoke/", views.AuthViewSet.as_view({"post": "revoke"}), name="auth-token-revoke"),
    path(
        "auth/email/verify/<str:token>/",
        views.VerifyEmailViewSet.as_view({"get": "show_email", "post": "confirm_email"}),
        name="auth-email-verify",
    ),
    path("me/", views.MeViewSet.as_view({"get": "retrieve", "patch": "partial_update"}), name="me"),
]
