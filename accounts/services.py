"""How accounts come to be: citizens register, schools open their students'."""

from collections.abc import Callable, Collection
from datetime import date, timedelta
from typing import Any

import structlog
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import addresses, allowances, notices, passwords, sessions
from accounts.allowances import Rule
from accounts.locks import lock_person
from accounts.models import ADULT_AGE, BirthDateChange, User
from common import hooks, links, paris
from common.changes import note_change
from common.errors import BadInput, DomainError, Gone
from common.mailboxes import known_address, mailbox_of
from common.models import uuid7
from common.names import NAME_NEEDED, in_order
from common.phones import normalise_phone
from common.versions import ensure_version
from notifications import outbox

# What an operator may change of an account that decides whether and as what somebody signs in.
SIGN_IN_STATE = {"email", "is_active", "is_staff", "is_superuser", "groups"}
logger = structlog.get_logger("elan.accounts")

# Nobody younger has an account, and nobody older is known to have lived much longer.
YOUNGEST, OLDEST = 10, 115
# Mails that somebody causes who types an address: an account is opened, is there already, or waits for its owner.
MAILS_OF_MAILBOX = Rule("account mails of a mailbox", 10)
OWNER_TOLD = Rule("an owner is told", 1, timedelta(minutes=10))
# One place, a lycée for example, opens accounts for many; each is a mail to whatever address was typed.
REGISTRATIONS_OF_PLACE = Rule("registrations from a place", 200, timedelta(hours=1))
VERIFIED_AGAIN = Rule("verification asked again", 5)


def ensure_birth_date_possible(birth_date: date) -> None:
    """Raises BadInput for a birth date of nobody here: of today, or of a century and more ago."""
    today = paris.day_of(timezone.now())
    if birth_date > today or not YOUNGEST <= paris.age_on(birth_date, today) <= OLDEST:
        said = _("This birth date is not possible. Check day, month and year.")
        raise BadInput(code="birth_date_impossible", fields={"birth_date": said})


def ensure_adult(birth_date: date) -> None:
    """Raises BadInput (`too_young`)."""
    if paris.age_on(birth_date, paris.day_of(timezone.now())) < ADULT_AGE:
        raise BadInput(
            _("Under 18, you open your account by joining a class of your school with its code."),
            code="too_young",
            fields={"birth_date": _("You are under 18: join a class of your school with its code.")},
        )


def register_citizen(
    *, email: str, password: str, first_name: str, last_name: str, birth_date: date, language: str, address: str
) -> None:
    """Opens a citizen's account (18 or more) and mails a link to confirm their mail address.

    A mail address that already has an account gets a mail saying so; the answer is the same, so that nobody learns
    who has an account. `address` is from where it is asked. Raises PasswordTooWeak, BadInput (`too_young`), TooOften.
    """
    ensure_birth_date_possible(birth_date)
    ensure_adult(birth_date)
    allowances.take_or_refuse(REGISTRATIONS_OF_PLACE, address)
    newcomer = User(email=known_address(email), first_name=first_name, last_name=last_name)
    passwords.ensure_strong(password, person=newcomer)
    open_account(
        email=email,
        password_hash=make_password(password),
        first_name=first_name,
        last_name=last_name,
        birth_date=birth_date,
        language=language,
    )


@transaction.atomic
def open_account(
    *, email: str, password_hash: str, first_name: str, last_name: str, birth_date: date, language: str
) -> User | None:
    """The new account, or None when the address has one already (its owner is told by mail).

    Both ways write one message, so that time tells nothing either.
    """
    email = known_address(email)
    user, created = User.objects.get_or_create(
        email=email,
        defaults={
            "password": password_hash,
            "first_name": first_name,
            "last_name": last_name,
            "birth_date": birth_date,
            "language": language,
        },
    )
    if not created:
        tell_owner(notices.address_already_known, user, owner=user)
        return None
    if allowances.take((MAILS_OF_MAILBOX, allowances.of_mailbox(email))):
        outbox.publish(notices.verify_email, user, to=user)
    else:  # they ask for it again once they are in
        outbox.publish_nothing(notices.verify_email, user)
    return user


