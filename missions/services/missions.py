"""Missions and their shifts: written by the organisation, reviewed by the region."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import REGION_GROUP
from common.errors import BadInput, DomainError, NotAllowed, WrongState, next_state
from common.versions import ensure_version
from missions import notices, selectors
from missions.models import Mission, Organization, Shift
from missions.states import EDITABLE_MISSION, MISSION_TRANSITIONS, OrganizationStatus
from notifications import outbox

LONGEST_SHIFT = timedelta(hours=12)
# A mission may be written up to a day late, while it happens; not for last month.
OLDEST_START = timedelta(hours=24)
FURTHEST_START = timedelta(days=2 * 366)
PLACE_FIELDS = {"latitude", "longitude", "is_remote"}


class ShiftImpossible(BadInput):
    code = "shift_impossible"


def _ensure_place(facts: dict[str, Any]) -> None:
    has_point = facts["latitude"] is not None and facts["longitude"] is not None
    has_none = facts["latitude"] is None and facts["longitude"] is None
    if facts["is_remote"] and not has_none:
        raise BadInput(code="place_impossible", fields={"latitude": _("A remote mission has no point.")})
    if not facts["is_remote"] and not has_point:
        raise BadInput(code="place_impossible", fields={"latitude": _("Give latitude and longitude, or remote.")})


@transaction.atomic
def create_mission(*, organization: Organization, actor: Any, **facts: Any) -> Mission:
    """A draft of the organisation. Raises NotAllowed, BadInput (`place_impossible`)."""
    if not selectors.runs(actor, organization):
        raise NotAllowed
    _ensure_place(facts)
    return Mission.objects.create(organization=organization, **facts)


def _locked(mission: Mission) -> Mission:
    return Mission.objects.select_for_update(of=("self",)).select_related("organization").get(pk=mission.pk)


@transaction.atomic
def edit_mission(mission: Mission, changes: dict[str, Any], *, expected: set[int] | None, actor: Any) -> Mission:
    """Changes a draft. Raises NotAllowed, Stale, WrongState once it is in review or published."""
    mission = _locked(mission)
    if not selectors.runs(actor, mission.organization):
        raise NotAllowed
    ensure_version(mission, expected)
    if mission.status not in EDITABLE_MISSION:
        raise WrongState("edit", mission.status)
    for name, value in changes.items():
        setattr(mission, name, value)
    _ensure_place({name: getattr(mission, name) for name in PLACE_FIELDS})
    mission.version += 1
    mission.save(update_fields=[*changes, "version"])
    return mission


@transaction.atomic
def add_shift(mission: Mission, *, starts_at: datetime, ends_at: datetime, capacity: int, actor: Any) -> Shift:
    """Adds a shift of at most 12 h that has not ended, within two years. Raises NotAllowed, ShiftImpossible."""
    mission = _locked(mission)
    if not selectors.runs(actor, mission.organization):
        raise NotAllowed
    if ends_at <= starts_at or ends_at - starts_at > LONGEST_SHIFT:
        raise ShiftImpossible(fields={"ends_at": _("A shift ends after it starts and lasts at most 12 hours.")})
    now = timezone.now()
    if ends_at <= now or starts_at < now - OLDEST_START:
        raise ShiftImpossible(fields={"starts_at": _("This shift is over.")})
    if starts_at > now + FURTHEST_START:
        raise ShiftImpossible(fields={"starts_at": _("A shift starts within two years.")})
    return Shift.objects.create(mission=mission, starts_at=starts_at, ends_at=ends_at, capacity=capacity)


def _move(mission: Mission, verb: str, **changes: Any) -> Mission:
    mission.status = next_state(MISSION_TRANSITIONS, verb, mission.status)
    mission.version += 1
    for name, value in changes.items():
        setattr(mission, name, value)
    mission.save(update_fields=["status", "version", *changes])
    return mission


@transaction.atomic
def submit_mission(mission: Mission, *, actor: Any) -> Mission:
    """Hands the mission to the region. Raises NotAllowed, WrongState, DomainError (`organization_unverified`,
    `no_future_shift`)."""
    mission = _locked(mission)
    if not selectors.runs(actor, mission.organization):
        raise NotAllowed
    if mission.organization.status != OrganizationStatus.VERIFIED:
        raise DomainError(_("The region has not verified this organisation."), code="organization_unverified")
    if not mission.shifts.filter(starts_at__gt=timezone.now()).exists():
        raise DomainError(_("Add a shift that is still to come."), code="no_future_shift")
    mission = _move(mission, "submit", review_reason="")
    region = get_user_model().objects.filter(groups__name=REGION_GROUP, is_active=True)
    for person in region:
        outbox.publish(
            notices.mission_to_review,
            mission,
            to=person,
            dedupe_key=f"mission-to-review:{mission.pk}:{mission.version}:{person.pk}",
        )
    return mission


@transaction.atomic
def withdraw_mission(mission: Mission, *, actor: Any) -> Mission:
    """Takes the mission back from review. Raises NotAllowed, WrongState."""
    mission = _locked(mission)
    if not selectors.runs(actor, mission.organization):
        raise NotAllowed
    return _move(mission, "withdraw")


@transaction.atomic
def review_mission(mission: Mission, verb: str, *, reason: str = "", actor: Any) -> Mission:
    """`approve` publishes, `request_changes` gives it back with a reason. Raises NotAllowed, WrongState, BadInput."""
    if not actor.is_region_staff:
        raise NotAllowed
    if verb == "request_changes" and not reason.strip():
        raise BadInput(code="reason_needed", fields={"reason": _("Say what must change.")})
    mission = _locked(mission)
    changes: dict[str, Any] = {"review_reason": reason}
    if verb == "approve":
        changes["published_at"] = timezone.now()
    mission = _move(mission, verb, **changes)
    for member in selectors.organizers_of(mission.organization):
        outbox.publish(
            notices.mission_reviewed,
            mission,
            to=member,
            dedupe_key=f"mission-reviewed:{mission.pk}:{mission.version}:{member.pk}",
        )
    return mission


