"""Links in mails: a new password, a way in for a device, an invitation, a confirmed address."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from accounts import invitations, passwords, services, sign_in_links
from accounts.api import serializers
from accounts.device_cookie import remember_device
from accounts.models import Invitation, User
from common.api.pages import PageRenderer, PublicLinkMixin
from common.api.requests import ApiRequest
from common.api.serializers import Empty
from common.api.throttling import CeilingThrottle
from common.api.views import ApiViewSet


class ResetPasswordViewSet(PublicLinkMixin, ApiViewSet):
    """The link that sets a new password: reading it changes nothing, only a POST does, once."""

    queryset = User.objects.none()
    serializer_class = serializers.LinkStateOutput
    permission_classes = [AllowAny]
    template_name = "accounts/reset_password.html"
    inputs = {"reset_password": serializers.ResetConfirmInput}

    def judge_link(self, token: str) -> None:
        passwords.user_of_reset_token(token)

    @extend_schema(responses={200: serializers.LinkStateOutput}, auth=[])
    def show_reset(self, request: ApiRequest, token: str) -> Response:
        """Asks for the new password."""
        return Response(self.page_data(token))

    def page_data(self, token: str) -> dict[str, Any]:
        passwords.user_of_reset_token(token)
        return {"detail": _("Choose a new password of at least 12 characters."), "is_done": False}

    @extend_schema(responses={200: serializers.LinkStateOutput}, auth=[])
    def reset_password(self, request: ApiRequest, token: str) -> Response:
        """Sets it."""
        passwords.reset_password(token, new_password=self.valid_input()["password"])
        return Response({"detail": _("Your password is changed. Sign in with it."), "is_done": True})


class SignInLinkViewSet(PublicLinkMixin, ApiViewSet):
    """The link that makes the device that opens it a known one: reading it changes nothing, only a POST admits."""

    queryset = User.objects.none()
    serializer_class = serializers.SignInLinkOutput
    permission_classes = [AllowAny]
    template_name = "accounts/sign_in_link.html"
    inputs = {"admit_device": Empty}

    def judge_link(self, token: str) -> None:
        sign_in_links.person_of_link(token)

    @extend_schema(responses={200: serializers.SignInLinkOutput}, auth=[])
    def show_sign_in_link(self, request: ApiRequest, token: str) -> Response:
        """Whose account, and what is asked."""
        email = sign_in_links.person_of_link(token).email
        detail = _("Let this device sign in to your account, although wrong passwords were tried too often?")
        return Response({"email": email, "detail": detail, "is_done": False, "device_key": ""})

    @extend_schema(responses={200: serializers.SignInLinkOutput}, auth=[])
    def admit_device(self, request: ApiRequest, token: str) -> Response:
        """Lets the device in: it gets the `device_key` of a known one. A browser keeps it for the admin."""
        self.valid_input()
        person, key = sign_in_links.person_of_link(token), sign_in_links.admit_device(token)
        detail = _("This device is let in. Now sign in with your password.")
        data = {"email": person.email, "detail": detail, "is_done": True, "device_key": key}
        if not isinstance(request.accepted_renderer, PageRenderer):
            return Response(data)
        response = Response({**data, "admin_url": reverse("admin:login") if person.is_staff else ""})
        remember_device(response, key)
        return response


class InvitationLinkViewSet(PublicLinkMixin, ApiViewSet):
    """The link of an invitation: reading it changes nothing, only a POST joins, once."""

    queryset = Invitation.objects.none()
    serializer_class = serializers.InvitationLinkOutput
    permission_classes = [AllowAny]
    template_name = "accounts/invitation.html"
    inputs = {"accept": serializers.AcceptInvitationInput}

    def judge_link(self, token: str) -> None:
        invitations.invitation_of_token(token)

    @extend_schema(responses={200: serializers.InvitationLinkOutput}, auth=[])
    def show(self, request: ApiRequest, token: str) -> Response:
        """Who invites, and as what."""
        return Response(self.page_data(token))

    def page_data(self, token: str) -> dict[str, Any]:
        return self.output(invitations.invitation_of_token(token))

    @extend_schema(responses={200: serializers.InvitationLinkOutput}, auth=[])
    def accept(self, request: ApiRequest, token: str) -> Response:
        """Joins; then sign in."""
        return Response(self.output(self._accept(token)))

    def _accept(self, token: str) -> Invitation:
        address = CeilingThrottle().get_ident(self.request)
        return invitations.accept_invitation(token, address=address, **self.valid_input())


class VerifyEmailViewSet(PublicLinkMixin, ApiViewSet):
    """The link that proves an address: reading it changes nothing, only a POST confirms."""

    queryset = User.objects.none()
    serializer_class = serializers.LinkStateOutput
    permission_classes = [AllowAny]
    template_name = "accounts/verify_email.html"
    inputs = {"confirm_email": Empty}

    def judge_link(self, token: str) -> None:
        services.user_of_verify_token(token)

    @extend_schema(responses={200: serializers.LinkStateOutput}, auth=[])
    def show_email(self, request: ApiRequest, token: str) -> Response:
        """Asks for the confirmation."""
        services.user_of_verify_token(token)
        return Response({"detail": _("Confirm that this address is yours."), "is_done": False})

    @extend_schema(responses={200: serializers.LinkStateOutput}, auth=[])
    def confirm_email(self, request: ApiRequest, token: str) -> Response:
        """Confirms the address; again changes nothing."""
        self.valid_input()
        services.verify_email(token)
        return Response({"detail": _("Your address is confirmed."), "is_done": True})
