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
from consents.kinds import Kind
from consents.models import Guardian
from missions import eligibility, notices
from missions.consent_texts import TEXT_VERSION
from missions.models import Consent, ConsentEvent, Mission
from missions.services.consents import lock_consent, move, tell_guardian, tell_student
from missions.states import CONSENT_TRANSITIONS, SPOKEN_CONSENT, ConsentStatus, MissionStatus
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
        ask_for_consent_of_guardian(guardian=guardian)


def ask_for_consent_of_guardian(*, guardian: Guardian) -> None:
    """Hook `guardian_confirmed`: asks a guardian whose student is below the consent age; tells that of an older minor.

    Being told is once for each enrolment, and each time that the address is vouched for.
    """
    today = paris.day_of(timezone.now())
    age = guardian.student.age_on(today)
    if age is not None and age < settings.CONSENT_NEEDED_BELOW_AGE:
        ask_for_consent(guardian)
        missed = Consent.objects.requested().filter(guardian=guardian, asked_at__lt=guardian.verified_at)
        for consent in missed.filter(mission__status=MissionStatus.PUBLISHED).order_by("pk"):
            ask_for_consent(guardian, consent.mission)
    elif guardian.student.is_minor_on(today):
        enrolment = schools.enrolment_on(guardian.student, today)
        occasion = outbox.occasion_of(enrolment.pk if enrolment else None, guardian.verified_at)
        tell_guardian(Kind.GUARDIAN_INFORMED, notices.guardian_informed, guardian, guardian, occasion)


def ask_for_consent(guardian: Guardian, mission: Mission | None = None) -> Consent:
    """Asks one guardian, for all missions or for one, by a mail with the link; anew when it had expired or lapsed, or
    when the address has been vouched for since, because the mail came back.

    What was decided stays decided. Called under the student's lock, or where nobody else can ask.
    """
    now = timezone.now()
    consent, created = Consent.objects.get_or_create(
        guardian=guardian,
        mission=mission,
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


@transaction.atomic
def ask_for_mission(mission: Mission, *, actor: User) -> list[Consent]:
    """The student has their guardians asked about one mission. Asked again, no second mail leaves.

    Raises CannotBeAsked: `not_open`, `consent_not_needed` (they are old enough, or it is there), `guardian_needed`,
    `consent_refused` (every guardian said no to this mission), `too_many_consents_asked`.
    """
    student = lock_person(actor.pk)
    shifts = [] if mission.status != MissionStatus.PUBLISHED else mission.shifts.upcoming(timezone.now())
    coming = [shift for shift in shifts if student.age_on(paris.day_of(shift.starts_at)) is not None]
    if not coming:
        raise CannotBeAsked(code="not_open")
    if not any(eligibility.lacks_consent(student, shift) for shift in coming):
        raise CannotBeAsked(_("No consent is missing for this mission. Try to sign up."), code="consent_not_needed")
    guardians = list(Guardian.objects.reachable().filter(student=student).select_related("student").order_by("id"))
    if not guardians:
        unknown = _("The school knows no guardian of yours yet. Name one, or ask the school.")
        raise CannotBeAsked(unknown, code="guardian_needed")
    # What was said, even if the school settled it, is its guardian's to say anew: no mail would leave.
    said = Consent.objects.filter(guardian__in=guardians, mission=mission, status__in=SPOKEN_CONSENT)
    answered = set(said.values_list("guardian", flat=True))
    to_ask = [guardian for guardian in guardians if guardian.pk not in answered]
    if not to_ask:
        answers = _("Your guardians have answered for this mission. Talk to them about it.")
        raise CannotBeAsked(answers, code="consent_refused")
    requested = Consent.objects.requested().filter(student=student, mission__isnull=False).exclude(mission=mission)
    open_requests = requested.about_what_is_to_come(timezone.now())
    if open_requests.values("mission").distinct().count() >= settings.MAX_MISSION_CONSENTS_ASKED:
        raise CannotBeAsked(
            _("Your guardians have not answered for other missions yet. Wait for their answer, or talk to them."),
            code="too_many_consents_asked",
        )
    return [ask_for_consent(guardian, mission) for guardian in to_ask]


def remind_guardians() -> int:
    """Sends the link again to who has not answered 3 and 7 days after, while there is something to decide and the
    student is still below the consent age.

    Safe to run twice; returns how many.
    """
    now = timezone.now()
    needed = Consent.objects.requested().about_what_is_to_come(now).needed_on(paris.day_of(now))
    sent = 0
    for count, days in reversed(list(enumerate(REMINDED_AFTER_DAYS, start=1))):
        due = needed.filter(
            reminder_count__lt=count, asked_at__lte=now - timedelta(days=days), expires_at__gt=now
        )
        for consent in due.select_related("student", "guardian__student", "mission"):
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
