"""Asking guardians: at enrolment, for one mission, again after a while; and the end of waiting for an answer."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.locks import lock_person
from accounts.models import User
from common import paris
from common.errors import DomainError
from consents import notices
from consents.answers import missions_of
from consents.kinds import Kind
from consents.models import Consent, ConsentEvent, Guardian, needs_consent
from consents.notices.texts import TEXT_VERSION
from consents.services.consents import lock_consent, move, tell_guardian, tell_student
from consents.states import CONSENT_TRANSITIONS, SPOKEN_CONSENT, ConsentStatus
from notifications import outbox
from schools import selectors as schools
from schools.models import Enrolment

# Days after the asking; the last one asked for is sent, not all that were missed.
REMINDED_AFTER_DAYS = (3, 7)


class CannotBeAsked(DomainError):
    """409: there is nobody to ask, or nothing to ask for; the code says which."""

    detail = _("Your guardians cannot be asked about this mission now. Choose another mission.")


def ask_for_consent_on_enrolment(*, enrolment: Enrolment) -> None:
    """Hook `enrolment_activated`: asks the guardians of a student below the consent age, tells those of older ones."""
    for guardian in Guardian.objects.reachable().filter(student=enrolment.student).select_related("student"):
        ask_for_consent_of_guardian(guardian)


def ask_for_consent_of_guardian(guardian: Guardian) -> None:
    """The address is vouched for: asks a guardian whose student is below the consent age; tells that of an older minor.

    Being told is once for each enrolment, and each time that the address is vouched for.
    """
    today = paris.day_of(timezone.now())
    if needs_consent(guardian.student, today):
        ask_for_consent(guardian)
        missed = Consent.objects.requested().filter(guardian=guardian, asked_at__lt=guardian.verified_at)
        missions = missions_of(missed.filter(mission_id__isnull=False).values_list("mission_id", flat=True))
        for consent in missed.filter(mission_id__isnull=False).order_by("pk"):
            if missions[consent.mission_id].is_published:
                ask_for_consent(guardian, consent.mission_id)
    elif guardian.student.is_minor_on(today):
        enrolment = schools.enrolment_on(guardian.student, today)
        occasion = outbox.occasion_of(enrolment.pk if enrolment else None, guardian.verified_at)
        tell_guardian(Kind.GUARDIAN_INFORMED, notices.guardian_informed, guardian, guardian, occasion)


def ask_for_consent(guardian: Guardian, mission_id: UUID | None = None) -> Consent:
    """Asks one guardian, for all missions or for one, by a mail with the link; anew when it had expired or lapsed, or
    when the address has been vouched for since, because the mail came back.

    A consent that was decided stays decided. Called under the student's lock, or where nobody else can ask.
    """
    now = timezone.now()
    consent, created = Consent.objects.get_or_create(
        guardian=guardian,
        mission_id=mission_id,
        defaults={
            "student": guardian.student,
            "text_version": TEXT_VERSION,
            "asked_at": now,
            "expires_at": now + timedelta(days=settings.CONSENT_LINK_DAYS),
        },
    )
    if created:
        ConsentEvent.objects.create(consent=consent, verb="ask", text_version=consent.text_version)
    else:
        consent = lock_consent(consent.pk)
        vouched_at = guardian.verified_at or now
        if consent.status == ConsentStatus.REQUESTED and (consent.expires_at <= now or consent.asked_at < vouched_at):
            move(consent, "expire")
        if consent.status in CONSENT_TRANSITIONS["ask_again"][0]:
            move(consent, "ask_again")
    if consent.status == ConsentStatus.REQUESTED:
        occasion = outbox.occasion_of(consent.ask_count)
        tell_guardian(Kind.CONSENT_ASKED, notices.consent_asked, consent, guardian, occasion)
    return consent


def ask_about_mission(student: User, mission_id: UUID) -> list[Consent]:
    """Has the guardians of a locked student asked about one mission that needs it. Asked again, no second mail leaves.

    Raises CannotBeAsked: `guardian_needed`, `consent_refused` (every guardian answered for this mission),
    `too_many_consents_asked`.
    """
    guardians = list(Guardian.objects.reachable().filter(student=student).select_related("student").order_by("id"))
    if not guardians:
        unknown = _("The school knows no guardian of yours yet. Name one, or ask the school.")
        raise CannotBeAsked(unknown, code="guardian_needed")
    # An answer, even if the school settled it, is its guardian's to give anew: no mail would leave.
    said = Consent.objects.filter(guardian__in=guardians, mission_id=mission_id, status__in=SPOKEN_CONSENT)
    answered = set(said.values_list("guardian", flat=True))
    to_ask = [guardian for guardian in guardians if guardian.pk not in answered]
    if not to_ask:
        answers = _("Your guardians have answered for this mission. Talk to them about it.")
        raise CannotBeAsked(answers, code="consent_refused")
    others = Consent.objects.requested().filter(student=student, mission_id__isnull=False)
    asked_about = missions_of(others.exclude(mission_id=mission_id).values_list("mission_id", flat=True))
    if sum(mission.is_to_come for mission in asked_about.values()) >= settings.MAX_MISSION_CONSENTS_ASKED:
        raise CannotBeAsked(
            _("Your guardians have not answered for other missions yet. Wait for their answer, or talk to them."),
            code="too_many_consents_asked",
        )
    return [ask_for_consent(guardian, mission_id) for guardian in to_ask]


def ask_anew(student: User, mission_id: UUID) -> bool:
    """Whether a consent to the mission had lapsed, whose guardian is asked now; the caller holds the student."""
    lapsed = Consent.objects.filter(student=student, mission_id=mission_id, status=ConsentStatus.LAPSED)
    rows = lapsed.select_related("guardian__student").order_by("pk")
    return bool([ask_for_consent(consent.guardian, mission_id) for consent in rows])


def remind_guardians() -> int:
    """Sends the link again, 3 and 7 days after, to those who have not answered, while there is something to decide and
    the student is still below the consent age.

    Safe to run twice; returns how many.
    """
    now = timezone.now()
    needed = Consent.objects.requested().needed_on(paris.day_of(now))
    sent = 0
    for count, days in reversed(list(enumerate(REMINDED_AFTER_DAYS, start=1))):
        due = needed.filter(
            reminder_count__lt=count, asked_at__lte=now - timedelta(days=days), expires_at__gt=now
        )
        rows = list(due.select_related("student", "guardian__student"))
        missions = missions_of(row.mission_id for row in rows if row.mission_id)
        for consent in rows:
            consent.mission = missions[consent.mission_id] if consent.mission_id else None
            if consent.mission and not consent.mission.is_to_come:
                continue
            with transaction.atomic():
                # A conditional update: of two runs, one reminds.
                if due.filter(pk=consent.pk).update(reminder_count=count):
                    occasion = outbox.occasion_of(consent.ask_count, count)
                    tell_guardian(
                        Kind.CONSENT_ASKED, notices.consent_reminder, consent, consent.guardian, occasion
                    )
                    sent += 1
    return sent


def expire_consents() -> int:
    """Ends what nobody decided in time; guardian and student are told while a consent is needed.

    Safe to run twice; returns how many.
    """
    overdue = list(Consent.objects.overdue(timezone.now()).values_list("pk", "student_id"))
    return sum(_expire(consent_id, student_id) for consent_id, student_id in overdue)


@transaction.atomic
def _expire(consent_id: UUID, student_id: UUID) -> bool:
    lock_person(student_id)
    if not Consent.objects.overdue(timezone.now()).filter(pk=consent_id).exists():
        return False
    consent = lock_consent(consent_id)
    event = move(consent, "expire")
    if consent.is_needed:
        occasion = outbox.occasion_of(consent.ask_count)
        tell_guardian(Kind.CONSENT_EXPIRED, notices.consent_expired, consent, consent.guardian, occasion)
        tell_student(consent, event)
    return True
