"""Places: asked for, given, given up. Never more than there are."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.locks import lock_person
from accounts.models import User
from common.errors import BadInput, DomainError, NotAllowed, next_state
from missions import eligibility, notices
from missions.models import Attendance, Shift, SignUp
from missions.services.locks import lock_shift_for_place, lock_sign_up
from missions.services.places import (
    leave,
    settle,
    take_place,
    tell_guardians,
    tell_organizers,
    tell_person,
)
from missions.services.refusals import NotEligible
from missions.services.waiting_list import next_number, offer_freed_places
from missions.services.writing import write_sign_up
from missions.states import SIGN_UP_TRANSITIONS, AttendanceStatus, Reason, SignUpStatus
from organizations import selectors as organizations
from organizations.models import SignUpMode


@transaction.atomic
def sign_up(shift: Shift, *, allows_calls: bool = False, actor: User) -> SignUp:
    """Asks for a place: accepted at once (instant mode), pending (review mode), or at the end of the waiting list.

    `allows_calls`: the organisers may read an adult's telephone once the place is theirs.
    Raises NotEligible.
    """
    person = lock_person(actor.pk)
    shift = lock_shift_for_place(shift.pk, person)
    now = timezone.now()
    reason = eligibility.reason_for(person, shift, now)
    is_instant = shift.mission.sign_up_mode == SignUpMode.INSTANT
    row = SignUp(shift=shift, person=person, allows_calls=allows_calls)
    if reason == Reason.WAITLIST:
        row.status, row.queue_number = SignUpStatus.WAITLISTED, next_number(shift)
        write_sign_up(row)
    elif reason != Reason.OK:
        raise NotEligible(reason, person, shift, to_person=True)
    elif is_instant:
        _accept(row, now)
    else:
        row.status = SignUpStatus.PENDING
        write_sign_up(row)
    # A list that runs by itself asks nothing of the organisers: they hear of it when a place is taken.
    if not (is_instant and row.status == SignUpStatus.WAITLISTED):
        tell_organizers(notices.sign_up_received, row)
    return row


def _accept(row: SignUp, now: datetime) -> None:
    take_place(row.shift)
    row.status, row.accepted_at = SignUpStatus.ACCEPTED, now
    write_sign_up(row)
    for other in settle(row):
        offer_freed_places(other.shift)


@transaction.atomic
def accept_sign_up(sign_up: SignUp, *, actor: User) -> SignUp:
    """Gives a pending person the place, or in review mode a waiting one, if the rules still allow it.

    Raises NotAllowed, WrongState, DomainError (`list_offers_by_itself`: in instant mode), NotEligible.
    """
    return accept_locked(lock_sign_up(sign_up, for_place=True), actor=actor)


def accept_locked(row: SignUp, *, actor: User) -> SignUp:
    """`accept_sign_up` of one that is locked as for a place (missions.services.locks); raises before it writes."""
    if not organizations.runs(actor, row.shift.mission.organization):
        raise NotAllowed
    next_state(SIGN_UP_TRANSITIONS, "accept", row.status)
    if row.status == SignUpStatus.WAITLISTED and row.shift.mission.sign_up_mode == SignUpMode.INSTANT:
        raise DomainError(
            _("In this mission freed places are offered to the waiting list in its order: there is nothing to accept."),
            code="list_offers_by_itself",
        )
    now = timezone.now()
    reason = eligibility.reason_for(row.person, row.shift, now, held=row)
    if reason != Reason.OK:
        raise NotEligible(reason, row.person, row.shift, to_person=False)
    row.decided_by = actor
    _accept(row, now)
    return row


@transaction.atomic
def decline_sign_up(sign_up: SignUp, *, reason: str, actor: User) -> SignUp:
    """Says no to a pending person, with a reason if there is one to give. Raises NotAllowed, WrongState."""
    return decline_locked(lock_sign_up(sign_up), reason=reason, actor=actor)


def decline_locked(row: SignUp, *, reason: str, actor: User) -> SignUp:
    """`decline_sign_up` of one that is locked."""
    if not organizations.runs(actor, row.shift.mission.organization):
        raise NotAllowed
    row.decided_by = actor
    row.reason = reason
    leave(row, "decline", timezone.now())
    tell_person(notices.sign_up_declined, row)
    tell_guardians(notices.guardian_told_of_no_place, row)
    return row


@transaction.atomic
def withdraw_sign_up(sign_up: SignUp, *, actor: User) -> SignUp:
    """Gives the place up before the shift starts; it goes to the next in line. Raises NotAllowed, WrongState (also
    once checked in), DomainError (`started`)."""
    row = lock_sign_up(sign_up)
    if row.person_id != actor.pk:
        raise NotAllowed
    next_state(SIGN_UP_TRANSITIONS, "withdraw", row.status)
    _ensure_not_started(row.shift)
    _give_up(row)
    return row


@transaction.atomic
def remove_sign_up(sign_up: SignUp, *, reason: str, actor: User) -> SignUp:
    """Takes an accepted place back before the start, with a reason; the person cannot sign up there again.

    Raises NotAllowed, WrongState, BadInput (`reason_needed`), DomainError (`started`).
    """
    if not reason.strip():
        raise BadInput(code="reason_needed", fields={"reason": _("Say why; the person reads it.")})
    row = lock_sign_up(sign_up)
    if not organizations.runs(actor, row.shift.mission.organization):
        raise NotAllowed
    next_state(SIGN_UP_TRANSITIONS, "remove", row.status)
    _ensure_not_started(row.shift)
    row.reason, row.decided_by = reason, actor
    leave(row, "remove", timezone.now())
    tell_person(notices.sign_up_removed, row)
    tell_guardians(notices.guardian_told_of_loss, row)
    offer_freed_places(row.shift)
    return row


def _ensure_not_started(shift: Shift) -> None:
    if shift.starts_at <= timezone.now():
        said = _("The shift has started: places no longer change. The organiser says who came.")
        raise DomainError(said, code="started")


def _give_up(row: SignUp, *, by_person: bool = True) -> None:
    """The place or the request ends; guardians and organisers read who ended it."""
    before = row.status
    leave(row, "withdraw", timezone.now())
    if before == SignUpStatus.ACCEPTED:
        tell_guardians(notices.guardian_told_of_withdrawal if by_person else notices.guardian_told_of_loss, row)
    if before != SignUpStatus.WAITLISTED:
        tell_organizers(notices.place_withdrawn if by_person else notices.place_released, row)
    offer_freed_places(row.shift)


def release_future_places(
    person: User, *, reason: str, machine_reason: str = "", shift_ids: Iterable[Any] | None = None
) -> None:
    """The person's places to come are given up, all or those on some shifts, by somebody else's right to it.

    Where a rule is the reason, the person is told of each place that was theirs. The caller holds the person's lock.
    """
    coming = SignUp.objects.live().filter(person=person, shift__starts_at__gt=timezone.now())
    if shift_ids is not None:
        coming = coming.filter(shift__in=list(shift_ids))
    _release(coming, reason=reason, machine_reason=machine_reason)


def _release(live: QuerySet[Any], *, reason: str = "", machine_reason: str = "") -> None:
    # A person who has checked in is there already, and stays.
    came = Attendance.objects.exclude(status=AttendanceStatus.EXPECTED).values("sign_up")
    for found in live.exclude(pk__in=came).order_by("shift_id"):
        row = lock_sign_up(found)
        had_the_place = row.status == SignUpStatus.ACCEPTED
        row.reason, row.machine_reason = reason, machine_reason
        _give_up(row, by_person=False)
        if machine_reason and had_the_place:
            tell_person(notices.sign_up_removed, row)


def release_places_of_suspended(*, person: User) -> None:
    """Hook `person_suspended`: the places where the person has not come yet are given up, also on shifts that run.

    Why is unsaid.
    """
    _release(SignUp.objects.live().filter(person=person, shift__ends_at__gt=timezone.now()))
