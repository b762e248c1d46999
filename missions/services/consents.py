"""What a guardian's word does to places and to those who run missions, and how a student has it asked for."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from accounts.locks import lock_person
from accounts.models import User
from consents.models import Consent, ConsentEvent
from consents.services.consent_requests import CannotBeAsked, ask_about_mission
from missions import eligibility, notices
from missions.models import Mission, Shift, SignUp
from missions.services.locks import lock_shifts
from missions.services.losses import ensure_nobody_lost
from missions.services.sign_ups import release_future_places
from missions.states import MissionStatus, Reason
from notifications import outbox
from organizations import selectors as organizations


@transaction.atomic
def ask_for_consent(mission: Mission, *, actor: User) -> list[Consent]:
    """The student has their guardians asked about one mission. Asked again, no second mail leaves.

    Raises CannotBeAsked: `not_open`, `consent_not_needed` (they are old enough, or it is there), and what
    `ask_about_mission` raises.
    """
    student = lock_person(actor.pk)
    shifts = [] if mission.status != MissionStatus.PUBLISHED else mission.shifts.upcoming(timezone.now())
    coming = [] if student.birth_date is None else list(shifts)
    if not coming:
        raise CannotBeAsked(code="not_open")
    if not any(eligibility.lacks_consent(student, shift) for shift in coming):
        raise CannotBeAsked(_("No consent is missing for this mission. Try to sign up."), code="consent_not_needed")
    return ask_about_mission(student, mission.pk)


def lock_what_a_consent_moves(*, student: User, mission_id: UUID | None) -> None:
    """Hook `consents_to_move`: the shifts of the student's places to come, and those of the one mission."""
    now = timezone.now()
    ids = set(_live_to_come(student).values_list("shift", flat=True))
    if mission_id is not None:
        ids |= set(Shift.objects.upcoming(now).filter(mission=mission_id).values_list("pk", flat=True))
    lock_shifts(ids)


def tell_organizers_of_decision(*, consent: Consent, event: ConsentEvent) -> None:
    """Hook `consent_decided`: those who run the one mission it is about, or missions where the student has places to
    come that need a consent, are told."""
    outbox.publish_many(
        outbox.Letter(notices.consent_decided_on_mission, fact, member, fact.mission, outbox.occasion_of(event.pk))
        for fact in _missions_concerned(consent)
        for member in organizations.organizers_of(fact.mission.organization)
    )


def _missions_concerned(consent: Consent) -> list[notices.ConsentOnMission]:
    coming = _live_to_come(consent.student)
    if consent.mission_id is not None:
        coming = coming.filter(shift__mission=consent.mission_id)
    rows = coming.select_related("shift__mission__organization")
    placed = {
        row.shift.mission_id: row.shift.mission for row in rows if eligibility.needs_consent(consent.student, row.shift)
    }
    concerned = [notices.ConsentOnMission(consent, mission, True) for mission in placed.values()]
    if consent.mission_id is not None and not placed:
        mission = Mission.objects.select_related("organization").get(pk=consent.mission_id)
        concerned.append(notices.ConsentOnMission(consent, mission, False))
    return concerned


def give_back_uncovered_places(*, student: User, accept_losses: bool) -> None:
    """Hook `consent_gone`: gives back the places to come that no consent covers; shifts are locked by
    `lock_what_a_consent_moves`. Raises WouldLose unless losses are accepted: what took the consent is then undone."""
    coming = list(_live_to_come(student).select_related("person", "shift__mission"))
    names = {row.pk: row.display_name for row in coming}
    release_places(student, [row.shift_id for row in coming if eligibility.lacks_consent(student, row.shift)])
    if not accept_losses:
        ensure_nobody_lost(names, [])


def release_places(student: User, shift_ids: Iterable[Any]) -> None:
    """Gives back places on these shifts for want of a consent; the caller holds the student."""
    with translation.override(student.language):
        reason = str(_("The guardians' consent is missing."))
    release_future_places(student, reason=reason, machine_reason=Reason.CONSENT_NEEDED, shift_ids=shift_ids)


def _live_to_come(student: User) -> Any:
    return SignUp.objects.live().filter(person=student, shift__starts_at__gt=timezone.now())
