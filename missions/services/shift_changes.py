"""What befalls everybody on a shift at once: it changed and some no longer fit, or it is cancelled."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from missions import eligibility, notices
from missions.models import Mission, Shift, SignUp
from missions.services.consent_lapses import lapse_moved_consents, release_lapsed_places
from missions.services.locks import lock_everybody_on, lock_sign_up
from missions.services.losses import ensure_nobody_lost, ensure_none_of_theirs_lost
from missions.services.places import has_come, leave, tell_guardians, tell_organizers, tell_person
from missions.services.waiting_list import end_offers_in_time, offer_freed_places
from missions.states import SignUpStatus

# How those who no longer fit leave; those who wait keep their number and are asked about again when a place is free.
NO_LONGER_FITS = {
    SignUpStatus.ACCEPTED: ("remove", notices.sign_up_removed),
    SignUpStatus.OFFERED: ("lapse", notices.offer_lapsed),
    SignUpStatus.PENDING: ("decline", notices.sign_up_declined),
}

TOLD_TO_GUARDIANS = {"remove": notices.guardian_told_of_loss, "decline": notices.guardian_told_of_no_place}


def _live_on(shift: Shift) -> list[SignUp]:
    rows = list(SignUp.objects.live().filter(shift=shift).select_related("person").order_by("pk"))
    for row in rows:
        row.shift = shift
    return rows


@transaction.atomic
def recheck_sign_ups(shift: Shift, now: datetime) -> list[SignUp]:
    """Asks the rules again for everybody on a changed shift; those who no longer fit leave with the machine reason.

    Call it in the transaction of the change, which began with `locks.lock_everybody_on`. Those who leave and
    their guardians are told here, the caller tells those who stay. Returns who left. Nobody leaves a shift that is
    over, or one where they have checked in.
    """
    moved_from = shift.former_starts_at
    (shift,) = lock_everybody_on([shift.pk])
    shift.former_starts_at = moved_from
    left = [row for row in ([] if shift.is_over(now) else _live_on(shift)) if _leave_if_unfit(row, now)]
    end_offers_in_time(shift, now)
    offer_freed_places(shift)
    return left


def _leave_if_unfit(row: SignUp, now: datetime) -> bool:
    """Whether a rule stood against a live sign-up, which then has left."""
    if row.status not in NO_LONGER_FITS or has_come(row):
        return False
    reason = eligibility.rule_against(row.person, row.shift, now, held=row)
    if reason is None:
        return False
    verb, say = NO_LONGER_FITS[SignUpStatus(row.status)]
    row.machine_reason = reason
    leave(row, verb, now)
    tell_person(say, row)
    if verb in TOLD_TO_GUARDIANS:
        tell_guardians(TOLD_TO_GUARDIANS[verb], row)
    return True


def recheck_places_of(*, person: User, accept_losses: bool, requiring: str | None = None) -> None:
    """Asks the rules again about a person's places to come, all or those on missions that require a qualification.

    Hook `birth_date_changed`. A person who no longer fits leaves with the machine reason; they, guardians and
    organisers are told. Call it in the transaction of the change, under the person's lock. Raises WouldLose unless
    losses are accepted: the change is then undone.
    """
    now = timezone.now()
    ended = []
    coming = SignUp.objects.live().filter(person=person, shift__starts_at__gt=now).select_related("shift__mission")
    for found in coming.order_by("shift_id"):
        if requiring is None or requiring in found.shift.mission.requirements:
            row = lock_sign_up(found)
            if _leave_if_unfit(row, now):
                tell_organizers(notices.place_released, row)
                offer_freed_places(row.shift)
                ended.append(row)
    if not accept_losses:
        ensure_none_of_theirs_lost(ended)


@transaction.atomic
def cancel_sign_ups(shift: Shift, reason: str) -> list[SignUp]:
    """Ends every live sign-up of a cancelled shift and tells each person and the guardians of those who had a place.

    Call it in the transaction of the cancellation, which began with `locks.lock_everybody_on`. People who have
    checked in keep their place: their time there is the organiser's to confirm. Returns the sign-ups that ended.
    """
    (shift,) = lock_everybody_on([shift.pk])
    now = timezone.now()
    ended = [row for row in _live_on(shift) if not has_come(row)]
    for row in ended:
        had_the_place = row.status == SignUpStatus.ACCEPTED
        row.reason = reason
        leave(row, "cancel", now)
        tell_person(notices.sign_up_cancelled, row)
        if had_the_place:
            tell_guardians(notices.guardian_told_of_loss, row)
    return ended


@transaction.atomic
def follow_change(mission: Mission, shifts: list[Shift], *, occasion: str, accept_losses: bool) -> None:
    """After a change of time, place, age or requirement was written: some no longer fit and leave, others are told.

    Consents for this one mission that were given for another time or place lapse first. Call it in the transaction of
    the change, which began with `locks.lock_everybody_on` these shifts. `occasion` names the change, so that each is
    told of it once. Raises WouldLose when somebody loses by it, unless that was accepted: the change is then undone.
    """
    were_there = {row.pk: row.display_name for shift in shifts for row in _live_on(shift)}
    lapsed = lapse_moved_consents(mission)
    for shift in shifts:
        release_lapsed_places(shift)
        recheck_sign_ups(shift, timezone.now())
        shift.refresh_from_db()
        for row in _live_on(shift):
            tell_person(notices.shift_changed, row, occasion=occasion)
            if row.status == SignUpStatus.ACCEPTED:
                tell_guardians(notices.guardian_told_of_change, row, occasion=occasion)
    if not accept_losses:
        ensure_nobody_lost(were_there, lapsed)
