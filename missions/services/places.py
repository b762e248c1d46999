"""A place: taken by one conditional update, given back, and told of. Callers hold the locks (see locks.py)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError, next_state
from consents.models import Guardian
from missions import notices
from missions.kinds import ABOUT_PLACES_OF_MINORS
from missions.models import Attendance, Shift, SignUp
from missions.services.writing import write_attendance, write_sign_up
from missions.states import (
    ATTENDANCE_TRANSITIONS,
    HOLDS_A_PLACE,
    SIGN_UP_TRANSITIONS,
    AttendanceStatus,
    Reason,
    SignUpStatus,
)
from notifications import outbox
from notifications.outbox import Notice
from organizations import selectors as organizations

# A student who takes every Wednesday of the year at once makes some forty; nobody makes hundreds in good faith.
MOST_PLACE_MAILS_A_DAY = 100


class ShiftFull(DomainError):
    """409: the last place went to somebody else."""

    code = str(Reason.FULL)
    detail = _("Every place is taken. Choose another shift, or free a place first.")


def take_place(shift: Shift) -> None:
    """Counts one more place as taken. Raises ShiftFull (`full`)."""
    # One statement that must hit: even without the lock of the shift, the last place is given once.
    free = Shift.objects.filter(pk=shift.pk, taken_count__lt=F("capacity"))
    if not free.update(taken_count=F("taken_count") + 1):
        raise ShiftFull


def settle(row: SignUp) -> list[SignUp]:
    """What follows when a place has become the person's: they are expected, and what overlaps is withdrawn.

    Returns the sign-ups that were withdrawn; places they held are free.
    """
    write_attendance(Attendance(sign_up=row))
    withdrawn = _withdraw_overlapping(row)
    tell_person(notices.sign_up_accepted, row)
    tell_guardians(notices.guardian_told_of_place, row)
    return withdrawn


def settle_again(row: SignUp) -> list[SignUp]:
    """The same for a place that is given back: a person who was expected once is expected again."""
    attendance = Attendance.objects.select_for_update(of=("self",)).get(sign_up=row)
    attendance.status = next_state(ATTENDANCE_TRANSITIONS, "expect", attendance.status)
    write_attendance(attendance, "status")
    withdrawn, occasion = _withdraw_overlapping(row), outbox.occasion_of(row.accepted_at)
    tell_person(notices.sign_up_restored, row, occasion=occasion)
    tell_guardians(notices.guardian_told_of_place, row, occasion=occasion)
    return withdrawn


def _withdraw_overlapping(accepted: SignUp) -> list[SignUp]:
    # A person who waits keeps their number: passed over while the times overlap, they may give the other place up.
    others = SignUp.objects.filter(person=accepted.person, status__in=[SignUpStatus.PENDING, SignUpStatus.OFFERED])
    overlapping = others.exclude(pk=accepted.pk).overlapping(accepted.shift.starts_at, accepted.shift.ends_at)
    rows = list(overlapping.select_related("shift__mission__organization", "person").order_by("shift"))
    for row in rows:
        leave(row, "withdraw", timezone.now())
        tell_organizers(notices.place_released, row)
    return rows


def leave(row: SignUp, verb: str, now: datetime) -> None:
    """Ends a sign-up by the verb; the place it held is free. Raises WrongState, also after a check-in."""
    # A walk-in stands beside the places that are counted.
    held, accepted = row.status in HOLDS_A_PLACE and not row.is_walk_in, row.status == SignUpStatus.ACCEPTED
    row.status = next_state(SIGN_UP_TRANSITIONS, verb, row.status)
    row.ended_at = now
    write_sign_up(row, "status", "ended_at", "reason", "machine_reason", "decided_by")
    if held:
        Shift.objects.filter(pk=row.shift_id).update(taken_count=F("taken_count") - 1)
    if accepted:
        _void_attendance(row)


def _void_attendance(row: SignUp) -> None:
    # A person who has checked in is there: their time is the organiser's to confirm, not a place to give up.
    attendance = Attendance.objects.select_for_update(of=("self",)).get(sign_up=row)
    attendance.status = next_state(ATTENDANCE_TRANSITIONS, "void", attendance.status)
    write_attendance(attendance, "status")


def has_come(row: SignUp) -> bool:
    """Whether the place was used: its attendance is no longer just expected."""
    return Attendance.objects.filter(sign_up=row).exclude(status=AttendanceStatus.EXPECTED).exists()


def tell_person(say: Callable[[Any], Notice], row: SignUp, *, occasion: str = "") -> None:
    """Tells the person: once of a sign-up that lives, or for each occasion, once of each of its ends."""
    outbox.publish(say, row, to=row.person, occasion=occasion or outbox.occasion_of(row.ended_at))


def tell_organizers(say: Callable[[Any], Notice], row: SignUp) -> None:
    """Tells the members of the organisation: once of a sign-up that lives, once of each of its ends."""
    occasion = outbox.occasion_of(row.ended_at)
    outbox.publish_many(
        outbox.Letter(say, row, member, occasion=occasion)
        for member in organizations.organizers_of(row.shift.mission.organization)
    )


def tell_guardians(say: Callable[[Any], Notice], row: SignUp, *, occasion: str = "") -> None:
    """Tells the guardians of a minor, but those who want no mail for each place.

    A mailbox gets so many of these mails a day, whoever moves the places to and fro: the page lists what is left out.
    """
    if not row.is_of_a_minor:
        return
    since = timezone.now() - timedelta(days=1)
    for guardian in Guardian.objects.told_of_places().filter(student=row.person):
        if outbox.count_written(guardian.email, ABOUT_PLACES_OF_MINORS, since=since) >= MOST_PLACE_MAILS_A_DAY:
            continue
        place, mailbox = notices.PlaceOfMinor(row, guardian), outbox.Mailbox(guardian.email, guardian.pk)
        end = outbox.occasion_of(row.ended_at)
        outbox.publish(say, place, subject=row, at=mailbox, occasion=occasion or end)
