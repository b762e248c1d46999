"""Who comes without a place: known by the code on their own phone, let in by an organiser, there at once.

Every rule applies but the number of places: a walk-in stands beside them and is never counted as taken.
"""

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.locks import lock_person
from accounts.models import User
from common.errors import NotAllowed, next_state
from missions import codes, eligibility
from missions.models import Attendance, Direction, Shift, SignUp
from missions.services.check_in_lists import OwnAttendance, check_in_by_list
from missions.services.check_in_moves import ensure_in_window
from missions.services.check_ins import CodeWrong
from missions.services.locks import lock_shift_for_place
from missions.services.places import settle
from missions.services.refusals import NotEligible
from missions.services.waiting_list import offer_freed_places
from missions.services.writing import write_sign_up
from missions.states import SIGN_UP_TRANSITIONS, SignUpStatus
from organizations import selectors as organizations


class WalkInCodeWrong(CodeWrong):
    detail = _("This code is not valid any more. Ask the person to show it again.")


@transaction.atomic
def add_walk_in(shift: Shift, *, code: str, actor: User) -> Attendance:
    """Gives the person whose phone shows the code a place and checks them in; a repeat answers the first.

    A person who asked for the place before gets it now. From 30 min before the start to the end. Raises NotAllowed,
    WalkInCodeWrong (nobody's, or over), OwnAttendance, OutsideWindow, WrongState, NotEligible with the machine reason.
    """
    now = timezone.now()
    person_id = codes.person_of_walk_in_code(code, now)
    if not get_user_model().objects.filter(pk=person_id, is_active=True).exists():
        raise WalkInCodeWrong
    person = lock_person(person_id)
    shift = lock_shift_for_place(shift.pk, person)
    if not organizations.runs(actor, shift.mission.organization):
        raise NotAllowed
    if person.pk == actor.pk:
        raise OwnAttendance
    ensure_in_window(shift, Direction.IN, now, now)
    row = SignUp.objects.live().select_for_update(of=("self",)).filter(person=person, shift=shift).first()
    if row is None or row.status != SignUpStatus.ACCEPTED:
        row = _let_in(row, person, shift, actor)
    (outcome,) = check_in_by_list([row.attendance.pk], direction=Direction.IN, actor=actor)
    if outcome.error is not None:
        raise outcome.error
    return row.attendance


def _let_in(held: SignUp | None, person: User, shift: Shift, actor: User) -> SignUp:
    now = timezone.now()
    reason = eligibility.rule_against(person, shift, now, held=held)
    if reason is not None:
        raise NotEligible(reason, person, shift, to_person=False)
    row = held or SignUp(status=SignUpStatus.PENDING)
    row.person, row.shift = person, shift
    # A place on offer to them is counted already; no other is.
    is_offered = row.status == SignUpStatus.OFFERED
    row.status = next_state(SIGN_UP_TRANSITIONS, "take" if is_offered else "accept", row.status)
    row.is_walk_in = not is_offered
    row.accepted_at, row.decided_by = now, actor
    write_sign_up(row)
    for other in settle(row):
        offer_freed_places(other.shift)
    return row
