"""Organisers write to everybody on a shift, on a mission, or to one of them; guardians read what minors are sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common import paris
from common.errors import BadInput, DomainError, NotAllowed
from consents.models import Guardian
from missions import notices
from missions.kinds import Kind
from missions.models import Message, MessageRecipient, Mission, Shift, SignUp
from notifications import outbox
from organizations import selectors as organizations
from organizations.services.organizations import lock_organization
from organizations.states import OrganizationStatus
from schools import selectors as schools

# Hours are confirmed and lost gloves found in these days; after them organisers have no more to say.
AFTER_THE_SHIFT = timedelta(days=7)
DAY = timedelta(days=1)


class MessageLimit(DomainError):
    """429: the people meant got as many messages of the organisation as they may get in a day."""

    status = 429
    code = "message_limit"
    detail = _("This person got as many messages of your organisation as one may get in a day. Write again tomorrow.")
    retry_after_seconds = int(DAY.total_seconds())


@dataclass(frozen=True)
class Outcome:
    """What became of a message for one person: sent, or the refusal."""

    sign_up: SignUp
    error: DomainError | None = None


@dataclass(frozen=True)
class Sent:
    """A message, and what became of it for each person meant."""

    message: Message
    outcomes: list[Outcome]


def write_to_shift(shift: Shift, *, text: str, sign_up: UUID | None = None, actor: User) -> Sent:
    """To everybody accepted on the shift, or to one person by a live sign-up; raises as `write_to_mission`."""
    return _write(shift.mission, shift, text=text, sign_up=sign_up, actor=actor)


def write_to_mission(mission: Mission, *, text: str, sign_up: UUID | None = None, actor: User) -> Sent:
    """To everybody accepted on a shift of the mission, or by the id of a live sign-up to one person.

    Of shifts that are cancelled or over for a week nobody is written to. A person gets MESSAGES_A_DAY of one
    organisation in 24 hours: beyond that they are left out, the others are not. Raises NotAllowed, BadInput
    (`sign_up_unknown`), DomainError (`suspended`, `nobody_to_write_to`), MessageLimit when nobody is left.
    """
    return _write(mission, None, text=text, sign_up=sign_up, actor=actor)


@transaction.atomic
def _write(mission: Mission, shift: Shift | None, *, text: str, sign_up: UUID | None, actor: User) -> Sent:
    if not organizations.runs(actor, mission.organization):
        raise NotAllowed
    # Who counts a person's messages of a day holds the organisation: two at once do not both find the last one free.
    organization = lock_organization(mission.organization)
    if organization.status == OrganizationStatus.SUSPENDED:
        raise DomainError(_("Your organisation is suspended: it cannot write to people now."), code="suspended")
    now = timezone.now()
    meant = _meant(mission, shift, sign_up, now)
    got = MessageRecipient.objects.count_since(now - DAY, [row.person_id for row in meant], organization)
    outcomes = [
        Outcome(row, MessageLimit() if got.get(row.person_id, 0) >= settings.MESSAGES_A_DAY else None) for row in meant
    ]
    free = [one.sign_up for one in outcomes if one.error is None]
    if not free:
        raise MessageLimit
    message = Message.objects.create(mission=mission, shift=shift, author=actor, text=text)
    recipients = [MessageRecipient(message=message, person=row.person, sign_up=row) for row in free]
    MessageRecipient.objects.bulk_create(recipients)
    outbox.publish_many(outbox.Letter(notices.organizer_message, one, one.person) for one in recipients)
    _tell_guardians(recipients, now)
    return Sent(message, outcomes)


def _meant(mission: Mission, shift: Shift | None, sign_up: UUID | None, now: datetime) -> list[SignUp]:
    """One sign-up for each person who may be written to: of several the next, else the last. Raises as `_write`."""
    rows = SignUp.objects.live().filter(
        shift__mission=mission,
        shift__ends_at__gt=now - AFTER_THE_SHIFT,
        person__is_active=True,
        person__suspended_at__isnull=True,
    )
    if shift is not None:
        rows = rows.filter(shift=shift)
    rows = rows.filter(pk=sign_up) if sign_up else rows.accepted()
    by_person: dict[Any, SignUp] = {}
    for row in rows.select_related("person", "shift__mission").order_by("shift__starts_at", "id"):
        known = by_person.get(row.person_id)
        if known is None or known.shift.is_over(now):
            by_person[row.person_id] = row
    if sign_up and not by_person:
        said = _("This person has no place here, and asks for none. Choose somebody of the list.")
        raise BadInput(code="sign_up_unknown", fields={"sign_up": said})
    if not by_person:
        said = _(
            "Nobody has a place on a shift that is to come or was in the last 7 days: there is nobody to write to."
        )
        raise DomainError(said, code="nobody_to_write_to")
    return list(by_person.values())


def _tell_guardians(recipients: Sequence[MessageRecipient], now: datetime) -> None:
    """Whatever else they switched off. An address that nobody confirmed gets one such mail a day."""
    today = paris.day_of(now)
    minors = {one.person_id: one for one in recipients if one.person.is_minor_on(today)}
    if not minors:
        return
    guardians = list(Guardian.objects.current().filter(student__in=minors).exclude(email="").order_by("id"))
    told = outbox.holders_written_to(
        [Kind.GUARDIAN_TOLD_OF_MESSAGE], [one.pk for one in guardians if not one.verified_at], since=now - DAY
    )
    enrolments = schools.enrolments_on({(person_id, today) for person_id in minors})
    letters = []
    for guardian in guardians:
        if guardian.pk in told:
            continue
        recipient, enrolment = minors[guardian.student_id], enrolments.get((guardian.student_id, today))
        school = enrolment.class_group.school.name if enrolment else ""
        letters.append(
            outbox.Letter(
                notices.guardian_told_of_message,
                notices.CopyOfMessage(recipient, guardian, school),
                subject=recipient,
                at=outbox.Mailbox(guardian.email, guardian.pk),
            )
        )
    outbox.publish_many(letters)


def forget_messages() -> None:
    """Deletes messages after MESSAGE_KEPT_DAYS, or once nobody to whom they were sent is here. Safe to run twice."""
    Message.objects.to_forget(timezone.now() - timedelta(days=settings.MESSAGE_KEPT_DAYS)).delete()
