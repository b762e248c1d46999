"""Sign-ups that wait too long: organisers and people are reminded, then what nobody decided expires."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from missions import notices
from missions.models import SignUp
from missions.services.locks import lock_sign_up
from missions.services.places import leave, tell_guardians, tell_organizers, tell_person
from missions.services.waiting_list import offer_freed_places
from missions.services.writing import write_sign_up
from missions.states import SignUpStatus

UNDECIDED_REMINDED_AFTER = timedelta(days=7)
OFFER_REMINDED_BEFORE = timedelta(hours=2)
# A shorter offer is its own reminder.
OFFER_REMINDED_WHEN_LONGER_THAN = timedelta(hours=4)


def expire_sign_ups() -> None:
    """Job: ends what nobody decided in SIGN_UP_EXPIRES_DAYS, and what waits still at the start. Safe to run twice."""
    for pk in list(SignUp.objects.overdue(timezone.now()).order_by("pk").values_list("pk", flat=True)):
        expire_sign_up(pk)


@transaction.atomic
def expire_sign_up(sign_up_id: UUID) -> None:
    """Ends one sign-up that is overdue, if it still is."""
    row = lock_sign_up(SignUp.objects.get(pk=sign_up_id))
    now = timezone.now()
    if not SignUp.objects.overdue(now).filter(pk=row.pk).exists():
        return
    leave(row, "expire", now)
    tell_person(notices.sign_up_expired, row)
    tell_guardians(notices.guardian_told_of_no_place, row)
    offer_freed_places(row.shift)


def remind_of_sign_ups() -> None:
    """Job: organisers of what they leave undecided, people of offers that lapse soon. Safe to run twice."""
    now = timezone.now()
    undecided = SignUp.objects.undecided_since(now - UNDECIDED_REMINDED_AFTER)
    lapsing = SignUp.objects.lapsing_soon(now + OFFER_REMINDED_BEFORE, longer_than=OFFER_REMINDED_WHEN_LONGER_THAN)
    for pk in [*undecided.values_list("pk", flat=True), *lapsing.values_list("pk", flat=True)]:
        _remind(pk)


@transaction.atomic
def _remind(sign_up_id: UUID) -> None:
    row = lock_sign_up(SignUp.objects.get(pk=sign_up_id))
    if row.reminded_at is not None or row.status not in (SignUpStatus.PENDING, SignUpStatus.OFFERED):
        return
    row.reminded_at = timezone.now()
    write_sign_up(row, "reminded_at")
    if row.status == SignUpStatus.PENDING:
        tell_organizers(notices.sign_up_undecided, row)
    else:
        tell_person(notices.offer_lapses_soon, row)
