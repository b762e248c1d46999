"""How notices say when, where and about what."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from common import readable
from missions.models import Shift, SignUp

SOON = timedelta(hours=24)


def when(moment: datetime) -> str:
    """A Paris date and time as people read it."""
    return readable.moment(moment)


def about(sign_up: SignUp) -> dict[str, str]:
    return {"sign_up": str(sign_up.pk), "shift": str(sign_up.shift_id), "mission": str(sign_up.shift.mission_id)}


def is_soon(shift: Shift) -> bool:
    """Whether what happens to the shift cannot wait for the end of the quiet hours: it starts soon, or was to."""
    first = min(filter(None, (shift.starts_at, shift.former_starts_at)))
    return first - timezone.now() <= SOON


def facts_of(shift: Shift) -> dict[str, str]:
    mission = shift.mission
    where = ", ".join(part for part in (mission.address, mission.city) if part) or _("remote")
    return {"mission": mission.title, "when": when(shift.starts_at), "where": where}
