"""Places: asked for, given, given up. Never more than there are.

Lock order everywhere: the person, then the shift, then the sign-up. The person, because two shifts at the same
hour are two rows; the shift, because its places are counted on it.
"""

from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Guardian
from common.errors import DomainError, NotAllowed, next_state
from missions import eligibility, notices, selectors
from missions.models import Attendance, Shift, SignUp, SignUpMode
from missions.states import (
    ATTENDANCE_TRANSITIONS,
    SIGN_UP_TRANSITIONS,
    AttendanceStatus,
    Reason,
    SignUpStatus,
)
from notifications import outbox


class NotEligible(DomainError):
    """409 with the machine reason as its code."""

    detail = _("This place cannot be yours now.")

    def __init__(self, reason: Reason) -> None:
        super().__init__(code=str(reason))


def lock_person(person_id: Any) -> Any:
    """The person under a lock that other rows may still point to."""
    return get_user_model().objects.select_for_update(of=("self",), no_key=True).get(pk=person_id)


def _lock_shift(shift_id: Any) -> Shift:
    return (
        Shift.objects.select_for_update(of=("self",), no_key=True)
        .select_related("mission__organization")
        .get(pk=shift_id)
    )


def _lock_sign_up(sign_up: SignUp) -> SignUp:
    person = lock_person(sign_up.person_id)
    shift = _lock_shift(sign_up.shift_id)
    locked = SignUp.objects.select_for_update(of=("self",)).get(pk=sign_up.pk)
    locked.person, locked.shift = person, shift
    return locked


@transaction.atomic
def sign_up(shift: Shift, *, actor: Any) -> SignUp:
    """Asks for a place: accepted at once (instant mode) or pending (review mode). Raises NotEligible."""
    person = lock_person(actor.pk)
    shift = _lock_shift(shift.pk)
    now = timezone.now()
    reason = eligibility.reason_for(person, shift, now)
    if reason != Reason.OK:
        raise NotEligible(reason)
    row = SignUp(shift=shift, person=person, status=SignUpStatus.PENDING)
    if shift.mission.sign_up_mode == SignUpMode.INSTANT:
        row.status = SignUpStatus.ACCEPTED
        row.accepted_at = now
        row.save(force_insert=True)
        _take_place(row)
    else:
        row.save(force_insert=True)
    _tell_organizers(notices.sign_up_received, row)
    return row


@transaction.atomic
def accept_sign_up(sign_up: SignUp, *, actor: Any) -> SignUp:
    """Gives a pending person the place, if the rules still allow it. Raises NotAllowed, WrongState, NotEligible."""
    row = _lock_sign_up(sign_up)
    if not selectors.runs(actor, row.shift.mission.organization):
        raise NotAllowed
    row.status = next_state(SIGN_UP_TRANSITIONS, "accept", row.status)
    now = timezone.now()
    reason = eligibility.reason_for(row.person, row.shift, now, held=row)
    if reason != Reason.OK:
        raise NotEligible(reason)
    row.accepted_at = now
    row.decided_by = actor
    row.save(update_fields=["status", "accepted_at", "decided_by"])
    _take_place(row)
    return row


def _take_place(row: SignUp) -> None:
    # One statement that must hit: even without the lock above, the last place is given once.
    taken = Shift.objects.filter(pk=row.shift_id, taken_count__lt=F("capacity")).update(
        taken_count=F("taken_count") + 1
    )
    if not taken:
        raise NotEligible(Reason.FULL)
    Attendance.objects.create(sign_up=row)
    _withdraw_overlapping_pending(row)
    outbox.publish(notices.sign_up_accepted, row, to=row.person, dedupe_key=f"sign-up-accepted:{row.pk}")
    _tell_guardians(notices.guardian_told_of_place, row)


def _withdraw_overlapping_pending(accepted: SignUp) -> None:
    pending = SignUp.objects.filter(person=accepted.person, status=SignUpStatus.PENDING).exclude(pk=accepted.pk)
    overlapping = pending.overlapping(accepted.shift.starts_at, accepted.shift.ends_at)
    for row in overlapping.select_related("shift__mission__organization", "person"):
        _end(row, "withdraw", timezone.now())
        _tell_organizers(notices.place_withdrawn, row)


@transaction.atomic
def decline_sign_up(sign_up: SignUp, *, reason: str, actor: Any) -> SignUp:
    """Says no to a pending person, with a reason if there is one to give. Raises NotAllowed, WrongState."""
    row = _lock_sign_up(sign_up)
    if not selectors.runs(actor, row.shift.mission.organization):
        raise NotAllowed
    row.decided_by = actor
    row.reason = reason
    _end(row, "decline", timezone.now())
    outbox.publish(notices.sign_up_declined, row, to=row.person, dedupe_key=f"sign-up-declined:{row.pk}")
    return row


@transaction.atomic
def withdraw_sign_up(sign_up: SignUp, *, actor: Any) -> SignUp:
    """Gives the place up before the shift starts; it is free at once. Raises NotAllowed, WrongState (also once
    checked in), DomainError (`started`)."""
    row = _lock_sign_up(sign_up)
    if row.person_id != actor.pk:
        raise NotAllowed
    now = timezone.now()
    if row.shift.starts_at <= now:
        raise DomainError(_("The shift has started."), code="started")
    _give_up(row, now)
    return row


def _give_up(row: SignUp, now: datetime) -> None:
    held_a_place = row.status == SignUpStatus.ACCEPTED
    _end(row, "withdraw", now)
    if held_a_place:
        Shift.objects.filter(pk=row.shift_id).update(taken_count=F("taken_count") - 1)
        _void_attendance(row)
        _tell_guardians(notices.guardian_told_of_withdrawal, row)
    _tell_organizers(notices.place_withdrawn, row)


def release_future_places(person: Any, *, reason: str) -> None:
    """The person's places to come are given up, by somebody else's right to it; the caller holds the person's lock."""
    now = timezone.now()
    coming = SignUp.objects.live().filter(person=person, shift__starts_at__gt=now)
    coming = coming.exclude(attendance__status=AttendanceStatus.CHECKED_IN)
    for found in coming.order_by("shift_id"):
        row = _lock_sign_up(found)
        row.reason = reason
        _give_up(row, now)


def _end(row: SignUp, verb: str, now: datetime) -> None:
    row.status = next_state(SIGN_UP_TRANSITIONS, verb, row.status)
    row.ended_at = now
    row.save(update_fields=["status", "ended_at", "reason", "decided_by"])


def _void_attendance(row: SignUp) -> None:
    # Who has checked in is there: what is left is the organiser's to confirm, not a place to give up.
    attendance = Attendance.objects.select_for_update(of=("self",)).get(sign_up=row)
    attendance.status = next_state(ATTENDANCE_TRANSITIONS, "void", attendance.status)
    attendance.save(update_fields=["status"])


def _tell_organizers(say: Any, row: SignUp) -> None:
    for member in selectors.organizers_of(row.shift.mission.organization):
        outbox.publish(say, row, to=member, dedupe_key=f"{say.__name__}:{row.pk}:{member.pk}")


def _tell_guardians(say: Any, row: SignUp) -> None:
    if not row.is_of_a_minor:
        return
    for guardian in Guardian.objects.reachable().filter(student=row.person):
        outbox.publish(say, row, address=guardian.email, dedupe_key=f"{say.__name__}:{row.pk}:{guardian.pk}")
