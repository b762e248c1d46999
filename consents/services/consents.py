"""A guardian's consent: asked by mail, decided once by a POST behind the link, moved later by whoever may.

Lock order: the student, the shifts of their places to come (and of the one mission), then the consents. A change of
a shift holds people and shifts already, and then locks consents: no two of them wait for each other.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import allowances
from accounts.allowances import Rule
from accounts.locks import lock_person
from accounts.models import User
from common import hooks, links
from common.errors import DomainError, Gone, next_state
from common.links import fingerprint
from consents import notices, selectors
from consents.answers import MissionFacts
from consents.kinds import Kind
from consents.models import Consent, ConsentEvent, Guardian
from consents.notices.texts import TEXT_VERSION
from consents.services import guardian_links, guardians
from consents.states import CONSENT_TRANSITIONS, SPOKEN_CONSENT, ConsentStatus
from notifications import outbox
from notifications.outbox import Notice
from schools import selectors as schools

LINK_OVER = _("This link to a consent is no longer valid. Use the newest mail from Élan, or ask the school.")
# More than a family of many children gets on the busiest day.
GUARDIAN_MAILS = Rule("consent mails of a mailbox", 30)


class AlreadyDecided(DomainError):
    """409: the link decides once."""

    code = "already_decided"
    detail = _("This link has already been used to decide. To change it, open the page that was mailed to you.")


def present_of(mission: MissionFacts) -> dict[str, Any]:
    """When and where the mission is now: what somebody agrees to."""
    return {
        "shifts": {str(shift.id): [shift.starts_at.isoformat(), shift.ends_at.isoformat()] for shift in mission.shifts},
        "place": None if mission.place is None else list(mission.place),
    }


def lock_for_decision(student_id: UUID, mission_id: UUID | None = None) -> User:
    """The student, then the shifts that a decision may release or that an agreement is about."""
    student = lock_person(student_id)
    hooks.consents_to_move(student=student, mission_id=mission_id)
    return student


def lock_consent(consent_id: UUID) -> Consent:
    """The consent as it is now; the caller holds its student's lock."""
    locked = Consent.objects.select_for_update(of=("self",)).select_related("student", "guardian__student")
    return locked.get(pk=consent_id)


def move(consent: Consent, verb: str, *, language: str = "", actor: User | None = None, note: str = "") -> ConsentEvent:
    """One move of a locked consent, with its event. Raises WrongState."""
    now = timezone.now()
    consent.status = next_state(CONSENT_TRANSITIONS, verb, consent.status)
    if consent.status in SPOKEN_CONSENT:
        consent.decided_at, consent.settled_at = now, None
    if verb == "grant":
        consent.agreed_to = present_of(consent.mission) if consent.mission else None
    if verb == "ask_again":
        consent.ask_count, consent.reminder_count = consent.ask_count + 1, 0
        consent.asked_at, consent.expires_at = now, now + timedelta(days=settings.CONSENT_LINK_DAYS)
        consent.text_version, consent.decided_at, consent.agreed_to = TEXT_VERSION, None, None
    consent.save()
    return ConsentEvent.objects.create(
        consent=consent, verb=verb, text_version=consent.text_version, language=language, actor=actor, note=note
    )


def tell_student(consent: Consent, event: ConsentEvent) -> None:
    """Tells the student what became of it."""
    outbox.publish(notices.consent_decided, consent, to=consent.student, occasion=outbox.occasion_of(event.pk))


def tell_guardian(
    kind: Kind, say: Callable[[Any], Notice], about: Consent | Guardian, guardian: Guardian, occasion: str = ""
) -> None:
    """Tells a guardian who can be reached, once on each occasion.

    A mailbox has a number of them a day, whoever named it: what is left out is asked again by the reminders.
    """
    if not (guardian.email and guardian.verified_at and guardian.ended_at is None):
        return
    mailbox = outbox.Mailbox(guardian.email, guardian.pk)
    if outbox.is_published(kind, about, at=mailbox, occasion=occasion):
        return
    if allowances.take((GUARDIAN_MAILS, allowances.of_mailbox(guardian.email))):
        outbox.publish(say, about, at=mailbox, occasion=occasion)


def give_page(guardian: Guardian) -> None:
    """Mails the management link, once for each address."""
    address = fingerprint(guardian.email)[:20]
    tell_guardian(Kind.GUARDIAN_PAGE, notices.guardian_page, guardian, guardian, address)


