"""Up to 500 sign-ups accepted or declined at once, each by the rules of one, in the order in which they are sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from accounts.models import User
from common.errors import DomainError, NotVisible
from missions.models import Shift, SignUp
from missions.services.locks import lock_for_decisions
from missions.services.sign_ups import accept_locked, decline_locked
from missions.states import SignUpDecision


@dataclass(frozen=True)
class Decision:
    """What an organiser says to one sign-up; `reason` goes with a decline."""

    sign_up_id: UUID
    verb: SignUpDecision
    reason: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of one: the sign-up as it is now, or the refusal."""

    sign_up_id: UUID
    sign_up: SignUp | None
    error: DomainError | None


@transaction.atomic
def decide_many(decisions: Sequence[Decision], *, actor: User) -> list[Outcome]:
    """Accepts and declines in one transaction; a refused one stops no other. Answers in the order asked.

    Locks everybody, then every shift, then asks and writes for each as if it were alone: the places of a shift go to
    those who stand first, and a place withdraws what overlaps it, also further down.
    """
    run = SignUp.objects.run_by(actor).filter(pk__in={one.sign_up_id for one in decisions})
    shifts = lock_for_decisions(run)
    return [_decide(one, shifts, actor) for one in decisions]


def _decide(decision: Decision, shifts: dict[UUID, Shift], actor: User) -> Outcome:
    try:
        # What is refused half-way is undone, alone.
        with transaction.atomic():
            row = _locked(decision.sign_up_id, shifts, actor)
            if decision.verb == SignUpDecision.ACCEPT:
                accept_locked(row, actor=actor)
            else:
                decline_locked(row, reason=decision.reason, actor=actor)
    except DomainError as error:
        return Outcome(decision.sign_up_id, None, error)
    return Outcome(decision.sign_up_id, row, None)


def _locked(sign_up_id: UUID, shifts: dict[UUID, Shift], actor: User) -> SignUp:
    """The sign-up and its shift as those before it have left them. Raises NotVisible."""
    rows = SignUp.objects.run_by(actor).filter(pk=sign_up_id, shift__in=shifts)
    row = rows.select_for_update(of=("self",)).select_related("person").first()
    if row is None:
        raise NotVisible
    row.shift = shifts[row.shift_id]
    row.shift.refresh_from_db(fields=["taken_count"])
    return row
