"""Sessions: opened by a password, kept by single-use refresh tokens, ended at once everywhere."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings

from accounts import attempts, tokens
from accounts.models import DeviceSession, User
from common.errors import DomainError

SUCCESSOR_REPEATED_FOR = timedelta(hours=24)


class SignInRefused(DomainError):
    """401: address and password do not open a session; why is not said."""

    status = 401
    code = "sign_in_refused"
    detail = _("The e-mail address or the password is wrong, or the account cannot sign in.")


class SessionOver(DomainError):
    """401: the refresh token opens nothing (any more)."""

    status = 401
    code = "session_over"
    detail = _("The session is over. Sign in again.")


@dataclass(frozen=True)
class TokenPair:
    """What a device keeps: a short access token and the next refresh token."""

    access: str
    refresh: str


@dataclass(frozen=True)
class SignIn(TokenPair):
    """A new session's tokens, and what makes this device known for the next time (accounts.attempts)."""

    device_key: str


def open_session(*, email: str, password: str, address: str, label: str = "", device_key: str = "") -> SignIn:
    """Signs a person in on a device. Takes the same time whether the account exists or not.

    Raises SignInRefused, TooManyAttempts.
    """
    user = User.objects.filter(email=email.strip().lower()).first()
    attempt = attempts.begin_attempt(email=email, address=address, user=user, key=device_key)
    if user is None:
        make_password(password)
        raise SignInRefused
    if not user.check_password(password) or not user.is_active or user.suspended_at:
        raise SignInRefused
    attempts.succeed(attempt)
    pair = start_session(user, label=label)
    return SignIn(pair.access, pair.refresh, attempts.device_key(user))


def start_session(user: User, *, label: str = "") -> TokenPair:
    """A new session on a device, for a person who has just proved who they are."""
    now = timezone.now()
    session = DeviceSession.objects.create(
        person=user, label=label, rotated_at=now, expires_at=now + api_settings.REFRESH_TOKEN_LIFETIME
    )
    return TokenPair(tokens.access_token(session, now), tokens.refresh_token(session))


def refresh_session(refresh: str) -> TokenPair:
    """Exchanges a refresh token for its one successor; the same again until that successor is used.

    A token older than that is a copy in other hands: the whole session is revoked. Raises SessionOver.
    """
    try:
        token = tokens.SessionRefreshToken(refresh)  # type: ignore[arg-type]
        session_id, generation = UUID(str(token["sid"])), int(token["gen"])
    except (TokenError, KeyError, ValueError, TypeError) as error:
        raise SessionOver from error
    now = timezone.now()
    with transaction.atomic():
        # The compare-and-swap decides which of many parallel refreshes makes the successor.
        DeviceSession.objects.live(now).filter(pk=session_id, generation=generation).update(
            generation=generation + 1, rotated_at=now, expires_at=now + api_settings.REFRESH_TOKEN_LIFETIME
        )
        session = DeviceSession.objects.live(now).select_related("person").filter(pk=session_id).first()
        if session is None or not session.person.is_active or session.person.suspended_at:
            raise SessionOver
        stale = session.generation != generation + 1 or now - session.rotated_at > SUCCESSOR_REPEATED_FOR
        if stale:
            DeviceSession.objects.filter(pk=session_id, revoked_at__isnull=True).update(revoked_at=now)
    if stale:
        raise SessionOver
    return TokenPair(tokens.access_token(session, now), tokens.refresh_token(session))


def revoke_session(session: DeviceSession) -> None:
    """Signs the device out at once: its access tokens stop working at the next request."""
    DeviceSession.objects.filter(pk=session.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())


def revoke_all(person: User) -> None:
    """Signs a person out everywhere, at once."""
    DeviceSession.objects.filter(person=person, revoked_at__isnull=True).update(revoked_at=timezone.now())


def live_session(session_id: Any) -> DeviceSession | None:
    """The session of an access token with its person, in one query; None when it or the person is out."""
    return (
        DeviceSession.objects.live(timezone.now())
        .select_related("person")
        .filter(pk=session_id, person__is_active=True, person__suspended_at__isnull=True)
        .first()
    )
