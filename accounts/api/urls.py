"""Addresses of accounts."""

from django.urls import path

from accounts.api.views import auth, links, suspensions

urlpatterns = [
    path("auth/register/", auth.AuthViewSet.as_view({"post": "register"}), name="auth-register"),
    path("auth/token/", auth.AuthViewSet.as_view({"post": "token"}), name="auth-token"),
    path("auth/token/refresh/", auth.AuthViewSet.as_view({"post": "refresh"}), name="auth-token-refresh"),
    path(
        "auth/token/revoke/",
        auth.AuthViewSet.as_view({"post": "revoke"}, needs_session=True),
        name="auth-token-revoke",
    ),
    path("auth/sessions/", auth.DeviceSessionViewSet.as_view({"get": "list"}), name="auth-sessions"),
    path("auth/sessions/<id:pk>/", auth.DeviceSessionViewSet.as_view({"delete": "destroy"}), name="auth-session"),
    path(
        "auth/password/change/",
        auth.AuthViewSet.as_view({"post": "change_password"}, needs_session=True),
        name="auth-password-change",
    ),
    path("auth/password/reset/", auth.AuthViewSet.as_view({"post": "ask_for_reset"}), name="auth-password-reset"),
    path(
        "auth/password/reset/confirm/<str:token>/",
        links.ResetPasswordViewSet.as_view({"get": "show_reset", "post": "reset_password"}),
        name="auth-password-reset-confirm",
    ),
    path(
        "auth/sign-in-link/",
        auth.AuthViewSet.as_view({"post": "ask_for_sign_in_link"}),
        name="auth-sign-in-link",
    ),
    path(
        "auth/sign-in-link/<str:token>/",
        links.SignInLinkViewSet.as_view({"get": "show_sign_in_link", "post": "admit_device"}),
        name="auth-sign-in-link-admit",
    ),
    path(
        "auth/email/verify/",
        auth.AuthViewSet.as_view({"post": "ask_to_verify"}, needs_session=True),
        name="auth-email-verify-again",
    ),
    path(
        "auth/email/verify/<str:token>/",
        links.VerifyEmailViewSet.as_view({"get": "show_email", "post": "confirm_email"}),
        name="auth-email-verify",
    ),
    path(
        "invitations/<str:token>/",
        links.InvitationLinkViewSet.as_view({"get": "show", "post": "accept"}),
        name="invitation-link",
    ),
    path("suspensions/", suspensions.SuspensionViewSet.as_view({"get": "list", "post": "create"}), name="suspensions"),
    path("suspensions/<id:pk>/", suspensions.SuspensionViewSet.as_view({"get": "retrieve"}), name="suspension"),
    path(
        "suspensions/<id:pk>/restore/",
        suspensions.SuspensionViewSet.as_view({"post": "restore"}),
        name="suspension-restore",
    ),
]
