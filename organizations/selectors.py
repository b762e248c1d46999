"""Who is what to an organisation, and who looks after all of them."""

from accounts.models import REGION_GROUP, User
from accounts.states import MembershipStatus
from organizations.models import Organization, OrganizationMembership


def is_organizer(person: User) -> bool:
    """Whether the person is an active coordinator or manager of any organisation."""
    return OrganizationMembership.objects.active().of(person).exists()


def is_organization_manager(person: User) -> bool:
    """Whether the person is an active manager of any organisation."""
    return OrganizationMembership.objects.active().managers().of(person).exists()


def has_ties(*, person: User) -> bool:
    """Hook `person_stays`: whether the person is or was a member of an organisation."""
    return OrganizationMembership.objects.of(person).exists()


def runs(person: User, organization: Organization) -> bool:
    """Whether the person is a coordinator of this organisation, or a manager of it or of one above it."""
    return Organization.objects.run_by(person).filter(pk=organization.pk).exists()


def manages(person: User, organization: Organization) -> bool:
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


def region_staff() -> list[User]:
    """Who looks after organisations, missions and reports for the region."""
    staff = User.objects.filter(groups__name=REGION_GROUP, is_staff=True, is_active=True, suspended_at__isnull=True)
    return list(staff.order_by("id"))
