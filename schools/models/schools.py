"""The directory of schools, and who works there."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from accounts.memberships import Membership, MembershipQuerySet, once_per_role
from accounts.models import InvitationKind, Reader
from accounts.states import MembershipStatus
from common.models import Row
from common.querysets import NearnessQuerySet, related
from common.text import fold
from schools.states import StaffRole


class Sector(models.TextChoices):
    PUBLIC = "public", pgettext_lazy("school", "State school")
    PRIVATE = "private", pgettext_lazy("school", "Private school")
    UNKNOWN = "unknown", pgettext_lazy("school", "Not known")


MOST_WORDS = 12

# As the directory spells them, now so, now so.
_SAINT, _SAINTE = ("saint", " st "), ("sainte", " ste ")

SPELLINGS = {"st": _SAINT, "saint": _SAINT, "ste": _SAINTE, "sainte": _SAINTE}


class SchoolQuerySet(NearnessQuerySet):
    def visible_to(self, person: Reader) -> SchoolQuerySet:
        """Open schools are public; closed ones are the region's."""
        if person.is_authenticated and person.is_region_staff:
            return self
        return self.open()

    def open(self) -> SchoolQuerySet:
        return self.filter(closed_on__isnull=True)

    def matching(self, text: str) -> SchoolQuerySet:
        """Whose name, commune, postal code or UAI holds every word of the text, in any order (accents and case aside).

        "St-Exupéry" is "Saint-Exupéry".
        """
        found = self
        for word in fold(text).split()[:MOST_WORDS]:
            spelled = [Q(search_text__contains=one) for one in SPELLINGS.get(word, (word,))]
            found = found.filter(reduce(or_, spelled))
        return found

    def managed_by(self, person: Reader) -> SchoolQuerySet:
        """Where the person is an active manager."""
        return self.filter(
            staff_memberships__person=person,
            staff_memberships__role=StaffRole.MANAGER,
            staff_memberships__status=MembershipStatus.ACTIVE,
        )

    def staffed_by(self, person: Reader) -> SchoolQuerySet:
        """Where the person is active staff of any role."""
        return self.filter(staff_memberships__person=person, staff_memberships__status=MembershipStatus.ACTIVE)


class StaffMembershipQuerySet(MembershipQuerySet[Any]):
    def visible_to(self, person: Reader) -> StaffMembershipQuerySet:
        """One's own; a manager sees the school's."""
        if not person.is_authenticated:
            return self.none()
        managed = related(self, "school").managed_by(person)
        return self.filter(Q(person=person) | Q(school__in=managed.values("pk")))


class School(Row):
    """A lycée or a section of one, from the Ministry's directory ("Annuaire de l'éducation"), found by its UAI."""

    uai = models.CharField(max_length=8, unique=True)
    # As people read it: the directory's label put right (schools.directory.names), or as the school corrected it.
    name = models.CharField(max_length=200)
    # The Ministry's label as the directory last said it, often without accents.
    directory_name = models.CharField(max_length=200, blank=True)
    is_name_corrected = models.BooleanField(default=False)
    sector = models.CharField(max_length=7, choices=Sector, default=Sector.UNKNOWN)
    # What the directory calls nature: 334 and 335 are sections, attached to their mother school.
    nature_code = models.CharField(max_length=3, blank=True)
    mother_school = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="sections")
    address = models.CharField(max_length=300, blank=True)
    postal_code = models.CharField(max_length=5, blank=True)
    commune_code = models.CharField(max_length=5, blank=True)
    commune_name = models.CharField(max_length=100, blank=True)
    department_code = models.CharField(max_length=3, blank=True)
    academy_name = models.CharField(max_length=60, blank=True)
    region_name = models.CharField(max_length=60, blank=True)
    siret = models.CharField(max_length=14, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    email = models.EmailField(blank=True)
    website = models.CharField(max_length=300, blank=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    # The directory announces the end ("A FERMER") before it comes.
    is_closing = models.BooleanField(default=False)
    closed_on = models.DateField(null=True)
    # Folded name, commune, postal code and UAI (common.text.fold), so that both databases find the same.
    search_text = models.CharField(max_length=500, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SchoolQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="school_has_both_coordinates_or_none",
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__isnull=False, longitude__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["latitude", "longitude"], name="school_position")]

    def __str__(self) -> str:
        return f"{self.uai} {self.name}"


class StaffMembership(Membership):
    """A person's role in a school: teacher or manager (proviseur, CPE, engagement referent)."""

    TARGET = "school"
    INVITATION = InvitationKind.SCHOOL_STAFF

    school = models.ForeignKey(School, on_delete=models.PROTECT)
    role = models.CharField(max_length=7, choices=StaffRole)

    objects = StaffMembershipQuerySet.as_manager()

    class Meta(Membership.Meta):
        default_related_name = "staff_memberships"
        constraints = [*Membership.Meta.constraints, once_per_role("school")]

    def __str__(self) -> str:
        return f"{self.role} {self.id}"
