"""Answers about organisations and places that no single model owns."""

from typing import Any

from accounts.models import User
from missions.models import Organization, OrganizationMembership
from missions.states import MembershipStatus, OrganizationRole


def is_organizer(person: Any) -> bool:
    """Whether the person is an active coordinator or manager of any organisation."""
    return OrganizationMembership.objects.active().filter(person=person).exists()


def is_organization_manager(person: Any) -> bool:
    """Whether the person is an active manager of any organisation."""
    return OrganizationMembership.objects.active().filter(person=person, role=OrganizationRole.MANAGER).exists()


def runs(person: Any, organization: Organization) -> bool:
    """Whether the person is a coordinator of this organisation, or a manager of it or of one above it."""
    return Organization.objects.run_by(person).filter(pk=organization.pk).exists()


def manages(person: Any, organization: Organization) -> bool:
    """Whether the person is a manager of this organisation or of one above it."""
    return Organization.objects.managed_by(person).filter(pk=organization.pk).exists()


def organizers_of(organization: Organization) -> list[User]:
    """The active members of the organisation itself, whom its news concern."""
    return list(
        User.objects.filter(
            organization_memberships__organization=organization,
            organization_memberships__status=MembershipStatus.ACTIVE,
            is_active=True,
        ).distinct()
    )
