"""Sends one push through Firebase Cloud Messaging, and says what its answer means for token and message."""

import re
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

from django.conf import settings

from notifications.one_try import OneTryAdapter, allow_one_try, time_limit
from notifications.payload import PushMessage as PushMessage
from notifications.payload import fcm_message

GOOGLE_URL = "https://fcm.googleapis.com"
# A lying header must not bury a message for a century.
LONGEST_RETRY_AFTER_SECONDS = 3600.0

_CREDENTIAL_CODES = {"THIRD_PARTY_AUTH_ERROR", "APNS_AUTH_ERROR"}
_FOREIGN = "SENDER_ID_MISMATCH"
_PASSING_STATUSES = {404, 408, 409, 425, 429}

_building = threading.Lock()


class PushError(Exception):
    """The push was not sent; the subclass says what to do about it. Its text never holds the token."""


class DeadToken(PushError):
    """FCM knows this registration token no more: forget it."""


class MessageRefused(PushError):
    """This message will never be taken, whatever the day."""


class ForeignToken(MessageRefused):
    """The token belongs to the app of another sender than ours: nothing of ours ever reaches it.

    It lives on: were our service account that of another project, every token would answer so.
    """


class CredentialsRefused(PushError):
    """Our own right to send is in doubt: no token may be deleted for it."""


class RetryLater(PushError):
    """Nothing is known against the token or the message; `after_seconds` is the server's wish, or None."""

    def __init__(self, after_seconds: float | None = None, reason: str = "") -> None:
        self.after_seconds = after_seconds
        super().__init__(reason)


def is_configured() -> bool:
    """Whether this deployment sends pushes at all."""
    return bool(settings.FCM_CREDENTIALS_FILE)


def send(message: PushMessage) -> str:
    """Sends once, without sleeping, within FCM_TIMEOUT_SECONDS for token endpoint and FCM together.

    Returns FCM's name of the message; raises a PushError.
    """
    service = _service(settings.FCM_CREDENTIALS_FILE, settings.FCM_URL, settings.FCM_TIMEOUT_SECONDS)
    from firebase_admin import messaging  # heavy, see _build_service

    try:
        what = fcm_message(messaging, message)
        service.encode_message(what)
    except ValueError as error:
        raise MessageRefused(str(error)) from error
    try:
        with time_limit(settings.FCM_TIMEOUT_SECONDS):
            name = service.send(what)
    except PushError:
        raise
    except Exception as error:
        # The SDK lets errors of google-auth and of its own parsing of strange answers escape under any name.
        response = getattr(error, "http_response", None)
        if response is None:
            raise RetryLater(reason=type(error).__name__) from error
        code, blames_token = _read_error(response)
        if response.status_code == 401 and code not in _CREDENTIAL_CODES:
            # Revoked before its time: the next send asks for a new one instead of repeating this for an hour.
            service._credential.expiry = datetime.now(UTC).replace(tzinfo=None)
        raise _verdict(response.status_code, response.headers, code, blames_token) from error
    if not isinstance(name, str):
        raise RetryLater(reason="answer without a name")
    return name


def _verdict(status: int, headers: Mapping[str, str], code: str, blames_token: bool) -> PushError:
    reason = f"{status} {code}".strip()
    if status < 500 and code == _FOREIGN:
        return ForeignToken(reason)
    if status in (401, 403) or (status < 500 and code in _CREDENTIAL_CODES):
        return CredentialsRefused(reason)
    # A 404 without FCM's own words is a wrong address or a proxy: it must not empty the table of devices.
    if (status == 404 and code in {"UNREGISTERED", "NOT_FOUND"}) or (status == 400 and blames_token):
        return DeadToken(reason)
    if 400 <= status < 500 and status not in _PASSING_STATUSES:
        return MessageRefused(reason)
    return RetryLater(_retry_after(headers), reason)


def _read_error(response: Any) -> tuple[str, bool]:
    """FCM's code for this error ("" if the body is not FCM's), and whether it blames the registration token.

    A malformed token answers like a malformed message, 400 INVALID_ARGUMENT; only the sentence differs, or
    the field of the BadRequest detail (https://firebase.google.com/docs/cloud-messaging/error-codes).
    """
    try:
        error = response.json()["error"]
        details = [detail for detail in error.get("details", []) if isinstance(detail, dict)]
        codes = [detail["errorCode"] for detail in details if "errorCode" in detail]
        code = codes[0] if codes else error.get("status", "")
        violations = [violation for detail in details for violation in detail.get("fieldViolations", [])]
        fields = {violation.get("field") for violation in violations}
        words = error.get("message", "").lower()
    except (ValueError, TypeError, KeyError, AttributeError):
        return "", False
    named = "message.token" in fields or words.startswith("the registration token")
    return str(code), named or code == "UNREGISTERED"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from the two forms of RFC 9110 section 10.2.3; None when absent or unreadable."""
    value = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        seconds = float(value)
    else:
        try:
            moment = parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = max(0.0, (moment - datetime.now(UTC)).total_seconds())
    return min(seconds, LONGEST_RETRY_AFTER_SECONDS)


def _service(credentials_file: str, url: str, timeout: float) -> Any:
    """The SDK's messaging service for these settings, built once per process; raises CredentialsRefused."""
    with _building:
        return _build_service(credentials_file, url, timeout)


@cache
def _build_service(credentials_file: str, url: str, timeout: float) -> Any:
    # Here and not above: the SDK costs 0.2 s and much memory, and only the processes that send need it.
    import firebase_admin
    from firebase_admin import credentials, messaging
    from google.auth.transport.requests import AuthorizedSession

    try:
        certificate = credentials.Certificate(credentials_file)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise CredentialsRefused(f"credential file: {type(error).__name__}") from error
    if not certificate.project_id:
        raise CredentialsRefused("credential file: no project_id")
    name = f"{credentials_file} {url} {timeout}"
    app = firebase_admin.initialize_app(certificate, {"httpTimeout": timeout}, name)
    service = messaging._get_messaging_service(app)
    # The SDK's own session retries 500 and 503 four times and sleeps as long as Retry-After says.
    session: Any = AuthorizedSession(  # type: ignore[no-untyped-call]
        service._credential, max_refresh_attempts=0, auth_request=_token_request()
    )
    allow_one_try(session)
    if url.rstrip("/") != GOOGLE_URL:
        session.mount(GOOGLE_URL, OneTryAdapter(url.rstrip("/")))
    service._client._session = session
    return service


def _token_request() -> Any:
    """How google-auth asks for an access token: once, where its own way is three tries with sleeps."""
    import requests  # heavy, see _build_service
    from google.auth.exceptions import TransportError
    from google.auth.transport.requests import Request

    class TokenRequest(Request):
        def __call__(self, url: Any, method: Any = "GET", *args: Any, **options: Any) -> Any:
            if method != "POST":
                # google-auth also looks up "regional access boundaries" in a thread: no business of ours.
                raise TransportError("only access tokens are asked for")  # type: ignore[no-untyped-call]
            response = super().__call__(url, method, *args, **options)  # type: ignore[no-untyped-call]
            if response.status in (408, 429) or response.status >= 500:
                raise RetryLater(_retry_after(response.headers), f"token endpoint {response.status}")
            if response.status >= 400:
                raise CredentialsRefused(f"token endpoint {response.status}")
            return response

    session = requests.Session()
    allow_one_try(session)
    return TokenRequest(session)
