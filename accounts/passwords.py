"""Passwords: strong, changed by who knows the old one, reset by who reads the mailbox. Every change signs out.

Hashing takes as long as it is meant to: it is done before a transaction begins, never under its locks.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import attempts, notices, sessions
from accounts.models import DeviceSession, User
from common import links
from common.changes import note_change
from common.errors import BadInput, DomainError, Gone
from common.mailboxes import known_address
from common.models import uuid7
from notifications import outbox

RESET_LINK_LIVES = timedelta(hours=2)
# Whoever knows an address could fill its mailbox: the link already sent goes on working instead.
RESET_MAIL_AGAIN_AFTER = timedelta(minutes=10)

WRONG = _("This is not your password.")


class PasswordTooWeak(BadInput):
    code = "password_too_weak"


class PasswordWrong(BadInput):
    code = "password_wrong"


class ProofOutdated(DomainError):
    """409: the account of an address was opened, or its password changed, while this one was being checked."""


@dataclass(frozen=True)
class Proof:
    """A password held against the account of an address. `hash` is the account's, or a new one when there is none."""

    hash: str
    is_known: bool
    is_right: bool

    def ensure_current(self, user: User | None) -> None:
        """Raises ProofOutdated when the account is not the one that was looked at any more."""
        if (user.password if user else None) != (self.hash if self.is_known else None):
            raise ProofOutdated


def prove(email: str, password: str) -> Proof:
    """One hash whether the address has an account or not; outside of any transaction."""
    known = User.objects.filter(email=known_address(email)).values_list("password", flat=True).first()
    if known is None:
        return Proof(make_password(password), is_known=False, is_right=False)
    return Proof(known, is_known=True, is_right=check_password(password, known))


def ensure_strong(password: str, *, person: User, field: str = "password") -> None:
    """Raises PasswordTooWeak with what is wrong with it, for this person (who may not be saved yet)."""
    try:
        validate_password(password, user=person)
    except ValidationError as error:
        raise PasswordTooWeak(fields={field: " ".join(error.messages)}) from error


def change_password(
    user: User, *, current_password: str, new_password: str, session: DeviceSession
) -> sessions.TokenPair:
    """Sets a new password, signs every device out, and opens this one anew. Raises PasswordWrong,
    PasswordTooWeak, TooManyAttempts."""
    attempt = attempts.begin_attempt(email=user.email, address=f"session:{session.pk}", user=user, key="")
    if not user.check_password(current_password):
        raise PasswordWrong(fields={"current_password": WRONG})
    attempts.succeed(attempt)
    ensure_strong(new_password, person=user, field="new_password")
    new_hash = make_password(new_password)
    with transaction.atomic():
        if not sessions.is_still(user, sessions.lock_person(user.pk)):
            raise PasswordWrong(fields={"current_password": WRONG})
        _set(user, new_hash)
        return sessions.replace_sessions(session)


@transaction.atomic
def ask_for_reset(email: str) -> None:
    """Mails a reset link to the owner of the address, once in ten minutes; the link sent last goes on working.

    Does the same work, and says the same, without an owner and when a mail has just left.
    """
    now = timezone.now()
    user = User.objects.filter(email=known_address(email), is_active=True).first() or User(email=outbox.NOBODY)
    user.password_reset_asked_at = now
    due = Q(password_reset_asked_at__isnull=True) | Q(password_reset_asked_at__lte=now - RESET_MAIL_AGAIN_AFTER)
    if User.objects.filter(due, pk=user.pk).update(password_reset_asked_at=now):
        outbox.publish(notices.reset_password, user, to=user, dedupe_key=f"reset-password:{uuid7()}")
    else:
        outbox.publish_nothing(notices.reset_password, user)


def user_of_reset_token(token: str) -> User:
    """The person whose password this link resets; raises Gone when it is used, overtaken, too old or none of ours."""
    row_id = links.row_id_of(token)
    user = User.objects.filter(pk=row_id, is_active=True, suspended_at__isnull=True).first() if row_id else None
    if user is None or user.password_reset_asked_at is None:
        raise Gone
    if timezone.now() - user.password_reset_asked_at > RESET_LINK_LIVES:
        raise Gone
    if not links.token_opens(token, notices.RESET_PURPOSE, user.pk, notices.reset_nonce(user)):
        raise Gone
    return user


def reset_password(token: str, *, new_password: str) -> None:
    """Sets a new password by the link of the mail, once, and signs every device out. Raises Gone, PasswordTooWeak."""
    found = user_of_reset_token(token)
    ensure_strong(new_password, person=found)
    new_hash = make_password(new_password)
    with transaction.atomic():
        if not sessions.is_still(found, sessions.lock_person(found.pk)):
            raise Gone
        # Who reads the mailbox has proved the address, too.
        if User.objects.filter(pk=found.pk, email_verified_at__isnull=True).update(email_verified_at=timezone.now()):
            note_change(found.pk, "settings", found.pk)
        _set(found, new_hash)
        sessions.revoke_all(found)
        attempts.forget_account(found.email)


def _set(user: User, new_hash: str) -> None:
    user.password = new_hash
    user.password_reset_asked_at = None
    user.save(update_fields=["password", "password_reset_asked_at"])
    outbox.publish(notices.password_changed, user, to=user, dedupe_key=f"password-changed:{uuid7()}")
