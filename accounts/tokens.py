"""JSON Web Tokens bound to a device session: `sid` names it, `gen` counts a refresh token's generation."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.crypto import salted_hmac
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts import keys
from accounts.models import DeviceSession


class SessionAccessToken(AccessToken):
    """Ten minutes of access for one session."""

    def get_token_backend(self) -> keys.KeyRingBackend:
        return keys.ring()


class SessionRefreshToken(RefreshToken):
    """Thirty days, for one generation of one session."""

    access_token_class = SessionAccessToken

    def get_token_backend(self) -> keys.KeyRingBackend:
        return keys.ring()


def _claims(token: Any, session: DeviceSession, lifetime: timedelta, at: datetime) -> None:
    token["sid"] = str(session.pk)
    token["sub"] = str(session.person_id)
    token.set_iat(at_time=at)
    token.set_exp(from_time=at, lifetime=lifetime)


def refresh_token(session: DeviceSession) -> str:
    """The one refresh token of the session's present generation: rebuilt, byte for byte, each time it is asked."""
    token = SessionRefreshToken()
    token["gen"] = session.generation
    _claims(token, session, api_settings.REFRESH_TOKEN_LIFETIME, session.rotated_at.astimezone(UTC))
    name = f"{session.pk}:{session.generation}"
    token[api_settings.JTI_CLAIM] = salted_hmac("elan.refresh", name, algorithm="sha256").hexdigest()[:32]
    return str(token)


def access_token(session: DeviceSession, now: datetime) -> str:
    """A fresh access token."""
    token = SessionAccessToken()
    _claims(token, session, api_settings.ACCESS_TOKEN_LIFETIME, now)
    return str(token)
