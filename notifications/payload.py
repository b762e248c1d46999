"""What a push says to each system: how long it may wait, how loud it is, and what takes its place."""

import time
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

# Apple's limit for `apns-collapse-id`.
LONGEST_COLLAPSE_KEY_BYTES = 64
# FCM takes 4,096 bytes in all; the inbox holds the whole text.
LONGEST_TITLE_BYTES, LONGEST_BODY_BYTES = 400, 1600
# FCM keeps nothing longer.
LONGEST_TTL_SECONDS = 28 * 24 * 3600


@dataclass(frozen=True)
class PushMessage:
    """One push to one phone. What is the same in `collapse_key` is shown once: on a duplicate, or the newest alone.

    `data` holds texts for the app. Of the systems, only the part of `platform` is sent, or all without one.
    """

    token: str
    title: str
    body: str
    data: dict[str, str]
    collapse_key: str
    platform: str = ""
    # The number of this push among those to the device: an app that misses one asks the inbox.
    sequence: int | None = None
    # The path under /api/v1/ of what it is about.
    opens: str = ""
    # For how long it is worth showing; None, as long as FCM keeps it.
    ttl_seconds: int | None = None
    # Wakes a phone that sleeps, and passes Apple's focus where the person allows it.
    is_urgent: bool = False
    # The topic: Android's channel, and what an iPhone shows as one thread.
    channel_id: str = ""
    # Unread lines of the inbox.
    badge: int | None = None
    # What a browser opens; https alone.
    link: str = ""


def fcm_message(messaging: Any, message: PushMessage) -> Any:
    """As the SDK's module `messaging` wants it. Raises ValueError."""
    key, title, body = _collapse_key(message.collapse_key), *_shown(message)
    made = messaging.Message(
        notification=messaging.Notification(title=title, body=body),
        data=_data(message),
        android=_android(messaging, message, key) if message.platform in ("", "android") else None,
        apns=_apns(messaging, message, key) if message.platform in ("", "ios") else None,
        webpush=_webpush(messaging, message, key, title, body) if message.platform in ("", "web") else None,
    )
    # The constructor warns that tokens give way to installation ids; FCM still takes them.
    made.token = message.token
    return made


def _data(message: PushMessage) -> dict[str, str]:
    data = dict(message.data)
    if message.sequence is not None:
        data["sequence"] = str(message.sequence)
    if message.opens:
        data["opens"] = message.opens
    return data


def _android(messaging: Any, message: PushMessage, key: str) -> Any:
    return messaging.AndroidConfig(
        collapse_key=key,
        priority="high" if message.is_urgent else "normal",
        ttl=timedelta(seconds=_ttl(message)) if message.ttl_seconds is not None else None,
        notification=messaging.AndroidNotification(
            tag=key, channel_id=message.channel_id or None, notification_count=message.badge
        ),
    )


def _apns(messaging: Any, message: PushMessage, key: str) -> Any:
    headers = {"apns-collapse-id": key, "apns-priority": "10" if message.is_urgent else "5"}
    if message.ttl_seconds is not None:
        headers["apns-expiration"] = str(int(time.time()) + _ttl(message))
    aps = messaging.Aps(
        sound="default",
        badge=message.badge,
        thread_id=message.channel_id or None,
        custom_data={"interruption-level": "time-sensitive" if message.is_urgent else "active"},
    )
    return messaging.APNSConfig(headers=headers, payload=messaging.APNSPayload(aps))


def _webpush(messaging: Any, message: PushMessage, key: str, title: str, body: str) -> Any:
    headers = {"Urgency": "high" if message.is_urgent else "normal"}
    if message.ttl_seconds is not None:
        headers["TTL"] = str(_ttl(message))
    return messaging.WebpushConfig(
        headers=headers,
        notification=messaging.WebpushNotification(title=title, body=body, tag=key),
        fcm_options=messaging.WebpushFCMOptions(link=message.link) if message.link.startswith("https://") else None,
    )


def _ttl(message: PushMessage) -> int:
    return min(max(message.ttl_seconds or 0, 0), LONGEST_TTL_SECONDS)


def _collapse_key(key: str) -> str:
    """The key, or in place of one that is too long its own SHA-256, the same for the same."""
    return key if len(key.encode()) <= LONGEST_COLLAPSE_KEY_BYTES else sha256(key.encode()).hexdigest()


def _shown(message: PushMessage) -> tuple[str, str]:
    return _cut(message.title, LONGEST_TITLE_BYTES), _cut(message.body, LONGEST_BODY_BYTES)


def _cut(text: str, most: int) -> str:
    """The text, or its beginning with an ellipsis, in so many bytes."""
    whole = text.encode()
    return text if len(whole) <= most else whole[: most - 3].decode(errors="ignore") + "…"
