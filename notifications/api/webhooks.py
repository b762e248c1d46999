"""Mail providers tell of mails that came back: a shared secret, no person."""

import base64
import binascii
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils.crypto import constant_time_compare
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.requests import ApiRequest
from common.api.views import ApiViewSet
from common.errors import NotVisible
from notifications import bounces, services
from notifications.models import OutboxMessage


class ProviderAuthentication(BaseAuthentication):
    """HTTP Basic with MAIL_WEBHOOK_SECRET: all that providers agree on. Nobody else gets in, whoever they are."""

    def authenticate(self, request: Request) -> tuple[Any, None]:
        scheme, _space, given = get_authorization_header(request).partition(b" ")
        try:
            shown = base64.b64decode(given, validate=True)
        except binascii.Error:
            shown = b""
        secret = settings.MAIL_WEBHOOK_SECRET
        if not secret or scheme.lower() != b"basic" or not constant_time_compare(shown, secret.encode()):
            raise AuthenticationFailed
        return AnonymousUser(), None

    def authenticate_header(self, request: Request) -> str:
        return 'Basic realm="mail"'


class MailWebhookViewSet(ApiViewSet):
    """Where a provider posts its events, in its own words."""

    queryset = OutboxMessage.objects.none()
    authentication_classes = [ProviderAuthentication]
    permission_classes = [AllowAny]
    serves_old_apps = True

    def largest_body_bytes(self) -> int:
        """A provider that shows the secret sends lists of events."""
        return settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    # Written by providers, each in its own words: no part of what we promise to clients.
    @extend_schema(exclude=True)
    def receive(self, request: ApiRequest, provider: str) -> Response:
        """Events of `brevo`, `mailjet` or `postmark`, one or a list: dead addresses are noted, the rest left."""
        if provider not in bounces.READERS:
            raise NotVisible
        services.note_bounces(bounces.bounces_of(provider, request.data))
        return Response(status=204)
