"""Missions: written by the organisation, reviewed by the region unless it trusts the organisation."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import BadInput, DomainError, NotAllowed, WrongState, next_state
from common.files import drop_file, keep_read_file, open_file
from common.models import uuid7
from common.pictures import name_in_size
from common.reading import ReadFile
from common.versions import ensure_version
from missions import notices
from missions.models import Mission
from missions.services.locks import lock_mission
from missions.services.mission_changes import PLACE, REVISED, apply_changes, differing, ensure_place
from missions.services.revisions import overtake_revision, propose_revision
from missions.services.territories import commune_code_of
from missions.services.writing import write_mission
from missions.states import EDITABLE_MISSION, MISSION_TRANSITIONS, MissionStatus
from notifications import outbox
from organizations import selectors as organizations
from organizations.models import Organization
from organizations.states import OPEN_ORGANIZATION, OrganizationStatus

# What a copy takes over: all that is written, nothing that happened.
COPIED = (
    *REVISED,
    "domain",
    "activities",
    "beneficiaries",
    "audience",
    "sign_up_mode",
    "contact",
)


@transaction.atomic
def create_mission(*, organization: Organization, actor: User, **facts: Any) -> Mission:
    """A draft of the organisation, whose sign-up mode it takes unless it names one.

    Raises NotAllowed, BadInput (`place_impossible`).
    """
    if not organizations.runs(actor, organization):
        raise NotAllowed
    ensure_place({name: facts.get(name) for name in PLACE})
    facts.setdefault("sign_up_mode", organization.default_sign_up_mode)
    facts["commune_code"] = facts.get("commune_code") or commune_code_of(
        facts.get("postal_code", ""), facts.get("city", ""), facts.get("department_code", "")
    )
    return write_mission(Mission(organization=organization, **facts))


def _own(mission: Mission, actor: User) -> Mission:
    """The mission under its lock; raises NotAllowed for an actor who does not run it."""
    mission = lock_mission(mission.pk)
    if not organizations.runs(actor, mission.organization):
        raise NotAllowed
    return mission


@transaction.atomic
def edit_mission(
    mission: Mission,
    changes: dict[str, Any],
    *,
    expected: set[int] | None,
    accept_losses: bool = False,
    actor: User,
) -> Mission:
    """Changes a draft, or a published mission; of that one the region reads some changes first (revisions).

    Raises NotAllowed, Stale, BadInput (`place_impossible`), WrongState while it is in review or once it has ended,
    WouldLose unless losses are accepted: also for what the region reads first.
    """
    mission = _own(mission, actor)
    ensure_version(mission, expected)
    if mission.status not in EDITABLE_MISSION and mission.status != MissionStatus.PUBLISHED:
        raise WrongState("edit", mission.status)
    is_trusted = mission.organization.status == OrganizationStatus.TRUSTED
    if mission.status == MissionStatus.PUBLISHED and not is_trusted:
        waiting = {name: value for name, value in changes.items() if name in REVISED}
        at_once = {name: value for name, value in changes.items() if name not in REVISED}
        if waiting:
            propose_revision(mission, waiting, accept_losses=accept_losses, actor=actor)
    else:
        at_once = changes
        overtake_revision(mission, differing(mission, changes))
    apply_changes(mission, at_once, accept_losses=accept_losses)
    return mission


@transaction.atomic
def copy_mission(mission: Mission, *, actor: User) -> Mission:
    """A new draft with the same words, place and rules; without shifts and picture. Raises NotAllowed."""
    if not organizations.runs(actor, mission.organization):
        raise NotAllowed
    copied = {name: getattr(mission, name) for name in COPIED}
    return write_mission(Mission(organization=mission.organization, **copied))


@transaction.atomic
def set_image(mission: Mission, picture: ReadFile | None, *, expected: set[int] | None, actor: User) -> Mission:
    """Gives the mission a picture that was read (common.reading), or takes it away.

    Raises NotAllowed, Stale, WrongState once it has ended.
    """
    mission = _own(mission, actor)
    ensure_version(mission, expected)
    if mission.ended_at is not None:
        raise WrongState("edit", mission.status)
    former, mission.image = mission.image, ""
    if picture is not None:
        # A name that nobody guesses and that was never another picture's.
        mission.image = keep_read_file(f"missions/{uuid7().hex}", picture)
    mission.version += 1
    write_mission(mission, "image", "version")
    if former:
        drop_file(former)
    return mission


def image_of(mission: Mission, size: str) -> bytes:
    """The bytes of its picture in that size. Raises NotVisible without one, StorageAway."""
    with open_file(name_in_size(mission.image, size)) as file:
        content: bytes = file.read()
        return content


def _move(mission: Mission, verb: str, **changes: Any) -> Mission:
    mission.status = next_state(MISSION_TRANSITIONS, verb, mission.status)
    mission.version += 1
    for name, value in changes.items():
        setattr(mission, name, value)
    return write_mission(mission, "status", "version", *changes)


def _ensure_open(organization: Organization) -> None:
    if organization.status not in OPEN_ORGANIZATION:
        said = _("The region has not verified this organisation yet. Wait until it has, or write to it.")
        raise DomainError(said, code="organization_unverified")


@transaction.atomic
def submit_mission(mission: Mission, *, actor: User) -> Mission:
    """Hands the mission to the region; a trusted organisation's is published at once.

    Raises NotAllowed, WrongState, DomainError (`organization_unverified`, `no_future_shift`).
    """
    mission = _own(mission, actor)
    is_trusted = mission.organization.status == OrganizationStatus.TRUSTED
    verb = "publish" if is_trusted else "submit"
    next_state(MISSION_TRANSITIONS, verb, mission.status)
    _ensure_open(mission.organization)
    if not mission.shifts.scheduled().filter(starts_at__gt=timezone.now()).exists():
        raise DomainError(_("Add a shift that is still to come."), code="no_future_shift")
    if is_trusted:
        return _move(mission, verb, review_reason="", published_at=timezone.now())
    mission = _move(mission, verb, review_reason="")
    occasion = outbox.occasion_of(mission.version)
    for person in organizations.region_staff():
        outbox.publish(notices.mission_to_review, mission, to=person, occasion=occasion)
    return mission


@transaction.atomic
def withdraw_mission(mission: Mission, *, actor: User) -> Mission:
    """Takes the mission back from review. Raises NotAllowed, WrongState."""
    return _move(_own(mission, actor), "withdraw")


@transaction.atomic
def review_mission(mission: Mission, verb: str, *, reason: str = "", actor: User) -> Mission:
    """`approve` publishes, `request_changes` gives it back with a reason.

    Raises NotAllowed, WrongState, BadInput (`reason_needed`), DomainError (`organization_unverified`).
    """
    if not actor.is_region_staff:
        raise NotAllowed
    if verb == "request_changes" and not reason.strip():
        raise BadInput(code="reason_needed", fields={"reason": _("Say what must change.")})
    mission = lock_mission(mission.pk)
    next_state(MISSION_TRANSITIONS, verb, mission.status)
    changes: dict[str, Any] = {"review_reason": reason}
    if verb == "approve":
        _ensure_open(mission.organization)
        changes["published_at"] = timezone.now()
    mission = _move(mission, verb, **changes)
    occasion = outbox.occasion_of(mission.version)
    for member in organizations.organizers_of(mission.organization):
        outbox.publish(notices.mission_reviewed, mission, to=member, occasion=occasion)
    return mission
