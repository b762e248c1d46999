"""A place given back to somebody who was removed: by an organiser, before the waiting list."""

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from common.errors import NotAllowed, WrongState, next_state
from consents.services.consent_requests import ask_anew
from missions import eligibility
from missions.models import SignUp
from missions.services.locks import lock_sign_up
from missions.services.places import settle_again, take_place
from missions.services.refusals import NotEligible
from missions.services.waiting_list import offer_freed_places
from missions.services.writing import write_sign_up
from missions.states import SIGN_UP_TRANSITIONS, Reason, SignUpStatus
from organizations import selectors as organizations


@transaction.atomic
def restore_sign_up(sign_up: SignUp, *, actor: User) -> SignUp:
    """Gives the place back if one is free and the rules allow it; the person is expected again and told.

    A consent that had lapsed is never revived: its guardian is asked anew, and the place stays given up until they
    agree and it is restored again. Raises NotAllowed, WrongState, NotEligible.
    """
    row = lock_sign_up(sign_up, for_place=True)
    if not organizations.runs(actor, row.shift.mission.organization):
        raise NotAllowed
    target = next_state(SIGN_UP_TRANSITIONS, "restore", row.status)
    if row.status == SignUpStatus.WITHDRAWN and not (row.machine_reason and row.accepted_at):
        raise WrongState("restore", row.status)
    if SignUp.objects.live().filter(shift=row.shift, person=row.person).exists():
        raise NotEligible(Reason.ALREADY_SIGNED_UP, row.person, row.shift, to_person=False)
    now = timezone.now()
    reason = eligibility.reason_for(row.person, row.shift, now, held=row)
    if reason == Reason.CONSENT_NEEDED and ask_anew(row.person, row.shift.mission_id):
        return row
    if reason != Reason.OK:
        raise NotEligible(reason, row.person, row.shift, to_person=False)
    take_place(row.shift)
    row.status, row.accepted_at, row.ended_at = target, now, None
    row.reason, row.machine_reason, row.decided_by = "", "", actor
    write_sign_up(row, "status", "accepted_at", "ended_at", "reason", "machine_reason", "decided_by")
    for other in settle_again(row):
        offer_freed_places(other.shift)
    return row
