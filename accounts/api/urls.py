"""Addresses of accounts."""

from django.urls import path

from accounts.api import views

urlpatterns = [
    path("app-config/", views.AppConfigViewSet.as_view({"get": "retrieve"}), name="app-config"),
    path("auth/register/", views.AuthViewSet.as_view({"post": "register"}), name="auth-register"),
    path("auth/token/", views.AuthViewSet.as_view({"post": "token"}), name="auth-token"),
    path("auth/token/refresh/", views.AuthViewSet.as_view({"post": "refresh"}), name="auth-token-refresh"),
    path(
        "auth/token/revoke/",
        views.AuthViewSet.as_view({"post": "revoke"}, needs_session=True),
        name="auth-token-revoke",
    ),
    path("auth/sessions/", views.DeviceSessionViewSet.as_view({"get": "list"}), name="auth-sessions"),
    path("auth/sessions/<id:pk>/", views.DeviceSessionViewSet.as_view({"delete": "destroy"}), name="auth-session"),
    path(
        "auth/password/change/",
        views.AuthViewSet.as_view({"post": "change_password"}, needs_session=True),
        name="auth-password-change",
    ),
    path("auth/password/reset/", views.AuthViewSet.as_view({"post": "ask_for_reset"}), name="auth-password-reset"),
    path(
        "auth/password/reset/confirm/<str:token>/",
        views.ResetPasswordViewSet.as_view({"get": "show_reset", "post": "reset_password"}),
        name="auth-password-reset-confirm",
    ),
    path(
        "auth/sign-in-link/",
        views.AuthViewSet.as_view({"post": "ask_for_sign_in_link"}),
        name="auth-sign-in-link",
    ),
    path(
        "auth/sign-in-link/<str:token>/",
        views.SignInLinkViewSet.as_view({"get": "show_sign_in_link", "post": "admit_device"}),
        name="auth-sign-in-link-admit",
    ),
    path(
        "auth/email/verify/",
        views.AuthViewSet.as_view({"post": "ask_to_verify"}, needs_session=True),
        name="auth-email-verify-again",
    ),
    path(
        "auth/email/verify/<str:token>/",
        views.VerifyEmailViewSet.as_view({"get": "show_email", "post": "confirm_email"}),
        name="auth-email-verify",
    ),
    path(
        "invitations/<str:token>/",
        views.InvitationLinkViewSet.as_view({"get": "show", "post": "accept"}),
        name="invitation-link",
    ),
    path("me/", views.MeViewSet.as_view({"get": "retrieve", "patch": "partial_update"}), name="me"),
    path("suspensions/", views.SuspensionViewSet.as_view({"get": "list", "post": "create"}), name="suspensions"),
    path("suspensions/<id:pk>/", views.SuspensionViewSet.as_view({"get": "retrieve"}), name="suspension"),
    path(
        "suspensions/<id:pk>/restore/",
        views.SuspensionViewSet.as_view({"post": "restore"}),
        name="suspension-restore",
    ),
]
