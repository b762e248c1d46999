"""What a mail provider tells of mails that came back for good: one fact, read from each provider's own words.

The event names are those of the providers' pages on webhooks: Brevo ("Transactional webhooks"), Mailjet ("Event API")
and Postmark ("Bounce webhook").
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from common.mailboxes import known_address

MOST_EVENTS = 1000
LONGEST_ADDRESS = 254
# A provider's clock is not ours: what was asked a little after a bounce may be what it is about.
CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True)
class Bounce:
    """An address that takes no mail, and since when that is known."""

    address: str
    at: datetime


def bounces_of(provider: str, payload: Any) -> list[Bounce]:
    """The permanent refusals in what a known provider sent; anything else it tells is nothing to us."""
    events = payload if isinstance(payload, list) else [payload]
    read = READERS[provider]
    found = [read(event) for event in events[:MOST_EVENTS] if isinstance(event, dict)]
    return [bounce for bounce in found if bounce is not None]


def _bounce(address: Any, at: datetime | None) -> Bounce | None:
    if not isinstance(address, str) or not 3 <= len(address.strip()) <= LONGEST_ADDRESS or "@" not in address:
        return None
    now = timezone.now()
    return Bounce(known_address(address), min(at or now, now))


def _from_seconds(seconds: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(seconds), tz=UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _from_text(said: Any) -> datetime | None:
    try:
        at = parse_datetime(said) if isinstance(said, str) else None
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None


def _brevo(event: dict[str, Any]) -> Bounce | None:
    if event.get("event") not in ("hard_bounce", "invalid_email"):
        return None
    milliseconds = event.get("ts_epoch")
    seconds = milliseconds / 1000 if isinstance(milliseconds, int | float) else None
    return _bounce(event.get("email"), _from_seconds(seconds))


def _mailjet(event: dict[str, Any]) -> Bounce | None:
    if event.get("event") != "bounce" or event.get("hard_bounce") is not True:
        return None
    return _bounce(event.get("email"), _from_seconds(event.get("time")))


def _postmark(event: dict[str, Any]) -> Bounce | None:
    if event.get("RecordType") != "Bounce" or event.get("Type") not in ("HardBounce", "BadEmailAddress"):
        return None
    return _bounce(event.get("Email"), _from_text(event.get("BouncedAt")))


def _own(event: dict[str, Any]) -> Bounce | None:
    """What a deployment with a mail server of its own reads in what comes back: an address, and since when."""
    return _bounce(event.get("address"), _from_text(event.get("at")))


READERS: dict[str, Callable[[dict[str, Any]], Bounce | None]] = {
    "brevo": _brevo,
    "mailjet": _mailjet,
    "postmark": _postmark,
    "own": _own,
}
