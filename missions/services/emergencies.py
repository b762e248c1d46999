"""The numbers to call when something happens to a minor: around the shift, for its organisers, each view recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import DomainError, NotAllowed
from consents.models import Guardian
from missions.models import EmergencyNumberView, Shift, SignUp
from missions.states import SignUpStatus
from organizations import selectors as organizations

AROUND_THE_SHIFT = timedelta(hours=24)


@dataclass(frozen=True)
class EmergencyNumber:
    """A number, and whose it is: `guardian` or `own`."""

    whose: str
    phone: str


class NoEmergencyNumbers(DomainError):
    """409: not now, or not for this person; the code says which."""

    code = "outside_window"
    detail = _("Emergency numbers are shown from 24 hours before the shift to 24 hours after it. In danger, call 112.")


@transaction.atomic
def read_emergency_numbers(sign_up: SignUp, *, actor: User) -> list[EmergencyNumber]:
    """The guardians' numbers, then the minor's own; that they were read is recorded.

    Raises NotAllowed, NoEmergencyNumbers (`not_accepted`, `not_a_minor`, `outside_window`).
    """
    if not organizations.runs(actor, sign_up.shift.mission.organization):
        raise NotAllowed
    if sign_up.status != SignUpStatus.ACCEPTED:
        said = _("This place is not accepted: numbers are shown for accepted people alone.")
        raise NoEmergencyNumbers(said, code="not_accepted")
    if not sign_up.is_of_a_minor:
        said = _("This person is an adult: emergency numbers are shown for minors alone.")
        raise NoEmergencyNumbers(said, code="not_a_minor")
    if not is_time_for_numbers(sign_up.shift):
        raise NoEmergencyNumbers
    EmergencyNumberView.objects.create(sign_up=sign_up, viewer=actor, viewer_name=actor.full_name)
    phones = Guardian.objects.current().filter(student=sign_up.person).exclude(phone="").order_by("id")
    numbers = [EmergencyNumber("guardian", phone) for phone in phones.values_list("phone", flat=True)]
    return numbers + [EmergencyNumber("own", phone) for phone in filter(None, [sign_up.person.phone])]


def is_time_for_numbers(shift: Shift) -> bool:
    """Whether emergency numbers are shown now: from 24 h before the shift to 24 h after it."""
    return shift.starts_at - AROUND_THE_SHIFT <= timezone.now() <= shift.ends_at + AROUND_THE_SHIFT


def read_numbers_of_all(sign_ups: Sequence[SignUp], *, actor: User) -> dict[Any, list[EmergencyNumber]]:
    """As `read_emergency_numbers`, of all accepted minors among these of one shift, by the sign-up's id, each reading
    recorded; nobody's outside of the time. Call it in a transaction, for an actor who runs the mission."""
    minors = [row for row in sign_ups if row.status == SignUpStatus.ACCEPTED and row.is_of_a_minor]
    if not minors or not is_time_for_numbers(minors[0].shift):
        return {}
    EmergencyNumberView.objects.bulk_create(
        EmergencyNumberView(sign_up=row, viewer=actor, viewer_name=actor.full_name) for row in minors
    )
    guardians = Guardian.objects.current().filter(student__in=[row.person_id for row in minors]).exclude(phone="")
    phones: dict[Any, list[EmergencyNumber]] = {row.person_id: [] for row in minors}
    for student_id, phone in guardians.order_by("id").values_list("student", "phone"):
        phones[student_id].append(EmergencyNumber("guardian", phone))
    own = {row.pk: [EmergencyNumber("own", row.person.phone)] if row.person.phone else [] for row in minors}
    return {row.pk: phones[row.person_id] + own[row.pk] for row in minors}
