"""What people choose to hear, how, and when."""

from datetime import time
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common import links
from common.errors import DomainError, Gone
from common.versions import ensure_version
from notifications import registry
from notifications.models import Channel, OutboxMessage, Preference


class CannotBeRefused(DomainError):
    """400: a kind that everybody is told."""

    status = 400
    code = "cannot_be_refused"
    detail = _("This kind of message reaches everybody: leave it on.")


def preference_of(person: Any) -> Preference:
    """The person's choices, or what holds for people who made none, which is not stored. note: causes a query."""
    return Preference.objects.filter(person=person).first() or Preference(person=person)


@transaction.atomic
def choose(
    person: Any,
    *,
    expected: set[int] | None,
    refused_pushes: list[str] | None = None,
    refused_mails: list[str] | None = None,
    quiet_hours: tuple[time | None, time | None] | None = None,
    digest: str | None = None,
    hears_of_needs: bool | None = None,
    near_commune_code: str | None = None,
) -> Preference:
    """Changes what is given; quiet hours without times are the deployment's. Raises Stale, CannotBeRefused."""
    get_user_model().objects.locked().get(pk=person.pk)
    row = preference_of(person)
    ensure_version(row, expected)
    if refused_pushes is not None:
        row.refused_pushes = _refusable("refused_pushes", refused_pushes)
    if refused_mails is not None:
        row.refused_mails = _refusable("refused_mails", refused_mails)
    if quiet_hours is not None:
        row.quiet_from, row.quiet_until = quiet_hours
    if digest is not None:
        row.digest = digest
    if hears_of_needs is not None:
        row.hears_of_needs = hears_of_needs
    if near_commune_code is not None:
        row.near_commune_code = near_commune_code
    return _write(row)


@transaction.atomic
def refuse_mails(person: Any, kind: str) -> None:
    """No more mails of this kind: what a link in such a mail does. Safe to run twice. Raises CannotBeRefused."""
    get_user_model().objects.locked().get(pk=person.pk)
    row = preference_of(person)
    if kind not in row.refused_mails:
        row.refused_mails = [*row.refused_mails, *_refusable("refused_mails", [kind])]
        _write(row)


UNSUBSCRIBE_PURPOSE = "unsubscribe"
UNSUBSCRIBE_PATH = "/api/v1/unsubscribe/{token}/"
LINK_OVER = _("This link is no longer valid: its account is closed or gone. There is nothing more to do.")


def unsubscribe_url(message: OutboxMessage) -> str:
    """Where whoever got this mail may stop mails of its kind; "" where nobody may."""
    if message.recipient_id is None or not registry.facts_of(message.kind).may_be_refused:
        return ""
    return links.url(UNSUBSCRIBE_PATH, links.make_token(UNSUBSCRIBE_PURPOSE, message.pk))


def mail_of_token(token: str) -> OutboxMessage:
    """The message whose mail held this link; raises Gone. It goes with its person's account."""
    row_id = links.row_id_of(token)
    if row_id is None or not links.token_opens(token, UNSUBSCRIBE_PURPOSE, row_id):
        raise Gone(LINK_OVER)
    found = OutboxMessage.objects.select_related("recipient").filter(pk=row_id, recipient__is_active=True)
    message: OutboxMessage | None = found.first()
    if message is None or not unsubscribe_url(message):
        raise Gone(LINK_OVER)
    return message


def unsubscribe(token: str) -> OutboxMessage:
    """What one click in a mail program does. Safe to run twice. Raises Gone."""
    message = mail_of_token(token)
    refuse_mails(message.recipient, message.kind)
    return message


def is_refused(message: OutboxMessage) -> bool:
    """Whether its person gets no more mails of its kind. note: causes a query."""
    return message.kind in preference_of(message.recipient).refused_mails


def _write(row: Preference) -> Preference:
    # The choices of a person who made none are version 1.
    row.version += 1
    row.save()
    return row


def _refusable(field: str, kinds: list[str]) -> list[str]:
    """As they are told in the contract, each once. Kinds that a newer version knew are kept."""
    known = {str(one.kind): one for one in registry.registered()}
    for kind in kinds:
        if kind in known and not known[kind].may_be_refused:
            raise CannotBeRefused(field=field)
    return sorted(set(kinds))


def choices() -> list[dict[str, Any]]:
    """Every kind that goes to people with an account, and what may be chosen of it."""
    return [
        {
            "kind": str(one.kind),
            "label": str(one.kind.label),
            "topic": one.topic,
            "by_push": Channel.PUSH in one.channels,
            "by_mail": Channel.MAIL in one.channels or one.reaches_everyone,
            "may_be_refused": one.may_be_refused,
            "digest": one.digest,
        }
        for one in registry.registered()
        if not set(one.to) <= registry.WITHOUT_ACCOUNT
    ]
