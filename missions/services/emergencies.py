"""The numbers to call when something happens to a minor: around the shift, for its organisers, each view recorded."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import DomainError, NotAllowed
from consents.models import Guardian
from missions.models import EmergencyNumberView, SignUp
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
    now = timezone.now()
    if not sign_up.shift.starts_at - AROUND_THE_SHIFT <= now <= sign_up.shift.ends_at + AROUND_THE_SHIFT:
        raise NoEmergencyNumbers
    EmergencyNumberView.objects.create(sign_up=sign_up, viewer=actor, viewer_name=actor.full_name)
    phones = Guardian.objects.current().filter(student=sign_up.person).exclude(phone="").order_by("id")
    numbers = [EmergencyNumber("guardian", phone) for phone in phones.values_list("phone", flat=True)]
    return numbers + [EmergencyNumber("own", phone) for phone in filter(None, [sign_up.person.phone])]
