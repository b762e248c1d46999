"""The waiting list: who is next, and the offer of a freed place, which somebody takes or which lapses."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.locks import free_person
from accounts.models import User
from common.errors import DomainError, NotAllowed, next_state
from missions import eligibility, notices
from missions.models import Shift, SignUp
from missions.services.locks import lock_shift, lock_sign_up
from missions.services.places import (
    leave,
    settle,
    take_place,
    tell_organizers,
    tell_person,
)
from missions.services.refusals import NotEligible
from missions.services.writing import write_sign_up
from missions.states import SIGN_UP_TRANSITIONS, Reason, SignUpStatus
from notifications import outbox, quiet_hours
from notifications.quiet_hours import QuietHours
from organizations.models import SignUpMode

OFFER_LIVES = timedelta(hours=24)
OFFER_LIVES_LATE = timedelta(hours=2)
LATE_FROM = timedelta(hours=24)


def next_number(shift: Shift) -> int:
    """The number after the last one that was ever given on this shift; the caller holds its lock."""
    last = SignUp.objects.filter(shift=shift).aggregate(last=Max("queue_number"))["last"]
    return (last or 0) + 1


def end_of_offer(shift: Shift, now: datetime, quiet: QuietHours) -> datetime:
    """When an offer made now lapses: after 24 h, or 2 h when the shift starts within 24 h, of waking time, and at
    the latest 30 min before the start. Quiet hours of the person stop the clock, but for those the shift starts in."""
    left = OFFER_LIVES_LATE if shift.starts_at - now <= LATE_FROM else OFFER_LIVES
    moment = now
    while left:
        if quiet.holds(moment):
            quiet_until = quiet.next_end(moment)
            if shift.starts_at >= quiet_until:
                moment = quiet_until
                continue
            break
        run = min(left, quiet.next_begin(moment) - moment)
        moment, left = moment + run, left - run
    return min(moment + left, shift.starts_at - eligibility.LIST_CLOSES_BEFORE)


def offer_freed_places(shift: Shift) -> list[SignUp]:
    """Offers each free place to the first on the list who is eligible now; returns the offers. Instant mode only.

    Call it in the transaction that freed places (withdrawal, removal, lapse, a greater capacity). It waits for no
    person: when the next in line is busy in another transaction, the job that runs every minute goes on.
    """
    shift = lock_shift(shift.pk)
    now = timezone.now()
    offers: list[SignUp] = []
    free = shift.capacity - shift.taken_count
    if free < 1 or shift.mission.sign_up_mode != SignUpMode.INSTANT or not eligibility.list_is_open(shift, now):
        return offers
    for row in SignUp.objects.waiting().filter(shift=shift):
        person = free_person(row.person_id) if len(offers) < free else None
        if person is None:
            break
        row.person, row.shift = person, shift
        reason = eligibility.rule_against(person, shift, now, held=row)
        if reason is None:
            _offer(row, now)
            offers.append(row)
        else:
            _pass_over(row, reason)
    return offers


def _offer(row: SignUp, now: datetime) -> None:
    take_place(row.shift)
    row.status = next_state(SIGN_UP_TRANSITIONS, "offer", row.status)
    row.machine_reason = ""
    row.offered_at, row.offer_expires_at = now, end_of_offer(row.shift, now, quiet_hours.of_person(row.person_id))
    write_sign_up(row, "status", "machine_reason", "offered_at", "offer_expires_at")
    tell_person(notices.place_offered, row)


def end_offers_in_time(shift: Shift, now: datetime) -> None:
    """After a shift has moved: an offer ends at the latest 30 min before the new start, and lapses when that is past.

    Call it in the transaction of the change, under the locks of everybody on the shift.
    """
    latest = shift.starts_at - eligibility.LIST_CLOSES_BEFORE
    for row in SignUp.objects.offered().filter(shift=shift, offer_expires_at__gt=latest).select_related("person"):
        row.shift, row.offer_expires_at = shift, latest
        write_sign_up(row, "offer_expires_at")
        if latest <= now:
            _lapse(row, now)


def _lapse(row: SignUp, now: datetime) -> None:
    leave(row, "lapse", now)
    tell_person(notices.offer_lapsed, row)


def _pass_over(row: SignUp, reason: Reason) -> None:
    if row.machine_reason != reason:  # told once for each reason, however many places go by
        row.machine_reason = reason
        write_sign_up(row, "machine_reason")
        tell_person(notices.passed_over, row, occasion=outbox.occasion_of(reason))


def offer_where_places_are_free() -> None:
    """Job: offers on every shift that has both a free place and a waiting list. Safe to run twice."""
    now = timezone.now()
    waiting = SignUp.objects.filter(
        status=SignUpStatus.WAITLISTED,
        shift__taken_count__lt=F("shift__capacity"),
        shift__starts_at__gt=now + eligibility.LIST_CLOSES_BEFORE,
        shift__mission__sign_up_mode=SignUpMode.INSTANT,
    )
    for shift in Shift.objects.filter(pk__in=waiting.values("shift")).order_by("pk"):
        with transaction.atomic():
            offer_freed_places(shift)


@transaction.atomic
def take_offer(sign_up: SignUp, *, actor: User) -> SignUp:
    """The person takes the place they were offered. Raises NotAllowed, WrongState, DomainError (`offer_lapsed`),
    NotEligible when they no longer fit; the offer then stands until it lapses."""
    row = lock_sign_up(sign_up, for_place=True)
    if row.person_id != actor.pk:
        raise NotAllowed
    status = next_state(SIGN_UP_TRANSITIONS, "take", row.status)
    now = timezone.now()
    if row.offer_expires_at is None or row.offer_expires_at <= now:
        raise DomainError(_("This offer has lapsed. Choose another shift."), code="offer_lapsed")
    reason = eligibility.rule_against(row.person, row.shift, now, held=row)
    if reason is not None:
        raise NotEligible(reason, row.person, row.shift, to_person=True)
    row.status, row.accepted_at = status, now
    write_sign_up(row, "status", "accepted_at")
    for other in settle(row):
        offer_freed_places(other.shift)
    tell_organizers(notices.sign_up_received, row)
    return row


def lapse_offers() -> None:
    """Job: ends the offers that nobody took in time; each place goes to the next. Safe to run twice."""
    for pk in list(SignUp.objects.lapsing(timezone.now()).order_by("offer_expires_at").values_list("pk", flat=True)):
        lapse_offer(pk)


@transaction.atomic
def lapse_offer(sign_up_id: UUID) -> None:
    """Ends one offer whose time is over, if it still stands."""
    row = lock_sign_up(SignUp.objects.get(pk=sign_up_id))
    now = timezone.now()
    if row.status != SignUpStatus.OFFERED or row.offer_expires_at is None or row.offer_expires_at > now:
        return
    _lapse(row, now)
    offer_freed_places(row.shift)
