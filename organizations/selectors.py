"""Who is what to an organisation, and who looks after all of them."""

from collections.abc import Iterable
from uuid import UUID

from accounts.models import REGION_GROUP, User
from notifications.models import OutboxMessage
from notifications.outbox import ids_in, named
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
    return organizers_of_each([organization])[organization.pk]


def organizers_of_each(organizations: Iterable[Organization]) -> dict[UUID, list[User]]:
    """`organizers_of` each of these, by its id. note: causes one query for all."""
    lines = {one.pk: [UUID(hex=part) for part in one.path.strip("/").split("/")] for one in organizations}
    everywhere = {place for line in lines.values() for place in line}
    rows = OrganizationMembership.objects.active().filter(organization__in=everywhere, person__is_active=True)
    # One person may be coordinator and manager of the same.
    members: dict[UUID, dict[UUID, User]] = {}
    managers: dict[UUID, dict[UUID, User]] = {}
    for row in rows.select_related("person").order_by("person"):
        members.setdefault(row.organization_id, {})[row.person_id] = row.person
        if row.role == OrganizationRole.MANAGER:
            managers.setdefault(row.organization_id, {})[row.person_id] = row.person
    return {
        pk: list((members.get(pk) or next((managers[one] for one in reversed(line) if one in managers), {})).values())
        for pk, line in lines.items()
    }


def region_staff() -> list[User]:
    """Who looks after organisations, missions and reports for the region."""
    staff = User.objects.filter(groups__name=REGION_GROUP, is_staff=True, is_active=True, suspended_at__isnull=True)
    return list(staff.order_by("id"))


def written_for(*, messages: Iterable[OutboxMessage]) -> dict[UUID, str]:
    """Hook `mail_written_for`: the organisations that they are about. note: causes a query where any is."""
    about = ids_in(messages, "organization")
    return named(about, Organization.objects.filter(pk__in=set(about.values())).values_list("pk", "name"))
