"""Organisations: made and verified by the region, run by their members."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import invitations
from accounts.models import Invitation, InvitationKind, User
from common.errors import BadInput, DomainError, NotAllowed, ensure_reason, next_state
from common.models import uuid7
from common.text import with_ascii_host
from common.versions import ensure_version
from missions import notices, selectors
from missions.models import Organization, OrganizationMembership, Shift
from missions.registers import ensure_numbers_right, read_numbers
from missions.services.locks import lock_everybody_on
from missions.services.shift_changes import cancel_sign_ups
from missions.states import (
    MEMBERSHIP_TRANSITIONS,
    OPEN_ORGANIZATION,
    ORGANIZATION_TRANSITIONS,
    OrganizationRole,
)
from notifications import outbox
from notifications.outbox import Notice

# By what people and the State know it.
IDENTITY = ("name", "rna", "siren", "siret")
LONGEST_PATH = 400


class LastManager(DomainError):
    """409: an organisation that has managers keeps one."""

    code = "last_manager"
    detail = _("The last manager cannot leave: name another one first.")


class TreeTooDeep(BadInput):
    code = "tree_too_deep"


@transaction.atomic
def create_organization(
    *, name: str, kind: str, parent: Organization | None, actor: User, **facts: Any
) -> Organization:
    """Makes an organisation, unverified, under its parent: by the region, or by who manages the parent.

    Raises NotAllowed, RegisterNumberWrong, TreeTooDeep.
    """
    if not (actor.is_region_staff or (parent and selectors.manages(actor, parent))):
        raise NotAllowed
    pk = uuid7()
    path = f"{parent.path if parent else ''}{pk.hex}/"
    if len(path) > LONGEST_PATH:
        raise TreeTooDeep(fields={"parent": _("This organisation is too deep in its tree to have others under it.")})
    row = Organization(pk=pk, path=path, name=name, kind=kind, parent=parent, **facts)
    row.url = with_ascii_host(row.url)
    _write_numbers(row)
    row.save(force_insert=True)
    if not actor.is_region_staff:
        _tell_region(notices.organization_to_verify, row)
    return row


@transaction.atomic
def edit_organization(
    organization: Organization, changes: dict[str, Any], *, expected: set[int] | None, actor: User
) -> Organization:
    """Changes what it says of itself; a new name or number of one that is public is told to the region at once.

    Raises NotAllowed: who manages it, or the region; Stale, RegisterNumberWrong.
    """
    if not (actor.is_region_staff or selectors.manages(actor, organization)):
        raise NotAllowed
    row = _locked(organization)
    ensure_version(row, expected)
    former = [getattr(row, name) for name in IDENTITY]
    for name, value in changes.items():
        setattr(row, name, value)
    row.url = with_ascii_host(row.url)
    _write_numbers(row)
    renamed = former != [getattr(row, name) for name in IDENTITY]
    row.version += 1
    row.save(update_fields=[*{*changes, *IDENTITY}, "version"])
    if renamed and row.status in OPEN_ORGANIZATION and not actor.is_region_staff:
        _tell_region(notices.organization_renamed, row)
    return row


def _write_numbers(row: Organization) -> None:
    """Writes its numbers as the State does. Raises RegisterNumberWrong."""
    numbers = read_numbers(rna=row.rna, siren=row.siren, siret=row.siret)
    ensure_numbers_right(numbers)
    row.rna, row.siren, row.siret = numbers


def _locked(organization: Organization) -> Organization:
    return Organization.objects.select_for_update(of=("self",), no_key=True).get(pk=organization.pk)


def _tell_region(say: Callable[[Any], Notice], row: Organization) -> None:
    for person in selectors.region_staff():
        key = f"{say.__name__}:{row.pk}:{row.version}:{person.pk}"
        outbox.publish(say, row, to=person, dedupe_key=key)


def _tell_members(row: Organization) -> None:
    for member in selectors.organizers_of(row):
        key = f"organization-decided:{row.pk}:{row.version}:{member.pk}"
        outbox.publish(notices.organization_decided, row, to=member, dedupe_key=key)


def _move(row: Organization, status: str, **changes: Any) -> Organization:
    for name, value in {"status": status, "version": row.version + 1, **changes}.items():
        setattr(row, name, value)
    row.save(update_fields=["status", "version", *changes])
    _tell_members(row)
    return row


@transaction.atomic
def decide_organization(organization: Organization, verb: str, *, actor: User) -> Organization:
    """`verify`, `refuse`, `trust` or `distrust` by the region; its members are told. Raises NotAllowed, WrongState."""
    if not actor.is_region_staff:
        raise NotAllowed
    row = _locked(organization)
    status = next_state(ORGANIZATION_TRANSITIONS, verb, row.status)
    return _move(row, status, decided_at=timezone.now(), decided_by=actor)


@transaction.atomic
def suspend_organization(organization: Organization, *, reason: str, actor: User) -> Organization:
    """The region suspends it, not what is under it: its missions leave the feed, the places to come are released.

    Raises NotAllowed, BadInput (`reason_needed`), WrongState.
    """
    if not actor.is_region_staff:
        raise NotAllowed
    ensure_reason(reason)
    row = _locked(organization)
    status = next_state(ORGANIZATION_TRANSITIONS, "suspend", row.status)
    row = _move(
        row, status, former_status=row.status, suspended_at=timezone.now(), suspension_reason=reason
    )
    coming = Shift.objects.upcoming(timezone.now()).filter(mission__organization=row)
    for shift in lock_everybody_on(coming.values_list("pk", flat=True)):
        # Why is between the region and the organisation.
        cancel_sign_ups(shift, "")
    return row


@transaction.atomic
def restore_organization(organization: Organization, *, actor: User) -> Organization:
    """Makes a suspended one what it was; released places do not come back. Raises NotAllowed, WrongState."""
    if not actor.is_region_staff:
        raise NotAllowed
    row = _locked(organization)
    next_state(ORGANIZATION_TRANSITIONS, "restore", row.status)
    return _move(row, row.former_status, former_status="", suspended_at=None, suspension_reason="")


@transaction.atomic
def invite_member(organization: Organization, *, email: str, role: str, actor: User) -> Invitation:
    """Invites an address as coordinator or manager. Raises NotAllowed: who runs it as manager, or the region."""
    if not (actor.is_region_staff or selectors.manages(actor, organization)):
        raise NotAllowed
    return invitations.invite(
        email=email,
        kind=InvitationKind.ORGANIZATION_MEMBER,
        target_id=organization.pk,
        target_name=organization.name,
        role=role,
        actor=actor,
    )


def join_by_invitation(*, invitation: Invitation, person: User) -> None:
    """Hook `invitation_accepted`: makes the organisation membership."""
    if invitation.kind == InvitationKind.ORGANIZATION_MEMBER:
        organization = Organization.objects.get(pk=invitation.target_id)
        add_member(organization=organization, person=person, role=invitation.role)


@transaction.atomic
def end_membership(membership: OrganizationMembership, *, actor: User) -> OrganizationMembership:
    """Ends a membership, one's own or, for a manager or the region, anyone's; its rights end at the next request.

    Raises NotAllowed, WrongState, LastManager.
    """
    others = actor.is_region_staff or selectors.manages(actor, membership.organization)
    if membership.person_id != actor.pk and not others:
        raise NotAllowed
    # The organisation's lock, so that two last managers cannot leave past each other.
    Organization.objects.select_for_update(of=("self",), no_key=True).get(pk=membership.organization_id)
    locked = (
        OrganizationMembership.objects.select_for_update(of=("self",)).select_related("person").get(pk=membership.pk)
    )
    status = next_state(MEMBERSHIP_TRANSITIONS, "end", locked.status)
    managers = OrganizationMembership.objects.active().filter(
        organization_id=locked.organization_id, role=OrganizationRole.MANAGER
    )
    if locked.role == OrganizationRole.MANAGER and not managers.exclude(pk=locked.pk).exists():
        raise LastManager
    locked.status = status
    locked.ended_at = timezone.now()
    locked.save(update_fields=["status", "ended_at"])
    return locked


@transaction.atomic
def add_member(*, organization: Organization, person: User, role: str) -> OrganizationMembership:
    """Makes a person a member; an active membership of that role is returned as it is."""
    Organization.objects.select_for_update(of=("self",), no_key=True).get(pk=organization.pk)
    known = OrganizationMembership.objects.active().filter(organization=organization, person=person, role=role)
    return known.first() or OrganizationMembership.objects.create(
        organization=organization, person=person, role=role
    )
