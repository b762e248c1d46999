"""The directory of schools, and who works there."""

from django.db import models
from django.db.models import Q

from accounts.memberships import Membership, once_per_role
from accounts.models import InvitationKind
from common.models import Row
from schools.querysets import (
    SchoolQuerySet,
    StaffMembershipQuerySet,
)
from schools.states import StaffRole


class Sector(models.TextChoices):
    PUBLIC = "public"
    PRIVATE = "private"
    UNKNOWN = "unknown"


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
