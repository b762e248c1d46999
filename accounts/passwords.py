"""Passwords: strong, changed with the old one, reset through the mailbox. Every change signs out.

Hashing takes as long as it is meant to: it is done before a transaction begins, never under its locks.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import addresses, allowances, attempts, notices, sessions, timed_links
from accounts.allowances import Rule
from accounts.locks import lock_person, lock_person_if_there
from accounts.models import DeviceSession, User
from common.errors import BadInput, DomainError, Gone
from common.mailboxes import known_address
from common.models import uuid7
from notifications import outbox

# Whoever knows an address could fill its mailbox. The limits look back as long as a link lives, and no new link ends
# one before it: whoever is refused has one that works in their mailbox.
RESET_LINK_LIVES = timedelta(hours=2)
RESET_OF_PLACE = Rule("reset from a place", 2, RESET_LINK_LIVES)
RESET_OF_MAILBOX = Rule("reset of a mailbox", 4, RESET_LINK_LIVES)
# The address may be somebody else's, whose mailbox is not the account's to fill.
CHANGES_TOLD = Rule("changes of password told to a mailbox", 10)

WRONG = _("This is not your password. Check it, or ask for a new one.")


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


def ensure_own(user: User, password: str, *, place: str, field: str = "current_password") -> None:
    """Holds a password against the account of whoever is signed in at that place (a session). Others' wrong tries do
    not count there. Raises PasswordWrong, TooManyAttempts."""
    attempt = attempts.begin_attempt(email=user.email, address=place, user=user, key="", is_proved=True)
    if not user.check_password(password):
        raise PasswordWrong(fields={field: WRONG})
    attempts.succeed(attempt)


def change_password(
    user: User, *, current_password: str, new_password: str, session: DeviceSession
) -> sessions.TokenPair:
    """Sets a new password, signs every device out, and opens this one anew. Raises PasswordWrong,
    PasswordTooWeak, TooManyAttempts."""
    ensure_own(user, current_password, place=f"session:{session.pk}")
    new_hash = _strong_hash(user, new_password)
    with transaction.atomic():
        if not sessions.is_still(user, lock_person_if_there(user.pk)):
            raise PasswordWrong(fields={"current_password": WRONG})
        _set(user, new_hash)
        return sessions.replace_sessions(session)


def change_password_in_admin(user: User, *, new_password: str) -> None:
    """The same from a page of the admin, which has asked for the present password (`ensure_own`): every device is
    signed out, the owner told. Raises PasswordTooWeak, PasswordWrong when it was changed meanwhile."""
    new_hash = _strong_hash(user, new_password)
    with transaction.atomic():
        if not sessions.is_still(user, lock_person_if_there(user.pk)):
            raise PasswordWrong(fields={"current_password": WRONG})
        _set(user, new_hash)
        sessions.revoke_all(user)


@transaction.atomic
def set_by_operator(user: User) -> None:
    """An operator gave the person another password, or none: it is kept, every device is signed out, they are told.

    `user.password` is the new hash.
    """
    lock_person(user.pk)
    _set(user, user.password)
    sessions.revoke_all(user)


def _strong_hash(user: User, new_password: str) -> str:
    ensure_strong(new_password, person=user, field="new_password")
    return make_password(new_password)


@transaction.atomic
def ask_for_reset(email: str, *, address: str) -> None:
    """Mails a reset link to the owner of the address, twice in two hours for each place that asks, four times in all.

    Does the same work, and says the same, without an owner and when no mail leaves.
    """
    user = User.objects.filter(email=known_address(email), is_active=True).first()
    mailbox = allowances.of_mailbox(email)
    due = allowances.take((RESET_OF_PLACE, f"{mailbox} {address}"), (RESET_OF_MAILBOX, mailbox))
    if due and user is not None:
        outbox.publish(notices.reset_password, user, to=user, occasion=outbox.occasion_of(uuid7()))
    else:
        outbox.publish_nothing(notices.reset_password, user or User(email=outbox.NOBODY))


def user_of_reset_token(token: str) -> User:
    """The person whose password this link resets; raises Gone when it is used, too old or none of ours."""
    return timed_links.person_of(token, notices.RESET_PURPOSE, RESET_LINK_LIVES)


def reset_password(token: str, *, new_password: str) -> None:
    """Sets a new password by the link of the mail, once, and signs every device out. Raises Gone, PasswordTooWeak."""
    found = user_of_reset_token(token)
    ensure_strong(new_password, person=found)
    new_hash = make_password(new_password)
    with transaction.atomic():
        if not sessions.is_still(found, lock_person_if_there(found.pk)):
            raise Gone(timed_links.OVER)
        # Anyone who reads the mailbox has proved the address, too.
        addresses.prove(found)
        _set(found, new_hash)
        sessions.revoke_all(found)
        attempts.forget_account(found.email)


def _set(user: User, new_hash: str) -> None:
    user.password = new_hash
    user.save(update_fields=["password"])
    if allowances.take((CHANGES_TOLD, allowances.of_mailbox(user.email))):
        outbox.publish(notices.password_changed, user, to=user, occasion=outbox.occasion_of(uuid7()))
