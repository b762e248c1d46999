"""What is said of a message of organisers: that it is there. Its text leaves the app in mails to guardians alone."""

from dataclasses import dataclass, replace

from django.utils import timezone
from django.utils.translation import gettext as _

from common.names import short_name
from consents.models import Guardian
from missions.kinds import Kind
from missions.models import Message, MessageRecipient
from missions.notices.shared import about, facts_of, is_soon
from notifications.outbox import Link, Notice, in_every_language

MESSAGE_PURPOSE = "message-copy"


def copy_nonce(guardian: Guardian) -> str:
    """What a guardian's link to a message depends on besides the message: who they are, and their address."""
    return f"{guardian.pk}:{guardian.email}"


def _link_to_copy(recipient: MessageRecipient, guardian: Guardian) -> Link:
    return Link(MESSAGE_PURPOSE, recipient.pk, "/api/v1/messages/copy/{token}/", nonce=copy_nonce(guardian))


def _cannot_wait(recipient: MessageRecipient) -> bool:
    """Whether the shift runs, or starts within 24 h."""
    shift = recipient.sign_up.shift
    return is_soon(shift) and not shift.is_over(timezone.now())


def organizer_message(recipient: MessageRecipient) -> Notice:
    """To the person: there is a message."""
    facts = {**facts_of(recipient.sign_up.shift), "organization": recipient.message.mission.organization.name}
    return Notice(
        kind=Kind.ORGANIZER_MESSAGE,
        title=_("A message about %(mission)s") % facts,
        body=_("%(organization)s wrote to you. Read it in the app, where you can report it as well.") % facts,
        data={**about(recipient.sign_up), "message": str(recipient.message_id)},
        is_urgent=_cannot_wait(recipient),
    )


@dataclass(frozen=True)
class CopyOfMessage:
    """A message to a minor, one of their guardians, and the lycée, empty where nobody knows it now."""

    recipient: MessageRecipient
    guardian: Guardian
    school: str

    @property
    def facts(self) -> dict[str, str]:
        message, person = self.recipient.message, self.recipient.person
        return {
            **facts_of(self.recipient.sign_up.shift),
            "first_name": person.first_name,
            "name": short_name(person.first_name, person.last_name),
            "school": self.school or _("their lycée"),
            "organization": message.mission.organization.name,
        }


def guardian_told_of_message(copy: CopyOfMessage) -> Notice:
    """To a guardian: the text itself, once their address is confirmed; before that only whom it is about."""
    if copy.guardian.verified_at is None:
        return _of_unconfirmed(copy)
    notice = _of_confirmed(copy)
    # Once, below what we say in each language: it is the organiser's, as each of its lines shows.
    return replace(notice, body=f"{notice.body}\n----\n\n{_quoted(copy.recipient.message)}\n")


@in_every_language
def _of_confirmed(copy: CopyOfMessage) -> Notice:
    facts = copy.facts
    said = _(
        "%(organization)s wrote to %(first_name)s about “%(mission)s” (%(when)s, %(where)s).\n"
        "The message stands below. The head of %(school)s can read it too.\n"
    )
    report = _("Does something in it worry you? Report it here; the region and the lycée are told at once:\n\n{link}\n")
    return Notice(
        kind=Kind.GUARDIAN_TOLD_OF_MESSAGE,
        title=_("A message to %(first_name)s: %(mission)s") % facts,
        body=f"{said % facts}\n{report}",
        link=_link_to_copy(copy.recipient, copy.guardian),
        is_urgent=_cannot_wait(copy.recipient),
    )


@in_every_language
def _of_unconfirmed(copy: CopyOfMessage) -> Notice:
    facts = copy.facts
    said = _(
        "An organiser wrote to %(name)s (%(school)s). This address is not confirmed as a guardian's yet: ask the lycée "
        "to confirm it, then read the message here:\n\n{link}\n"
    )
    return Notice(
        kind=Kind.GUARDIAN_TOLD_OF_MESSAGE,
        title=_("A message to %(name)s") % facts,
        body=said % facts,
        link=_link_to_copy(copy.recipient, copy.guardian),
        is_urgent=_cannot_wait(copy.recipient),
    )


def _quoted(message: Message) -> str:
    # What stands for our own link in a body is no word of an organiser's.
    text = message.text.replace("{link}", "{ link }")
    return "\n".join(f"> {line}" for line in text.splitlines())
