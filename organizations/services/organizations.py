"""Organisations: made and verified by the region, run by their members."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common import hooks
from common.errors import BadInput, NotAllowed, ensure_reason, next_state
from common.models import uuid7
from common.text import with_ascii_host
from common.versions import ensure_version
from notifications import outbox
from notifications.outbox import Notice
from organizations import notices, selectors
from organizations.models import Organization
from organizations.registers import ensure_numbers_right, read_numbers
from organizations.states import OPEN_ORGANIZATION, ORGANIZATION_TRANSITIONS

# By what people and the State know it.
IDENTITY = ("name", "rna", "siren", "siret")
LONGEST_PATH = 400


class TreeTooDeep(BadInput):
    code = "tree_too_deep"


@transaction.atomic
def create_organization(
    *, name: str, kind: str, parent: Organization | None, actor: User, **facts: Any
) -> Organization:
    """Makes an organisation, unverified, under its parent: by the region, or by managers of the parent.

    Raises NotAllowed, RegisterNumberWrong, TreeTooDeep.
    """
    if not (actor.is_region_staff or (parent and selectors.manages(actor, parent))):
        raise NotAllowed
    pk = uuid7()
    path = f"{parent.path if parent else ''}{pk.hex}/"
    if len(path) > LONGEST_PATH:
        said = _("This organisation is too deep in its tree to have others under it. Choose one above it.")
        raise TreeTooDeep(fields={"parent": said})
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

    Raises NotAllowed: its managers may, and the region; Stale, RegisterNumberWrong.
    """
    if not (actor.is_region_staff or selectors.manages(actor, organization)):
        raise NotAllowed
    row = lock_organization(organization)
    ensure_version(row, expected)
    former = [getattr(row, name) for name in IDENTITY]
    for name, value in changes.items():
        setattr(row, name, value)
    row.url = with_ascii_host(row.url)
    _write_numbers(row)
    is_another = former != [getattr(row, name) for name in IDENTITY]
    row.version += 1
    row.save(update_fields=[*{*changes, *IDENTITY}, "version"])
    if row.name != former[0]:
        hooks.organization_renamed(organization=row)
    if is_another and row.status in OPEN_ORGANIZATION and not actor.is_region_staff:
        _tell_region(notices.organization_renamed, row)
    return row


def _write_numbers(row: Organization) -> None:
    """Writes its numbers as the State does. Raises RegisterNumberWrong."""
    numbers = read_numbers(rna=row.rna, siren=row.siren, siret=row.siret)
    ensure_numbers_right(numbers)
    row.rna, row.siren, row.siret = numbers


def lock_organization(organization: Organization) -> Organization:
    """The organisation as it is now, under a lock that rows may still point to."""
    return Organization.objects.select_for_update(of=("self",), no_key=True).get(pk=organization.pk)


def _tell_region(say: Callable[[Any], Notice], row: Organization) -> None:
    for person in selectors.region_staff():
        outbox.publish(say, row, to=person, occasion=outbox.occasion_of(row.version))


def _tell_members(row: Organization) -> None:
    for member in selectors.organizers_of(row):
        outbox.publish(notices.organization_decided, row, to=member, occasion=outbox.occasion_of(row.version))


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
    row = lock_organization(organization)
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
    row = lock_organization(organization)
    status = next_state(ORGANIZATION_TRANSITIONS, "suspend", row.status)
    row = _move(row, status, former_status=row.status, suspended_at=timezone.now(), suspension_reason=reason)
    hooks.organization_suspended(organization=row)
    return row


@transaction.atomic
def restore_organization(organization: Organization, *, actor: User) -> Organization:
    """Makes a suspended one what it was; released places do not come back. Raises NotAllowed, WrongState."""
    if not actor.is_region_staff:
        raise NotAllowed
    row = lock_organization(organization)
    next_state(ORGANIZATION_TRANSITIONS, "restore", row.status)
    return _move(row, row.former_status, former_status="", suspended_at=None, suspension_reason="")
