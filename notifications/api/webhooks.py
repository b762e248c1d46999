"""Mail providers tell of mails that came back: a shared secret or a signature by it, no person."""

import base64
import binascii
import hashlib
import hmac
import re
import time
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

# What was signed longer ago, or by a clock that runs further ahead, may be a copy of what somebody overheard.
SIGNATURE_LIVES_SECONDS = 300


class ProviderAuthentication(BaseAuthentication):
    """HTTP Basic with MAIL_WEBHOOK_SECRET, all that providers agree on, or a signature of the body by it. Nobody else
    gets in, whoever they are."""

    def authenticate(self, request: Request) -> tuple[Any, None]:
        scheme, _space, given = get_authorization_header(request).partition(b" ")
        secret = settings.MAIL_WEBHOOK_SECRET.encode()
        proofs = {b"basic": _shows, b"elan-hmac-sha256": _signs}
        proof = proofs.get(scheme.lower())
        if not secret or proof is None or not proof(given, secret, request):
            raise AuthenticationFailed
        return AnonymousUser(), None

    def authenticate_header(self, request: Request) -> str:
        return 'Basic realm="mail"'


def _shows(given: bytes, secret: bytes, request: Request) -> bool:
    try:
        shown = base64.b64decode(given, validate=True)
    except binascii.Error:
        return False
    return constant_time_compare(shown, secret)


def _signs(given: bytes, secret: bytes, request: Request) -> bool:
    """Whether `t=SECONDS,v1=HEX` is the HMAC of the seconds, a full stop and the body, of now."""
    read = re.fullmatch(rb"t=([0-9]{1,12}),v1=([0-9a-f]{64})", given)
    if read is None or abs(time.time() - int(read[1])) > SIGNATURE_LIVES_SECONDS:
        return False
    signed = hmac.new(secret, read[1] + b"." + request.body, hashlib.sha256).hexdigest()
    return constant_time_compare(read[2], signed.encode())


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
        """Events of `brevo`, `mailjet`, `postmark` or one's `own`, one or a list: dead addresses are noted."""
        if provider not in bounces.READERS:
            raise NotVisible
        services.note_bounces(bounces.bounces_of(provider, request.data), provider=provider)
        return Response(status=204)
