"""Passwords: strong, changed by who knows the old one, reset by who reads the mailbox. Every change signs out."""

from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import attempts, notices, sessions
from accounts.models import DeviceSession, User
from common import links
from common.errors import BadInput, Gone
from common.models import uuid7
from notifications import outbox
from notifications.models import OutboxMessage

RESET_LINK_LIVES = timedelta(hours=2)
# Where the mail of a request for an unknown address "goes": RFC 2606 keeps .invalid for nobody.
NOBODY = "nobody@elan.invalid"


WRONG = _("This is not your password.")


class PasswordTooWeak(BadInput):
    code = "password_too_weak"


class PasswordWrong(BadInput):
    code = "password_wrong"


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
    with transaction.atomic():
        _set(user, new_password)
        return sessions.start_session(user, label=session.label)


def ask_for_reset(email: str) -> None:
    """Mails a reset link to the owner of the address. Does the same work, and says the same, without an owner."""
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    now = timezone.now()
    with transaction.atomic():
        if user is not None:
            user.password_reset_asked_at = now
            user.save(update_fields=["password_reset_asked_at"])
            outbox.publish(notices.reset_password, user, to=user, dedupe_key=f"reset-password:{uuid7()}")
        else:
            decoy = User(email=NOBODY, password_reset_asked_at=now)
            message = outbox.publish(
                notices.reset_password, decoy, address=NOBODY, dedupe_key=f"reset-password:{uuid7()}"
            )
            OutboxMessage.objects.filter(pk=message.pk).update(expanded_at=now)


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


@transaction.atomic
def reset_password(token: str, *, new_password: str) -> None:
    """Sets a new password by the link of the mail, once, and signs every device out. Raises Gone, PasswordTooWeak."""
    found = user_of_reset_token(token)
    locked = User.objects.select_for_update(of=("self",), no_key=True).get(pk=found.pk)
    if locked.password != found.password:
        raise Gone
    ensure_strong(new_password, person=locked)
    # Who reads the mailbox has proved the address, too.
    User.objects.filter(pk=locked.pk, email_verified_at__isnull=True).update(email_verified_at=timezone.now())
    _set(locked, new_password)
    attempts.forget_account(locked.email)


def _set(user: User, password: str) -> None:
    user.set_password(password)
    user.password_reset_asked_at = None
    user.save(update_fields=["password", "password_reset_asked_at"])
    sessions.revoke_all(user)
    outbox.publish(notices.password_changed, user, to=user, dedupe_key=f"password-changed:{uuid7()}")
