"""Revisions: what a published mission is to become, once the region has read it."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from common.errors import NotAllowed, WrongState, ensure_reason, next_state
from missions import notices
from missions.kinds import Kind
from missions.models import Mission, MissionRevision
from missions.services.locks import lock_mission
from missions.services.mission_changes import (
    PLACE,
    TERRITORY,
    apply_changes,
    differing,
    ensure_loses_nobody,
    ensure_place,
)
from missions.states import (
    MISSION_REVISION_TRANSITIONS,
    MissionRevisionStatus,
    MissionStatus,
)
from notifications import outbox
from organizations import selectors as organizations


def propose_revision(
    mission: Mission, changes: dict[str, Any], *, accept_losses: bool, actor: User
) -> MissionRevision | None:
    """Puts changes before the region, with those that wait already; the caller holds the mission.

    They take the place of the waiting revision: another row, so that the region never accepts what it has not read.
    None when nothing differs from the mission any more. Raises BadInput (`place_impossible`), WouldLose when somebody
    on it now would lose by it, unless that is accepted: the region asks no more.
    """
    waiting = mission.revisions.proposed().first()
    wanted = differing(mission, {**(waiting.changes if waiting else {}), **changes})
    ensure_place({name: wanted.get(name, getattr(mission, name)) for name in PLACE})
    if not accept_losses:
        ensure_loses_nobody(mission, wanted)
    if waiting:
        outbox.take_back(Kind.REVISION_TO_REVIEW, waiting)
        waiting.delete()
    if not wanted:
        return None
    revision = MissionRevision.objects.create(mission=mission, changes=wanted, proposed_by=actor)
    for person in organizations.region_staff():
        outbox.publish(notices.revision_to_review, revision, to=person)
    return revision


def overtake_revision(mission: Mission, changes: dict[str, Any]) -> None:
    """A field that was changed at once no longer waits; the caller holds the mission."""
    waiting = mission.revisions.proposed().first()
    if waiting is None or not set(waiting.changes) & set(changes):
        return
    gone = {*changes, *((*PLACE, *TERRITORY) if set(changes) & set(PLACE) else ())}
    waiting.changes = {name: value for name, value in waiting.changes.items() if name not in gone}
    if waiting.changes:
        waiting.save(update_fields=["changes"])
    else:
        waiting.delete()


def _locked(revision: MissionRevision, actor: User) -> tuple[Mission, MissionRevision]:
    if not actor.is_region_staff:
        raise NotAllowed
    mission = lock_mission(revision.mission_id)
    row = MissionRevision.objects.select_for_update(of=("self",)).get(pk=revision.pk)
    row.mission = mission
    return mission, row


@transaction.atomic
def accept_revision(revision: MissionRevision, *, actor: User) -> MissionRevision:
    """The mission becomes what was proposed, and people on it are told. Raises NotAllowed, WrongState."""
    mission, row = _locked(revision, actor)
    status = next_state(MISSION_REVISION_TRANSITIONS, "accept", row.status)
    if mission.status != MissionStatus.PUBLISHED:
        raise WrongState("accept", mission.status)
    apply_changes(mission, row.changes, accept_losses=True)
    return _decide(row, status, "", actor)


@transaction.atomic
def refuse_revision(revision: MissionRevision, *, reason: str, actor: User) -> MissionRevision:
    """The mission stays as it was. Raises NotAllowed, BadInput (`reason_needed`), WrongState."""
    ensure_reason(reason)
    _mission, row = _locked(revision, actor)
    return _decide(row, next_state(MISSION_REVISION_TRANSITIONS, "refuse", row.status), reason, actor)


def _decide(row: MissionRevision, status: str, reason: str, actor: User) -> MissionRevision:
    row.status, row.reason, row.decided_by, row.decided_at = status, reason, actor, timezone.now()
    row.save(update_fields=["status", "reason", "decided_by", "decided_at"])
    for member in organizations.organizers_of(row.mission.organization):
        outbox.publish(notices.revision_decided, row, to=member)
    return row


def drop_revision(mission: Mission) -> None:
    """A mission that ends changes no more: what waits is refused by the system; the caller holds the mission."""
    waiting = mission.revisions.proposed().first()
    if waiting is not None:
        outbox.take_back(Kind.REVISION_TO_REVIEW, waiting)
        waiting.status = MissionRevisionStatus.REFUSED
        waiting.decided_at = timezone.now()
        waiting.save(update_fields=["status", "decided_at"])
