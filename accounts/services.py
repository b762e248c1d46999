"""How accounts come to be: citizens register, schools open their students'."""

from datetime import date

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import notices, passwords
from accounts.models import ADULT_AGE, Guardian, GuardianSource, User
from common import links, paris
from common.errors import BadInput, Gone
from common.models import uuid7
from common.text import mailbox_of
from notifications import outbox

OLDEST_BIRTH_YEAR = 1900


def ensure_birth_date_possible(birth_date: date) -> None:
    """Raises BadInput for a birth date in the future or before 1900."""
    if not birth_date.year >= OLDEST_BIRTH_YEAR or birth_date > paris.day_of(timezone.now()):
        raise BadInput(code="birth_date_impossible", fields={"birth_date": _("This birth date is not possible.")})


def register_citizen(
    *, email: str, password: str, first_name: str, last_name: str, birth_date: date, language: str
) -> None:
    """Opens a citizen's account (18 or more) and mails a link to confirm the address.

    An address that already has an account gets a mail saying so; the answer is the same, so that nobody learns
    who has an account. Raises PasswordTooWeak, BadInput (`too_young`).
    """
    ensure_birth_date_possible(birth_date)
    if paris.age_on(birth_date, paris.day_of(timezone.now())) < ADULT_AGE:
        raise BadInput(
            _("Under 18, you open your account by joining a class of your school with its code."),
            code="too_young",
            fields={"birth_date": _("Under 18.")},
        )
    passwords.ensure_strong(password, person=User(email=email.lower(), first_name=first_name, last_name=last_name))
    open_account(
        email=email,
        password=password,
        first_name=first_name,
        last_name=last_name,
        birth_date=birth_date,
        language=language,
    )


@transaction.atomic
def open_account(
    *, email: str, password: str, first_name: str, last_name: str, birth_date: date, language: str
) -> User | None:
    """The new account, or None when the address has one already (its owner is told by mail).

    Both ways hash one password and write one mail, so that time tells nothing either.
    """
    email = email.strip().lower()
    hashed = make_password(password)
    user, created = User.objects.get_or_create(
        email=email,
        defaults={
            "password": hashed,
            "first_name": first_name,
            "last_name": last_name,
            "birth_date": birth_date,
            "language": language,
        },
    )
    say = notices.verify_email if created else notices.address_already_known
    outbox.publish(say, user, to=user, dedupe_key=f"{say.__name__}:{user.pk}:{'' if created else uuid7()}")
    return user if created else None


def user_of_verify_token(token: str) -> User:
    """The person whose address this link confirms; raises Gone."""
    row_id = links.row_id_of(token)
    user = User.objects.filter(pk=row_id, is_active=True).first() if row_id else None
    if user is None or not links.token_opens(token, notices.VERIFY_PURPOSE, user.pk, user.email):
        raise Gone
    return user


def verify_email(token: str) -> User:
    """Confirms a person's address by the link in their mail; again changes nothing. Raises Gone."""
    user = user_of_verify_token(token)
    User.objects.filter(pk=user.pk, email_verified_at__isnull=True).update(email_verified_at=timezone.now())
    user.refresh_from_db(fields=["email_verified_at"])
    return user


def add_guardian_from_roster(*, student: User, email: str) -> Guardian:
    """Records a guardian whose address the school's roster gives: vouched for from the start."""
    guardian, _created = Guardian.objects.get_or_create(
        student=student,
        email=email.strip().lower(),
        defaults={"source": GuardianSource.ROSTER, "verified_at": timezone.now()},
    )
    return guardian


class GuardianAddressRefused(BadInput):
    """400: this address cannot be a guardian's."""

    code = "guardian_address_refused"


def add_guardian_from_student(*, student: User, email: str) -> Guardian:
    """Records a guardian whose address the student gives: unverified until the school confirms it.

    Whether the address is somebody's who may not be a guardian is the school's app to have checked. Raises
    GuardianAddressRefused for the student's own mailbox (dots and `+tag` aside).
    """
    if mailbox_of(email) == student.mailbox:
        raise GuardianAddressRefused(fields={"email": _("This is your own address.")})
    guardian, _created = Guardian.objects.get_or_create(
        student=student, email=email.strip().lower(), defaults={"source": GuardianSource.STUDENT}
    )
    return guardian


def confirm_guardian(guardian: Guardian) -> Guardian:
    """The school vouches for a guardian's address; again changes nothing."""
    Guardian.objects.filter(pk=guardian.pk, verified_at__isnull=True).update(verified_at=timezone.now())
    guardian.refresh_from_db(fields=["verified_at"])
    return guardian


def change_birth_date(user: User, birth_date: date) -> User:
    """Corrects a birth date. Who may, and why, is the caller's to have checked and kept. Raises BadInput."""
    ensure_birth_date_possible(birth_date)
    user.birth_date = birth_date
    user.save(update_fields=["birth_date"])
    return user


def update_profile(user: User, *, language: str | None = None) -> User:
    """Changes what a person may change about themselves alone; what is not given stays."""
    user.language = language or user.language
    user.save(update_fields=["language"])
    return user
