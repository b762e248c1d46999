"""A guardian's copy of a message to a minor: opened by the link in the mail, without account, and reported there."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common import links, paris
from common.errors import DomainError, Gone
from consents.models import Guardian
from missions import notices
from missions.models import MessageRecipient, Report
from missions.services import reports
from schools import selectors as schools

LINK_LIVES = timedelta(days=90)
LINK_OVER = _("This link to a message is no longer valid. Use the newest mail from Élan, or ask the school.")


class AddressUnconfirmed(DomainError):
    """409: nobody vouches that a guardian reads here."""

    code = "address_unconfirmed"
    detail = _(
        "This address is not confirmed as a guardian's yet. Ask the school to confirm it, then open this link again."
    )


def copy_of_token(token: str) -> notices.CopyOfMessage:
    """What a link opens. Raises Gone: it is none of ours, it is over, or so is the guardian's part."""
    row_id, now = links.row_id_of(token), timezone.now()
    rows = MessageRecipient.objects.select_related("message__mission__organization", "sign_up__shift", "person")
    recipient = rows.filter(pk=row_id, created_at__gt=now - LINK_LIVES).first() if row_id else None
    today = paris.day_of(now)
    if recipient is None or not recipient.person.is_minor_on(today):
        raise Gone(LINK_OVER)
    recipient.sign_up.shift.mission = recipient.message.mission
    for guardian in Guardian.objects.current().filter(student=recipient.person_id).order_by("id"):
        if links.token_opens(token, notices.MESSAGE_PURPOSE, recipient.pk, notices.copy_nonce(guardian)):
            enrolment = schools.enrolment_on(recipient.person, today)
            return notices.CopyOfMessage(recipient, guardian, enrolment.class_group.school.name if enrolment else "")
    raise Gone(LINK_OVER)


def page_of(copy: notices.CopyOfMessage) -> dict[str, Any]:
    """What its guardian reads; without a confirmed address only whom it is about."""
    is_confirmed, message, person = copy.guardian.verified_at is not None, copy.recipient.message, copy.recipient.person
    return {
        "first_name": person.first_name if is_confirmed else person.short_name,
        "school": copy.school,
        "organization": message.mission.organization.name if is_confirmed else "",
        "mission_title": message.mission.title if is_confirmed else "",
        "text": message.text if is_confirmed else "",
        "is_confirmed": is_confirmed,
        "is_reported": Report.objects.filter(message=message, guardian=copy.guardian).exists(),
    }


@transaction.atomic
def report_copy(token: str, *, text: str) -> notices.CopyOfMessage:
    """The guardian reports it, once: sent again, the first report stands. Raises Gone, AddressUnconfirmed."""
    copy = copy_of_token(token)
    if copy.guardian.verified_at is None:
        raise AddressUnconfirmed
    reports.report_by_guardian(copy.recipient.message, copy.guardian, text=text)
    return copy
