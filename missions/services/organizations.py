"""Organisations: made and verified by the region, run by their members."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from common.errors import NotAllowed, next_state
from common.models import uuid7
from missions import notices, selectors
from missions.models import Organization, OrganizationMembership
from missions.states import ORGANIZATION_TRANSITIONS
from notifications import outbox


@transaction.atomic
def create_organization(*, name: str, kind: str, parent: Organization | None, actor: Any) -> Organization:
    """Makes an organisation, unverified, under its parent. Raises NotAllowed: only the region makes them."""
    if not actor.is_region_staff:
        raise NotAllowed
    pk = uuid7()
    path = f"{parent.path if parent else ''}{pk.hex}/"
    return Organization.objects.create(pk=pk, path=path, name=name, kind=kind, parent=parent)


@transaction.atomic
def decide_organization(organization: Organization, verb: str, *, actor: Any) -> Organization:
    """`verify` or `refuse` by the region. Raises NotAllowed, WrongState."""
    if not actor.is_region_staff:
        raise NotAllowed
    organization = Organization.objects.select_for_update(of=("self",)).get(pk=organization.pk)
    organization.status = next_state(ORGANIZATION_TRANSITIONS, verb, organization.status)
    organization.decided_at = timezone.now()
    organization.decided_by = actor
    organization.save(update_fields=["status", "decided_at", "decided_by"])
    for member in selectors.organizers_of(organization):
        outbox.publish(
            notices.organization_decided,
            organization,
            to=member,
            dedupe_key=f"organization-decided:{organization.pk}:{organization.status}:{member.pk}",
        )
    return organization


@transaction.atomic
def add_member(*, organization: Organization, person: User, role: str) -> OrganizationMembership:
    """Makes a person a member; an active membership of that role is returned as it is."""
    Organization.objects.select_for_update(of=("self",), no_key=True).get(pk=organization.pk)
    known = OrganizationMembership.objects.active().filter(organization=organization, person=person, role=role)
    return known.first() or OrganizationMembership.objects.create(
        organization=organization, person=person, role=role
    )
