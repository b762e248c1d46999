"""Coming in: registering, signing in, keeping and ending a session, one's own profile."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from accounts import invitations, passwords, services, sessions, sign_in_links, suspensions
from accounts.api import serializers
from accounts.device_cookie import remember_device
from accounts.models import DeviceSession, Invitation, Reader, Suspension, User
from common.api.idempotency import idempotent
from common.api.pages import PageRenderer, PublicLinkMixin
from common.api.permissions import IsRegionStaff, IsSignedIn
from common.api.requests import ApiRequest
from common.api.serializers import Empty
from common.api.throttling import CeilingThrottle
from common.api.views import ApiViewSet, ReadViewSet
from notifications import push


class AuthViewSet(ApiViewSet):
    """Accounts and sessions. Takes no Idempotency-Key: tokens are never kept."""

    queryset = User.objects.none()
    serializer_class = serializers.AcceptedOutput
    permission_classes = [AllowAny]
    permissions = {"revoke": [IsSignedIn], "change_password": [IsSignedIn], "ask_to_verify": [IsSignedIn]}
    throttle_classes = [CeilingThrottle]
    throttle_scope = "sign-in"
    needs_session = False
    inputs = {
        "register": serializers.RegisterInput,
        "token": serializers.SignInInput,
        "refresh": serializers.RefreshInput,
        "revoke": Empty,
        "change_password": serializers.PasswordChangeInput,
        "ask_for_reset": serializers.ResetAskInput,
        "ask_to_verify": Empty,
        "ask_for_sign_in_link": serializers.SignInLinkAskInput,
    }

    def get_authenticators(self) -> list[Any]:
        # A request to sign in must not fail for an old token that the client still sends.
        return super().get_authenticators() if self.needs_session else []

    @extend_schema(responses={202: serializers.AcceptedOutput}, auth=[])
    def register(self, request: ApiRequest) -> Response:
        """Opens a citizen's account (18 or more); the answer is the same when the address has one already."""
        services.register_citizen(address=CeilingThrottle().get_ident(request), **self.valid_input())
        return Response({"detail": _("We sent you a mail. Then sign in.")}, status=202)

    @extend_schema(responses={200: serializers.SignInOutput}, auth=[])
    def token(self, request: ApiRequest) -> Response:
        """Signs in on a device."""
        facts = self.valid_input()
        signed_in = sessions.open_session(
            email=facts["email"],
            password=facts["password"],
            address=CeilingThrottle().get_ident(request),
            label=facts["device_label"],
            device_key=facts["device_key"],
        )
        return Response(asdict(signed_in))

    @extend_schema(responses={200: serializers.TokenPairOutput}, auth=[])
    def refresh(self, request: ApiRequest) -> Response:
        """Exchanges a refresh token for its one successor."""
        return Response(asdict(sessions.refresh_session(self.valid_input()["refresh"])))

    @extend_schema(responses={204: None})
    def revoke(self, request: ApiRequest) -> Response:
        """Signs this device out, at once."""
        self.valid_input()
        sessions.revoke_session(request.device_session)
        return Response(status=204)

    @extend_schema(responses={200: serializers.TokenPairOutput})
    def change_password(self, request: ApiRequest) -> Response:
        """Sets a new password; signs every device out and this one in again."""
        pair = passwords.change_password(request.user, session=request.device_session, **self.valid_input())
        return Response(asdict(pair))

    @extend_schema(responses={202: serializers.AcceptedOutput}, auth=[])
    def ask_for_reset(self, request: ApiRequest) -> Response:
        """Mails a link to choose a new password; the answer is the same when nobody has the address."""
        passwords.ask_for_reset(self.valid_input()["email"], address=CeilingThrottle().get_ident(request))
        return Response({"detail": _("If this address has an account, we sent it a mail.")}, status=202)

    @extend_schema(responses={202: serializers.AcceptedOutput})
    def ask_to_verify(self, request: ApiRequest) -> Response:
        """Mails once more the link that confirms one's own address, five times a day; 409 when it is confirmed."""
        self.valid_input()
        services.ask_to_verify_again(request.user)
        return Response({"detail": _("We sent you the mail again.")}, status=202)

    @extend_schema(responses={202: serializers.AcceptedOutput}, auth=[])
    def ask_for_sign_in_link(self, request: ApiRequest) -> Response:
        """Mails a link that lets in the device that opens it, when others' wrong passwords shut it out (429 of
        auth/token); the password is then asked as always. The answer is the same when nobody has the address."""
        facts = self.valid_input()
        address = CeilingThrottle().get_ident(request)
        sign_in_links.ask_for_link(facts["email"], address=address, key=facts["device_key"])
        return Response({"detail": sign_in_links.SAID}, status=202)