def end_consents_of(guardian: Guardian) -> None:
    """Whose part has ended: what they agreed to lapses, what they were asked is over; a former no binds nobody."""
    for consent in Consent.objects.filter(guardian=guardian).select_for_update(of=("self",)).order_by("pk"):
        verb = {ConsentStatus.GRANTED: "lapse", ConsentStatus.REQUESTED: "expire"}.get(ConsentStatus(consent.status))
        if verb is not None:
            move(consent, verb)


def consent_of_token(token: str) -> Consent:
    """The consent a link opens; raises Gone when it is no link of ours, its time is over, or the child is of age."""
    row_id = links.row_id_of(token)
    rows = Consent.objects.select_related("student", "guardian__student")
    consent = rows.filter(pk=row_id).first() if row_id else None
    if consent is None or not links.token_opens(
        token, notices.CONSENT_PURPOSE, consent.pk, notices.consent_nonce(consent)
    ):
        raise Gone(LINK_OVER)
    if not guardian_links.is_in_charge(consent.guardian):
        raise Gone(LINK_OVER)
    is_late = consent.status == ConsentStatus.REQUESTED and consent.expires_at <= timezone.now()
    if is_late or consent.status == ConsentStatus.EXPIRED:
        raise Gone(_("The time to decide is over. Ask the school for a new link."), code="expired")
    return consent


@transaction.atomic
def decide_consent(token: str, *, decision: str, language: str = "") -> Consent:
    """`grant`, `refuse`, or of one mission `grant_all`: once; the same decision sent again answers the same.

    Raises Gone, AlreadyDecided.
    """
    found = consent_of_token(token)
    # The student's lock first, as a sign-up takes it: a place cannot slip past a refusal.
    lock_for_decision(found.student_id, found.mission_id)
    consent_of_token(token)
    consent = lock_consent(found.pk)
    verb = "refuse" if decision == "refuse" else "grant"
    if consent.status == CONSENT_TRANSITIONS[verb][1]:
        return consent
    if consent.status != ConsentStatus.REQUESTED:
        raise AlreadyDecided
    decide(consent, verb, language=language)
    guardians.note_answer(consent.guardian)
    if decision == "grant_all" and consent.mission_id is not None:
        general = general_consent_of(consent.guardian)
        if general.status in CONSENT_TRANSITIONS["grant"][0]:
            decide(general, "grant", language=language)
    return consent


def decide(consent: Consent, verb: str, *, language: str = "", actor: User | None = None, note: str = "") -> Consent:
    """The guardian's word on a locked consent, whoever brings it: places are released, everybody is told, and the
    guardian's page is theirs. Raises WrongState."""
    event = move(consent, verb, language=language, actor=actor, note=note)
    hooks.consent_decided(consent=consent, event=event)
    if verb in ("refuse", "withdraw"):
        hooks.consent_gone(student=consent.student, accept_losses=True)
    tell_student(consent, event)
    _tell_school(consent.student)
    give_page(consent.guardian)
    return consent


def _tell_school(student: User) -> None:
    """Tells the school's managers, once of each refusal, of guardians who disagree: it is theirs to settle."""
    against = selectors.refusals_to_settle([student.pk])
    if not against:
        return
    managers = schools.managers_of_student(student)
    outbox.publish_many(
        outbox.Letter(notices.refusal_to_settle, guardian, manager, occasion=outbox.occasion_of(against[guardian.pk]))
        for guardian in Guardian.objects.filter(pk__in=against).select_related("student").order_by("pk")
        for manager in managers
    )


def general_consent_of(guardian: Guardian) -> Consent:
    """The guardian's consent to all missions, locked; one that was never asked for is open to be given."""
    now = timezone.now()
    consent, _created = Consent.objects.get_or_create(
        guardian=guardian,
        mission_id=None,
        defaults={
            "student": guardian.student,
            "text_version": TEXT_VERSION,
            "asked_at": now,
            "expires_at": now + timedelta(days=settings.CONSENT_LINK_DAYS),
        },
    )
    consent = lock_consent(consent.pk)
    if consent.status in CONSENT_TRANSITIONS["grant"][0]:
        # A page shows the present text.
        consent.text_version = TEXT_VERSION
    return consent
