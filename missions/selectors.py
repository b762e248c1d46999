"""Answers about organisations and places that no single model owns."""

from typing import Any

from django.db.models import Q

from accounts.models import REGION_GROUP, User
from common.files import Folder
from missions.models import Mission, Organization, OrganizationMembership, SignUp
from missions.states import MembershipStatus, OrganizationRole
from schools.models import Enrolment, StaffMembership


def is_organizer(person: User) -> bool:
    """Whether the person is an active coordinator or manager of any organisation."""
    return OrganizationMembership.objects.active().filter(person=person).exists()


def is_organization_manager(person: User) -> bool:
    """Whether the person is an active manager of any organisation."""
    return OrganizationMembership.objects.active().filter(person=person, role=OrganizationRole.MANAGER).exists()


def has_ties(*, person: User) -> bool:
    """Hook `person_stays`: whether the person is or was a member of an organisation, or asked for a place."""
    return (
        OrganizationMembership.objects.filter(person=person).exists() or SignUp.objects.filter(person=person).exists()
    )


def runs(person: User, organization: Organization) -> bool:
    """Whether the person is a coordinator of this organisation, or a manager of it or of one above it."""
    return Organization.objects.run_by(person).filter(pk=organization.pk).exists()


def manages(person: User, organization: Organization) -> bool:
    """Whether the person is a manager of this organisation or of one above it."""
    return Organization.objects.managed_by(person).filter(pk=organization.pk).exists()


def people_known_to(person: User) -> Any:
    """Whom the person can name without being told anything new: those in rows they see, those of their shifts, and
    the organisers of their missions. The region knows everybody."""
    if person.is_region_staff:
        return User.objects.all()
    shifts = SignUp.objects.filter(person=person).values("shift")
    known = (
        SignUp.objects.visible_to(person).values("person"),
        SignUp.objects.accepted().filter(shift__in=shifts).values("person"),
        OrganizationMembership.objects.visible_to(person).values("person"),
        OrganizationMembership.objects.active()
        .filter(organization__missions__shifts__in=shifts)
        .values("person"),
        Enrolment.objects.visible_to(person).values("student"),
        StaffMembership.objects.active()
        .filter(school__in=Enrolment.objects.visible_to(person).values("class_group__school"))
        .values("person"),
        StaffMembership.objects.visible_to(person).values("person"),
    )
    one_of = Q()
    for people in known:
        one_of |= Q(pk__in=people)
    return User.objects.filter(one_of)


def region_staff() -> list[User]:
    """Who looks after organisations, missions and reports for the region."""
    staff = User.objects.filter(groups__name=REGION_GROUP, is_staff=True, is_active=True, suspended_at__isnull=True)
    return list(staff.order_by("id"))


def organizers_of(organization: Organization) -> list[User]:
    """The active members of the organisation itself, whom its news concern."""
    return list(
        User.objects.filter(
            organization_memberships__organization=organization,
            organization_memberships__status=MembershipStatus.ACTIVE,
            is_active=True,
        ).distinct()
    )


def folder_of_images() -> Folder:
    """Hook `file_folders`: where the pictures of missions are stored."""
    return Folder("missions", Mission.objects.exclude(image=""), "image")
