"""Who would lose a place or a consent by a change: said before it is made, so that a typo costs nobody a place."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError
from consents.models import Consent
from missions.models import SignUp
from missions.notices.reasons import sentence
from missions.states import LIVE_SIGN_UP, Reason


class WouldLose(DomainError):
    """409 with `losses`: for each its `sign_up`, `shift`, `person_name`, machine `reason` and its sentence (`detail`).

    A consent without a live sign-up has no `sign_up` and names nobody: organisers do not know of it.
    """

    code = "would_lose"
    detail = _(
        "With this change people lose their place, or a guardian's consent ends. See who, and confirm only if it is "
        "meant."
    )

    def __init__(self, losses: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(extra={"losses": list(losses)})


def ensure_nobody_lost(names: Mapping[UUID, str], lapsed: Sequence[Consent]) -> None:
    """Raises WouldLose when one of the sign-ups that were live ended, or a consent lapsed.

    `names` are the sign-ups that were live before the change, with what organisers may read of each person. Called
    after the change, in its transaction, which the refusal then undoes.
    """
    ended = SignUp.objects.filter(pk__in=names).exclude(status__in=LIVE_SIGN_UP).order_by("shift__starts_at", "pk")
    losses = [_loss(row, names[row.pk], row.machine_reason or Reason.CONSENT_NEEDED) for row in ended]
    told = {row.person_id for row in ended}
    for consent in lapsed:
        if consent.student_id not in told:
            of_student = SignUp.objects.live().filter(person=consent.student_id, shift__mission=consent.mission_id)
            row = of_student.select_related("person", "shift").order_by("shift__starts_at").first()
            losses.append(_loss(row, row.display_name if row else "", Reason.CONSENT_NEEDED))
    if losses:
        raise WouldLose(losses)


def ensure_none_of_theirs_lost(ended: Sequence[SignUp]) -> None:
    """Raises WouldLose when these sign-ups of one person ended by what was said of them, which the refusal undoes."""
    if ended:
        raise WouldLose([_loss(row, row.display_name, row.machine_reason) for row in ended])


def _loss(row: SignUp | None, name: str, reason: str) -> dict[str, Any]:
    facts = {"min_age": row.shift.mission.min_age} if row else {}
    return {
        "sign_up": str(row.pk) if row else None,
        "shift": str(row.shift_id) if row else None,
        "person_name": name,
        "reason": str(reason),
        "detail": sentence(Reason(reason), facts, to_person=False),
    }
