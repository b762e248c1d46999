"""Answers about people and places that no single model owns."""

from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import User
from common.files import Folder
from missions.models import Mission, SignUp
from organizations.models import Organization, OrganizationMembership
from schools.models import Enrolment, StaffMembership


def has_ties(*, person: User) -> bool:
    """Hook `person_stays`: whether the person asked for a place."""
    return SignUp.objects.filter(person=person).exists()


def organizations_known_to(person: User) -> QuerySet[Organization]:
    """Those that are visible to the person, and those of missions where they have or had a place."""
    visible = Organization.objects.visible_to(person)
    mine = Organization.objects.filter(missions__shifts__sign_ups__person=person)
    return Organization.objects.filter(Q(pk__in=visible.values("pk")) | Q(pk__in=mine.values("pk")))


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


def folder_of_images() -> Folder:
    """Hook `file_folders`: where the pictures of missions are stored."""
    return Folder("missions", Mission.objects.exclude(image=""), "image")
