"""How often a password may be tried: per account and address, per account, never by address alone.

A whole lycée is one address, so an address locks nobody out by itself. An attempt is written before its password
is checked and taken back when it was right: a hundred parallel guesses are counted like a hundred in a row. The
rows are in the database, so that the limits hold over all replicas and without the cache.
"""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.models import SignInAttempt, User
from common import links
from common.errors import DomainError
from common.mailboxes import known_address

WINDOW = timedelta(minutes=15)
PER_ACCOUNT_AND_ADDRESS = 5
PER_ACCOUNT = 20
KNOWN_DEVICE = "known-device"


class TooManyAttempts(DomainError):
    """429 with Retry-After: this account was tried too often."""

    status = 429
    code = "too_many_attempts"
    detail = _("Too many attempts. Wait a quarter of an hour, or ask for a link by mail that lets this device in.")
    retry_after_seconds = int(WINDOW.total_seconds())


def device_key(user: User) -> str:
    """What a device that has signed in keeps: with it, others' guesses do not lock its owner out there.

    It opens nothing by itself, and a new password ends it.
    """
    return links.make_token(KNOWN_DEVICE, user.pk, links.fingerprint(user.password))


def is_known_device(user: User | None, key: str) -> bool:
    """Whether the key is the one that this person's devices keep."""
    return user is not None and links.token_opens(
        key, KNOWN_DEVICE, user.pk, links.fingerprint(user.password)
    )


def _mark(value: str) -> str:
    return salted_hmac("elan.attempt", value, algorithm="sha256").hexdigest()


def place_of(user: User | None, *, address: str, key: str) -> str:
    """From where somebody comes: a known device is a place of its own, whatever address it has today."""
    return f"device:{key}" if is_known_device(user, key) else address


def begin_attempt(
    *, email: str, address: str, user: User | None, key: str, is_proved: bool = False
) -> SignInAttempt:
    """Counts an attempt before it is made; raises TooManyAttempts. An unknown account is counted alike.

    `is_proved`: whoever tries has shown something that strangers have not (a session, a link from the mailbox), and
    `address` names that: strangers' tries do not shut them out.
    """
    is_proved = is_proved or is_known_device(user, key)
    attempt = SignInAttempt.objects.create(
        account_mark=_mark(known_address(email)), address_mark=_mark(place_of(user, address=address, key=key))
    )
    recent = SignInAttempt.objects.filter(
        account_mark=attempt.account_mark, created_at__gt=timezone.now() - WINDOW
    )
    from_here = recent.filter(address_mark=attempt.address_mark).count()
    if from_here > PER_ACCOUNT_AND_ADDRESS or (not is_proved and recent.count() > PER_ACCOUNT):
        raise TooManyAttempts
    return attempt


def succeed(attempt: SignInAttempt) -> None:
    """The password was right: what was tried from this place is forgotten."""
    SignInAttempt.objects.filter(
        Q(pk=attempt.pk) | Q(account_mark=attempt.account_mark, address_mark=attempt.address_mark)
    ).delete()


def forget_account(email: str) -> None:
    """The mailbox is proved: whatever was tried on this account no longer counts."""
    SignInAttempt.objects.filter(account_mark=_mark(known_address(email))).delete()


def forget_old() -> None:
    """Deletes what no limit looks at any more."""
    SignInAttempt.objects.filter(created_at__lt=timezone.now() - WINDOW).delete()
