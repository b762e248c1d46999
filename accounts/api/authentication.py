"""Who asks: an access token, its live session and its person, in one query."""

from typing import Any
from uuid import UUID

import structlog
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError

from accounts import sessions
from accounts.tokens import SessionAccessToken


class SessionTokenAuthentication(JWTAuthentication):
    """Bearer tokens. A revoked session or a suspended person is out at the next request."""

    def authenticate(self, request: Any) -> Any:
        header = self.get_header(request)
        raw_token = self.get_raw_token(header) if header is not None else None
        if raw_token is None:
            return None
        try:
            token = SessionAccessToken(raw_token)  # type: ignore[arg-type]
            session = sessions.live_session(UUID(str(token["sid"])))
        except (TokenError, KeyError, ValueError, TypeError, UnicodeError) as error:
            raise InvalidToken from error
        if session is None:
            raise exceptions.AuthenticationFailed(sessions.SessionOver.detail, code=sessions.SessionOver.code)
        request.device_session = session
        structlog.contextvars.bind_contextvars(person_id=str(session.person_id))
        return session.person, token


class SessionTokenScheme(OpenApiAuthenticationExtension):
    """How the contract names the bearer token."""

    target_class = SessionTokenAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
