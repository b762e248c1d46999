"""What a browser keeps that has signed in to the admin, or opened a link from the mailbox: attempts.device_key."""

from typing import Any

from django.conf import settings
from django.urls import reverse

DEVICE_COOKIE = "elan-device"
KEPT_SECONDS = 365 * 24 * 3600


def device_key_of(request: Any) -> str:
    """The key that the browser shows; empty when it is not known."""
    key: str = request.COOKIES.get(DEVICE_COOKIE, "")
    return key


def remember_device(response: Any, key: str) -> None:
    """Has this browser show the key at the admin's door, and nowhere else."""
    response.set_cookie(
        DEVICE_COOKIE,
        key,
        max_age=KEPT_SECONDS,
        path=reverse("admin:index"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