@transaction.atomic
def ask_to_verify_again(user: User) -> None:
    """Mails the link that confirms a person's address once more, five times a day; also where mails came back.

    Raises DomainError (`already_verified`), TooOften.
    """
    if user.takes_mail:
        raise DomainError(_("Your address is confirmed already: there is nothing more to do."), code="already_verified")
    sentence = _("We sent you this mail several times today. Look among the unwanted ones, or try again tomorrow.")
    allowances.take_or_refuse(VERIFIED_AGAIN, f"person:{user.pk}", sentence)
    allowances.take_or_refuse(MAILS_OF_MAILBOX, allowances.of_mailbox(user.email), sentence)
    outbox.publish(notices.verify_email, user, to=user, occasion=outbox.occasion_of(uuid7()))


def tell_owner(say: Callable[[Any], outbox.Notice], about: Any, *, owner: User) -> None:
    """Tells the owner of an address that somebody tried to open an account with it: one mail in ten minutes, ten a day.

    The work is the same when the mail has just left. Called in the transaction of what was tried.
    """
    mailbox = allowances.of_mailbox(owner.email)
    if allowances.take((OWNER_TOLD, f"person:{owner.pk}"), (MAILS_OF_MAILBOX, mailbox)):
        outbox.publish(say, about, subject=owner, to=owner, occasion=outbox.occasion_of(uuid7()))
    else:
        outbox.publish_nothing(say, about)


def add_by_operator(user: User) -> None:
    """An operator opened an account in the admin."""
    user.mailbox = mailbox_of(user.email)
    user.save()


@transaction.atomic
def save_by_operator(user: User, *, former: User, changed: Collection[str]) -> None:
    """An operator changed an account in the admin. Another address is unconfirmed until its mail is answered; another
    address, other rights and a closed account sign the person out everywhere; they are told at the former address."""
    user.version = lock_person(user.pk).version + 1
    has_new_address = user.email != former.email
    if has_new_address:
        user.email_verified_at = user.email_bounced_at = None
        user.mailbox = mailbox_of(user.email)
    user.save()
    if not (has_new_address or SIGN_IN_STATE & set(changed)):
        return
    sessions.revoke_all(user)
    mailbox = outbox.Mailbox(former.email, user.pk)
    outbox.publish(notices.changed_by_operator, user, at=mailbox, occasion=outbox.occasion_of(uuid7()))
    if has_new_address and user.is_active:
        outbox.publish(notices.verify_email, user, to=user, occasion=outbox.occasion_of(uuid7()))
    logger.info("account_changed_by_operator", changed_person_id=str(user.pk), fields=sorted(changed))


def user_of_verify_token(token: str) -> User:
    """The person whose address this link confirms; raises Gone."""
    row_id = links.row_id_of(token)
    user = User.objects.filter(pk=row_id, is_active=True).first() if row_id else None
    if user is None or not links.token_opens(token, notices.VERIFY_PURPOSE, user.pk, user.email):
        raise Gone(_("This link no longer confirms an address. Sign in to the app: it can send a new one."))
    return user


@transaction.atomic
def verify_email(token: str) -> User:
    """Confirms a person's address by the link in their mail; again changes nothing. Raises Gone."""
    user = user_of_verify_token(token)
    addresses.prove(user)
    user.refresh_from_db(fields=["email_verified_at", "email_bounced_at"])
    return user


