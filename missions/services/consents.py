"""A guardian's consent: asked by mail, decided once by a POST behind the link."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Guardian
from common import links, paris
from common.errors import DomainError, Gone, next_state
from missions import notices
from missions.models import Consent
from missions.services.sign_ups import lock_person, release_future_places
from missions.states import CONSENT_TRANSITIONS, ConsentStatus
from notifications import outbox

TEXT_VERSION = "2026-11"


class AlreadyDecided(DomainError):
    """409: the link decides once."""

    code = "already_decided"
    detail = _("This link has already been used to decide.")


def ask_for_consent_on_enrolment(*, enrolment: Any) -> None:
    """Hook `enrolment_activated`: asks the guardians of a student below the consent age."""
    for guardian in Guardian.objects.reachable().filter(student=enrolment.student).select_related("student"):
        ask_for_consent_of_guardian(guardian=guardian)


def ask_for_consent_of_guardian(*, guardian: Guardian) -> None:
    """Hook `guardian_confirmed`: asks a guardian whose student is below the consent age."""
    age = guardian.student.age_on(paris.day_of(timezone.now()))
    if age is not None and age < settings.CONSENT_NEEDED_BELOW_AGE:
        ask_for_consent(guardian)


def ask_for_consent(guardian: Guardian) -> Consent:
    """Asks one guardian by a mail with the link, and anew when the time to decide has passed."""
    consent, created = Consent.objects.get_or_create(
        guardian=guardian,
        defaults={
            "student": guardian.student,
            "text_version": TEXT_VERSION,
            "expires_at": timezone.now() + timedelta(days=settings.CONSENT_LINK_DAYS),
        },
    )
    if not created and consent.status == ConsentStatus.REQUESTED and consent.expires_at <= timezone.now():
        consent.expires_at = timezone.now() + timedelta(days=settings.CONSENT_LINK_DAYS)
        consent.save(update_fields=["expires_at"])
    # One mail for each time to decide.
    dedupe_key = f"consent-asked:{consent.pk}:{consent.expires_at.isoformat()}"
    if consent.status == ConsentStatus.REQUESTED:
        outbox.publish(notices.consent_asked, consent, address=guardian.email, dedupe_key=dedupe_key)
    return consent


def consent_of_token(token: str) -> Consent:
    """The consent a link opens; raises Gone when it is no link of ours or its time is over."""
    row_id = links.row_id_of(token)
    consent = Consent.objects.select_related("student", "guardian").filter(pk=row_id).first() if row_id else None
    if consent is None or not links.token_opens(token, notices.CONSENT_PURPOSE, consent.pk):
        raise Gone
    if consent.status == ConsentStatus.REQUESTED and consent.expires_at <= timezone.now():
        raise Gone(_("The time to decide is over. Ask the school for a new link."), code="expired")
    return consent


@transaction.atomic
def decide_consent(token: str, *, decision: str) -> Consent:
    """`grant` or `refuse`, once; the same decision sent again answers the same. Raises Gone, AlreadyDecided."""
    found = consent_of_token(token)
    # The student's lock first, as a sign-up takes it: a place cannot slip past a refusal.
    lock_person(found.student_id)
    consent = (
        Consent.objects.select_for_update(of=("self",)).select_related("student", "guardian").get(pk=found.pk)
    )
    decided = {"grant": ConsentStatus.GRANTED, "refuse": ConsentStatus.REFUSED}[decision]
    if consent.status == decided:
        return consent
    if consent.status != ConsentStatus.REQUESTED:
        raise AlreadyDecided
    consent.status = next_state(CONSENT_TRANSITIONS, decision, consent.status)
    consent.decided_at = timezone.now()
    consent.save(update_fields=["status", "decided_at"])
    if consent.status == ConsentStatus.REFUSED:
        release_future_places(consent.student, reason=str(_("A guardian refused.")))
    outbox.publish(
        notices.consent_decided,
        consent,
        to=consent.student,
        dedupe_key=f"consent-decided:{consent.pk}:{consent.status}",
    )
    return consent
