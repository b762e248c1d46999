"""How missions end: closed, cancelled, and at last archived."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import DomainError, NotAllowed, ensure_reason, next_state
from missions import notices
from missions.models import Mission, Shift, SignUp
from missions.services.locks import lock_everybody_on, lock_mission
from missions.services.revisions import drop_revision
from missions.services.shift_changes import cancel_sign_ups
from missions.services.writing import write_mission, write_shift
from missions.states import MISSION_TRANSITIONS, SHIFT_TRANSITIONS, SignUpStatus
from notifications import outbox
from organizations import selectors as organizations


class SomebodyWaits(DomainError):
    """409: a closed mission takes nobody in, so that those who asked must have an answer first."""

    code = "sign_ups_pending"
    detail = _("People wait for your answer: accept or decline them first.")


def _end(mission: Mission, verb: str, **changes: Any) -> Mission:
    mission.status = next_state(MISSION_TRANSITIONS, verb, mission.status)
    mission.version += 1
    for name, value in changes.items():
        setattr(mission, name, value)
    write_mission(mission, "status", "version", *changes)
    drop_revision(mission)
    return mission


@transaction.atomic
def close_mission(mission: Mission, *, actor: User) -> Mission:
    """Takes it off the feed: nobody signs up any more, people who have a place keep it.

    Raises NotAllowed, WrongState, SomebodyWaits.
    """
    mission = lock_mission(mission.pk)
    if not organizations.runs(actor, mission.organization):
        raise NotAllowed
    next_state(MISSION_TRANSITIONS, "close", mission.status)
    coming = mission.shifts.upcoming(timezone.now())
    lock_everybody_on(coming.values_list("pk", flat=True))
    if SignUp.objects.filter(shift__in=coming.values("pk"), status=SignUpStatus.PENDING).exists():
        raise SomebodyWaits
    return _end(mission, "close", ended_at=timezone.now())


@transaction.atomic
def cancel_mission(mission: Mission, *, reason: str, actor: User) -> Mission:
    """It does not take place, or no more: its shifts that are not over are cancelled, everybody and guardians told.

    By its organisers or the region, who are told of each other's word. Raises NotAllowed, BadInput
    (`reason_needed`), WrongState.
    """
    ensure_reason(reason)
    mission = lock_mission(mission.pk)
    if not (actor.is_region_staff or organizations.runs(actor, mission.organization)):
        raise NotAllowed
    next_state(MISSION_TRANSITIONS, "cancel", mission.status)
    coming = mission.shifts.upcoming(timezone.now())
    shifts = lock_everybody_on(coming.values_list("pk", flat=True))
    mission = _end(mission, "cancel", ended_at=timezone.now(), cancel_reason=reason)
    for shift in shifts:
        cancel_locked_shift(shift, reason)
    for member in organizations.organizers_of(mission.organization):
        if member.pk != actor.pk:
            outbox.publish(notices.mission_cancelled, mission, to=member)
    return mission


def cancel_locked_shift(shift: Shift, reason: str) -> None:
    """Cancels a shift that is locked with everybody on it; they and guardians of minors are told."""
    shift.status = next_state(SHIFT_TRANSITIONS, "cancel", shift.status)
    shift.cancel_reason, shift.cancelled_at = reason, timezone.now()
    shift.version += 1
    write_shift(shift, "status", "cancel_reason", "cancelled_at", "version")
    if not Shift.objects.upcoming(timezone.now()).filter(mission=shift.mission_id).exists():
        Mission.objects.filter(pk=shift.mission_id).update(awaits_shift=True)
    cancel_sign_ups(shift, reason)


def close_finished_missions() -> None:
    """Job: closes published missions after their last shift; unlists those left with cancelled ones to come alone.

    Safe to run twice.
    """
    for pk in list(Mission.objects.finished(timezone.now()).order_by("pk").values_list("pk", flat=True)):
        _close_if_finished(pk)
    for pk in list(Mission.objects.left_without_shifts(timezone.now()).order_by("pk").values_list("pk", flat=True)):
        _unlist_if_left(pk)


@transaction.atomic
def _unlist_if_left(mission_id: UUID) -> None:
    mission = lock_mission(mission_id)
    Mission.objects.left_without_shifts(timezone.now()).filter(pk=mission.pk).update(awaits_shift=True)


@transaction.atomic
def _close_if_finished(mission_id: UUID) -> None:
    mission = lock_mission(mission_id)
    if Mission.objects.finished(timezone.now()).filter(pk=mission.pk).exists():
        _end(mission, "close", ended_at=timezone.now())


def archive_missions() -> None:
    """Job: archives what was closed or cancelled MISSION_ARCHIVE_DAYS ago and has no shift to come.

    Until then these can be moved and cancelled. Safe to run twice.
    """
    now = timezone.now()
    to_archive = Mission.objects.to_archive(now - timedelta(days=settings.MISSION_ARCHIVE_DAYS), now)
    for pk in list(to_archive.order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            mission = lock_mission(pk)
            if to_archive.filter(pk=pk).exists():
                _end(mission, "archive", archived_at=timezone.now())
