"""A mission's facts are written here, whoever wrote or accepted them, and people on it feel what concerns them."""

from contextlib import suppress
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.errors import BadInput
from missions.models import Mission
from missions.services.locks import lock_everybody_on, lock_mission
from missions.services.shift_changes import follow_change
from missions.services.territories import commune_code_of
from missions.services.writing import write_mission
from notifications import outbox

PLACE = ("address", "postal_code", "city", "latitude", "longitude", "is_remote")
# In which commune and department that is: what people look for.
TERRITORY = ("commune_code", "department_code")
# After publication the region reads these first, unless it trusts the organisation.
REVISED = ("title", "description", *PLACE, *TERRITORY, "min_age", "requirements")
# With these, somebody who fitted may fit no longer.
FELT = {*PLACE, "min_age", "requirements"}


def ensure_place(facts: dict[str, Any]) -> None:
    """Raises BadInput (`place_impossible`) unless there is a whole point, or none and the mission is remote."""
    has_point = facts["latitude"] is not None and facts["longitude"] is not None
    has_none = facts["latitude"] is None and facts["longitude"] is None
    if facts["is_remote"] and not has_none:
        said = _("A remote mission has no point: leave latitude and longitude out.")
        raise BadInput(code="place_impossible", fields={"latitude": said})
    if not facts["is_remote"] and not has_point:
        raise BadInput(code="place_impossible", fields={"latitude": _("Give latitude and longitude, or remote.")})


def differing(mission: Mission, changes: dict[str, Any]) -> dict[str, Any]:
    """Of the changes, those that change something."""
    return {name: value for name, value in changes.items() if getattr(mission, name) != value}


class _Undone(Exception):
    """Takes back a change that was only tried."""


def ensure_loses_nobody(mission: Mission, changes: dict[str, Any]) -> None:
    """Tries the changes on a locked mission and takes them back. Raises WouldLose when somebody would lose by them."""
    with suppress(_Undone), transaction.atomic():
        apply_changes(lock_mission(mission.pk), changes, accept_losses=False)
        raise _Undone


def apply_changes(mission: Mission, changes: dict[str, Any], *, accept_losses: bool) -> None:
    """Writes them on a locked mission; everybody on its shifts to come is asked about again and told, if they feel it.

    Raises BadInput (`place_impossible`), WouldLose unless losses are accepted.
    """
    changes = differing(mission, changes)
    if {"postal_code", "city"} & set(changes) and "commune_code" not in changes:
        address = {name: changes.get(name, getattr(mission, name)) for name in ("postal_code", "city")}
        # The department of an address with another postal code may be another.
        department_code = changes.get("department_code", "" if "postal_code" in changes else mission.department_code)
        changes["commune_code"] = commune_code_of(**address, department_code=department_code)
    coming = mission.shifts.upcoming(timezone.now()).values_list("pk", flat=True)
    shifts = lock_everybody_on(coming) if FELT & set(changes) else []
    for name, value in changes.items():
        setattr(mission, name, value)
    ensure_place({name: getattr(mission, name) for name in PLACE})
    mission.version += 1
    write_mission(mission, *changes, "version")
    if shifts:
        occasion = outbox.occasion_of("mission", mission.version)
        follow_change(mission, shifts, occasion=occasion, accept_losses=accept_losses)
