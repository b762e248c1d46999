"""A guardian's links: whose page they open, and the change of address that one confirms."""

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import allowances
from accounts.allowances import Rule
from accounts.locks import lock_person
from common import links, paris
from common.errors import DomainError, Gone
from common.mailboxes import known_address, mailbox_of
from consents import notices
from consents.models import Guardian
from consents.services.guardians import GuardianAddressRefused, of_mailbox
from notifications import outbox

NEW_ADDRESS_DAYS = 7
LINK_OVER = _("This guardian's link is no longer valid. Use the newest mail from Élan, or ask the school.")
# Mails to an address that nobody has confirmed leave at most this often.
NEW_ADDRESS_EVERY = timedelta(minutes=10)
NEW_ADDRESS_OF_MAILBOX = Rule("new guardian address of a mailbox", 5)


def is_in_charge(guardian: Guardian) -> bool:
    """Whether their links open: the address is vouched for, their part has not ended, the child is a minor today."""
    today = paris.day_of(timezone.now())
    return bool(guardian.verified_at) and guardian.ended_at is None and guardian.student.is_minor_on(today)


def guardian_of_token(token: str) -> Guardian:
    """Whose page a management link opens; raises Gone."""
    return _opened(token, notices.GUARDIAN_PURPOSE, lambda guardian: guardian.email)


def guardian_of_address_token(token: str) -> Guardian:
    """Whose new address a link confirms; raises Gone."""
    guardian = _opened(token, notices.GUARDIAN_ADDRESS_PURPOSE, notices.new_address_nonce)
    oldest = timezone.now() - timedelta(days=NEW_ADDRESS_DAYS)
    if guardian.new_email_asked_at is None or guardian.new_email_asked_at < oldest:
        raise Gone(LINK_OVER)
    return guardian


def _opened(token: str, purpose: str, nonce: Callable[[Guardian], str]) -> Guardian:
    row_id = links.row_id_of(token)
    guardian = Guardian.objects.select_related("student").filter(pk=row_id).first() if row_id else None
    if guardian is None or not links.token_opens(token, purpose, guardian.pk, nonce(guardian)):
        raise Gone(LINK_OVER)
    if not is_in_charge(guardian):
        raise Gone(LINK_OVER)
    return guardian


def ask_for_new_address(guardian: Guardian, email: str) -> Guardian:
    """The guardian gives another address: it becomes theirs once the mail sent there is answered, within 7 days.

    Whether it is somebody's who may not be a guardian is the caller's to have checked. Raises GuardianAddressRefused,
    DomainError (`too_soon`).
    """
    email = known_address(email)
    others = Guardian.objects.filter(student=guardian.student_id).exclude(pk=guardian.pk)
    if mailbox_of(email) == guardian.student.mailbox or of_mailbox(others, email):
        raise GuardianAddressRefused
    if email == guardian.email:
        raise GuardianAddressRefused(_("This is your present address. Give another one."))
    asked_at = guardian.new_email_asked_at
    if asked_at is not None and asked_at > timezone.now() - NEW_ADDRESS_EVERY:
        raise DomainError(_("A mail has just left. Wait ten minutes, then try again."), code="too_soon")
    allowances.take_or_refuse(NEW_ADDRESS_OF_MAILBOX, allowances.of_mailbox(email))
    guardian.new_email, guardian.new_email_asked_at = email, timezone.now()
    guardian.save(update_fields=["new_email", "new_email_asked_at"])
    occasion, mailbox = outbox.occasion_of(guardian.new_email_asked_at), outbox.Mailbox(email, guardian.pk)
    outbox.publish(notices.confirm_new_address, guardian, at=mailbox, occasion=occasion)
    return guardian


@transaction.atomic
def confirm_new_address(token: str) -> Guardian:
    """The mail to the new address was answered: it is theirs, every former link closes, the former address is told.

    Raises Gone, GuardianAddressRefused when the address has become another guardian's meanwhile.
    """
    found = guardian_of_address_token(token)
    lock_person(found.student_id)
    guardian = guardian_of_address_token(token)
    others = Guardian.objects.filter(student=guardian.student_id).exclude(pk=guardian.pk)
    if of_mailbox(others, guardian.new_email):
        raise GuardianAddressRefused(field="")
    former = guardian.email
    guardian.email, guardian.new_email, guardian.new_email_asked_at = guardian.new_email, "", None
    guardian.bounced_at = None
    guardian.save(update_fields=["email", "new_email", "new_email_asked_at", "bounced_at"])
    occasion, mailbox = outbox.occasion_of(timezone.now()), outbox.Mailbox(former, guardian.pk)
    outbox.publish(notices.address_changed, guardian, at=mailbox, occasion=occasion)
    return guardian
