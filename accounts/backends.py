"""Signing in to the admin: the same limits and the same closed doors as over the API."""

from typing import Any

from django.contrib.auth.backends import ModelBackend

from accounts import attempts
from accounts.device_cookie import device_key_of
from accounts.models import User
from common.api.throttling import CeilingThrottle
from common.mailboxes import known_address


class LimitedBackend(ModelBackend):
    """Django's password check, counted per account and place, and shut for the suspended at the next request."""

    def authenticate(self, request: Any, username: str | None = None, password: str | None = None, **more: Any) -> Any:
        """The person, or None: wrong, suspended and tried too often look alike."""
        email = username or more.get(User.USERNAME_FIELD) or ""
        address = CeilingThrottle().get_ident(request) if request is not None else ""
        key = device_key_of(request) if request is not None else ""
        user = User.objects.filter(email=known_address(email)).first()
        try:
            attempt = attempts.begin_attempt(email=email, address=f"admin:{address}", user=user, key=key)
        except attempts.TooManyAttempts:
            return None
        person = super().authenticate(request, username=known_address(email), password=password)
        if person is not None:
            attempts.succeed(attempt)
        return person

    def user_can_authenticate(self, user: Any) -> bool:
        return super().user_can_authenticate(user) and user.suspended_at is None
