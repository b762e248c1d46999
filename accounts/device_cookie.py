"""What a browser keeps that has signed in to the admin, or opened a link from the mailbox: attempts.device_key."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

KEPT_SECONDS = 365 * 24 * 3600


def cookie_name() -> str:
    """Behind TLS with the prefix by which a browser refuses one that plain HTTP has set; its path is not the whole
    host's, so that `__Host-` is not for it."""
    return "__Secure-elan-device" if settings.SESSION_COOKIE_SECURE else "elan-device"


def device_key_of(request: HttpRequest) -> str:
    """The key that the browser shows; empty when it is not known."""
    key: str = request.COOKIES.get(cookie_name(), "")
    return key


def remember_device(response: Any, key: str) -> None:
    """Has this browser show the key at the admin's door, and nowhere else."""
    response.set_cookie(
        cookie_name(),
        key,
        max_age=KEPT_SECONDS,
        path=reverse("admin:index"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
