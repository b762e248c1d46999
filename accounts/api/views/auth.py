"""Coming in: registering, signing in, keeping and ending a session."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from accounts import passwords, services, sessions, sign_in_links
from accounts.api import serializers
from accounts.models import DeviceSession, Reader, User
from common.api.permissions import IsSignedIn
from common.api.requests import ApiRequest
from common.api.serializers import Empty
from common.api.throttling import CeilingThrottle
from common.api.views import ApiViewSet


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