class DeviceSessionViewSet(mixins.ListModelMixin, ApiViewSet):
    """Where one is signed in."""

    queryset = DeviceSession.objects.all()
    serializer_class = serializers.DeviceSessionOutput
    permission_classes = [IsSignedIn]

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        return DeviceSession.objects.visible_to(person).live(timezone.now())

    @extend_schema(responses={204: None})
    def destroy(self, request: ApiRequest, pk: UUID) -> Response:
        """Signs that device out, at once."""
        sessions.revoke_session(self.get_object())
        return Response(status=204)


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


class AppConfigViewSet(ApiViewSet):
    """The app's first question. Public, and answered to every version of the app."""

    queryset = User.objects.none()
    serializer_class = serializers.AppConfigOutput
    permission_classes = [AllowAny]
    authentication_classes = []
    serves_old_apps = True

    @extend_schema(responses={200: serializers.AppConfigOutput}, auth=[])
    def retrieve(self, request: ApiRequest) -> Response:
        """The oldest app version served, this deployment's features, and its texts in the reader's language."""
        body = {
            "minimum_version": settings.MINIMUM_APP_VERSION,
            "features": {"push": push.is_configured()},
            "texts": {"welcome": _("Élan connects you to missions that need you, and keeps your hours.")},
        }
        return Response(self.output(body))


class MeViewSet(ApiViewSet):
    """Oneself."""

    queryset = User.objects.all()
    serializer_class = serializers.ProfileOutput
    permission_classes = [IsSignedIn]
    inputs = {"partial_update": serializers.ProfileInput}

    @extend_schema(responses={200: serializers.ProfileOutput})
    def retrieve(self, request: ApiRequest) -> Response:
        """One's own profile."""
        return Response(self.output(request.user))

    @extend_schema(responses={200: serializers.ProfileOutput})
    def partial_update(self, request: ApiRequest) -> Response:
        """Changes one's language or own emergency number."""
        return Response(self.output(services.update_profile(request.user, **self.valid_input())))


class SuspensionViewSet(ReadViewSet):
    """Whom the region shut out, why, and whether they are let in again."""

    queryset = Suspension.objects.all()
    serializer_class = serializers.SuspensionOutput
    permission_classes = [IsRegionStaff]
    inputs = {"create": serializers.SuspensionInput, "restore": Empty}

    def queryset_for(self, person: Reader) -> QuerySet[Any]:
        return Suspension.objects.visible_to(person).select_related("person")

    @extend_schema(responses={201: serializers.SuspensionOutput})
    @idempotent
    def create(self, request: ApiRequest) -> Response:
        """Signs a person out everywhere and keeps them out; their places to come are released."""
        facts = self.valid_input()
        row = suspensions.suspend_person(facts["person"], reason=facts["reason"], actor=request.user)
        return Response(self.output(row), status=201)

    @extend_schema(responses={200: serializers.SuspensionOutput})
    @idempotent
    def restore(self, request: ApiRequest, pk: UUID) -> Response:
        """Lets them in again."""
        self.valid_input()
        return Response(self.output(suspensions.restore_person(self.get_object(), actor=request.user)))