@transaction.atomic
def set_birth_date(user: User, birth_date: date) -> User:
    """Gives a birth date to an account that has none (staff, members); one that is there stays.

    The rules are asked again about the places they have. Raises BadInput.
    """
    ensure_birth_date_possible(birth_date)
    lock_person(user.pk)
    given = {"birth_date": birth_date, "version": F("version") + 1}
    is_new = User.objects.filter(pk=user.pk, birth_date__isnull=True).update(**given)
    user.refresh_from_db(fields=["birth_date", "version"])
    if is_new:
        note_change(user.pk, "settings", user.pk)
        hooks.birth_date_changed(person=user, accept_losses=True)
    return user


@transaction.atomic
def change_birth_date(
    user: User, birth_date: date, *, reason: str, accept_losses: bool = True, actor: User
) -> BirthDateChange:
    """Corrects a birth date; a row keeps who did it and why, but no date, and the person is told.

    Whether the actor may is the caller's to have checked. Raises BadInput, and what upper apps say that the person
    would lose by it, unless losses are accepted.
    """
    ensure_birth_date_possible(birth_date)
    user.version = lock_person(user.pk).version
    user.birth_date = birth_date
    _save_profile(user, "birth_date")
    change = BirthDateChange.objects.create(person=user, changed_by=actor, reason=reason)
    outbox.publish(notices.birth_date_changed, change, to=user)
    hooks.birth_date_changed(person=user, accept_losses=accept_losses)
    logger.info("birth_date_changed", changed_person_id=str(user.pk), actor_id=str(actor.pk))
    return change


def _save_profile(user: User, *fields: str) -> None:
    """Saves what changed of a locked person's profile as its next version, which their phones follow."""
    user.version += 1
    user.save(update_fields=[*fields, "version"])
    note_change(user.pk, "settings", user.pk)


def erase_person(user: User) -> None:
    """Deletes an account and what belongs to it alone. Whether it may go is the caller's to have asked."""
    user.delete()


@transaction.atomic
def update_profile(
    user: User,
    *,
    language: str | None = None,
    phone: str | None = None,
    birth_date: date | None = None,
    expected: set[int] | None,
    **names: str,
) -> User:
    """Changes what a person may change about themselves alone; what is not given stays, an empty number goes.

    Raises Stale, BadInput (`phone_invalid`, `birth_date_impossible`, `too_young`, `name_needed`), DomainError
    (`birth_date_set`, and why a name stays: hook `name_is_held`).
    """
    user = lock_person(user.pk)
    ensure_version(user, expected)
    if names:
        _rename(user, **names)
    if birth_date is not None:
        _give_birth_date(user, birth_date)
    user.language = language or user.language
    if phone is not None:
        user.phone = phone and normalise_phone(phone)
    _save_profile(user, "language", "phone")
    return user


def _rename(user: User, *, first_name: str | None = None, last_name: str | None = None) -> None:
    said = user.first_name if first_name is None else first_name, user.last_name if last_name is None else last_name
    first_name, last_name = in_order(*said)
    if not first_name:
        raise BadInput(code="name_needed", fields={"first_name": NAME_NEEDED})
    if (first_name, last_name) == (user.first_name, user.last_name):
        return
    for refusal in hooks.name_is_held(person=user):
        if refusal is not None:
            raise refusal
    set_name(user, first_name, last_name)


def set_name(user: User, first_name: str, last_name: str) -> None:
    """Gives a locked person their name; whether the caller may is theirs to have checked."""
    user.first_name, user.last_name = first_name, last_name
    _save_profile(user, "first_name", "last_name")


def _give_birth_date(user: User, birth_date: date) -> None:
    """Once, by an adult who was invited without one."""
    if user.birth_date == birth_date:
        return
    if user.birth_date is not None:
        said = _("Your birth date is known already. If it is wrong, ask your school or the region.")
        raise DomainError(said, code="birth_date_set", field="birth_date")
    ensure_birth_date_possible(birth_date)
    ensure_adult(birth_date)
    user.birth_date = birth_date
    _save_profile(user, "birth_date")
    hooks.birth_date_changed(person=user, accept_losses=True)
