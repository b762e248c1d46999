"""Who is what to an organisation, and who looks after all of them."""

from collections.abc import Iterable
from uuid import UUID

from accounts.models import REGION_GROUP, User
from notifications.models import OutboxMessage
from notifications.selectors import ids_in, named
from organizations.models import Organization, OrganizationMembership
from organizations.states import OrganizationRole


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
    """Whom its news concern: its active members; where it has none, the managers of the nearest one above with any.

    Coordinators above have no part in it: they could not open what they are told of. note: causes one query.
    """
    line = [UUID(hex=one) for one in organization.path.strip("/").split("/")]
    rows = OrganizationMembership.objects.active().filter(organization__in=line, person__is_active=True)
    by_place: dict[UUID, dict[UUID, User]] = {}
    for row in rows.select_related("person").order_by("person"):
        if row.organization_id == organization.pk or row.role == OrganizationRole.MANAGER:
            by_place.setdefault(row.organization_id, {})[row.person_id] = row.person
    return next((list(by_place[one].values()) for one in reversed(line) if one in by_place), [])


def region_staff() -> list[User]:
    """Who looks after organisations, missions and reports for the region."""
    staff = User.objects.filter(groups__name=REGION_GROUP, is_staff=True, is_active=True, suspended_at__isnull=True)
    return list(staff.order_by("id"))


def written_for(*, messages: Iterable[OutboxMessage]) -> dict[UUID, str]:
    """Hook `mail_written_for`: the organisations that they are about. note: causes a query where any is."""
    about = ids_in(messages, "organization")
    return named(about, Organization.objects.filter(pk__in=set(about.values())).values_list("pk", "name"))
