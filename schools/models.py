"""The directory of schools, and one school's year: classes, roster, enrolments, staff."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from common.models import Row
from schools.querysets import (
    ClassGroupQuerySet,
    CommuneQuerySet,
    EnrolmentQuerySet,
    RosterLineQuerySet,
    SchoolQuerySet,
    SchoolYearQuerySet,
    StaffMembershipQuerySet,
)
from schools.states import EnrolmentStatus, MembershipStatus, StaffRole


class Sector(models.TextChoices):
    PUBLIC = "public"
    PRIVATE = "private"
    UNKNOWN = "unknown"


class Territory(models.TextChoices):
    """Where hours are counted: by the density of the commune, or that it holds a priority neighbourhood."""

    URBAN = "urban"
    RURAL = "rural"
    PRIORITY = "priority"
    UNKNOWN = "unknown"


class Commune(Row):
    """A commune, or a district of Paris, Lyon or Marseille, known by its INSEE code: a territory to count hours by.

    What the file did not say is null or empty, and stays unknown.
    """

    code = models.CharField(max_length=5, unique=True)
    name = models.CharField(max_length=100)
    # The name as people type it, made comparable (schools.territories.name_key).
    name_key = models.CharField(max_length=100)
    department_code = models.CharField(max_length=3)
    # INSEE's seven levels, from 1 (large urban centre) to 7 (very sparse rural).
    density_class = models.PositiveSmallIntegerField(null=True)
    population = models.PositiveIntegerField(null=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    # Codes of the priority neighbourhoods ("quartiers prioritaires de la ville") that lie in it.
    priority_neighbourhoods = models.JSONField(default=list)

    objects = CommuneQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="commune_density_class_is_1_to_7",
                condition=Q(density_class__isnull=True) | Q(density_class__range=(1, 7)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class CommunePostalCode(Row):
    """One of the postal codes of a commune; a postal code may serve several."""

    commune = models.ForeignKey(Commune, on_delete=models.CASCADE, related_name="postal_codes")
    postal_code = models.CharField(max_length=5, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["commune", "postal_code"], name="commune_once_per_postal_code"),
        ]

    def __str__(self) -> str:
        return self.postal_code


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


class SchoolYear(Row):
    """1 September to 31 August; its edges are Paris midnights."""

    starts_on = models.DateField(unique=True)
    ends_on = models.DateField()

    objects = SchoolYearQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="school_year_ends_after_it_starts", condition=Q(ends_on__gt=F("starts_on"))),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return f"{self.starts_on.year}-{self.ends_on.year}"


class StaffMembership(Row):
    """A person's role in a school: teacher or manager (proviseur, CPE, engagement referent)."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="staff_memberships")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="staff_memberships")
    role = models.CharField(max_length=7, choices=StaffRole)
    status = models.CharField(max_length=6, choices=MembershipStatus, default=MembershipStatus.ACTIVE)
    ended_at = models.DateTimeField(null=True)

    objects = StaffMembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["school", "person", "role"],
                condition=Q(status=MembershipStatus.ACTIVE),
                name="staff_membership_once_per_school_and_role",
            ),
            models.CheckConstraint(
                name="staff_membership_ended_iff_dated",
                condition=Q(status=MembershipStatus.ACTIVE, ended_at__isnull=True)
                | Q(status=MembershipStatus.ENDED, ended_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.id}"


class ClassGroup(Row):
    """A class of one school and year ("2nde 4"), with the code its students join by."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="classes")
    school_year = models.ForeignKey(SchoolYear, on_delete=models.PROTECT, related_name="classes")
    name = models.CharField(max_length=40)
    capacity = models.PositiveSmallIntegerField(default=36)
    join_code = models.CharField(max_length=12, blank=True)
    join_code_expires_at = models.DateTimeField(null=True)

    objects = ClassGroupQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "school_year", "name"], name="class_name_once_per_year"),
            models.CheckConstraint(
                name="class_join_code_has_an_end",
                condition=Q(join_code="") | Q(join_code_expires_at__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["join_code"], condition=~Q(join_code=""), name="class_join_code_opens_one_class"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ClassReferent(Row):
    """A member of staff who answers for a class; `until_on` makes it a delegation."""

    class_group = models.ForeignKey(ClassGroup, on_delete=models.CASCADE, related_name="referents")
    membership = models.ForeignKey(StaffMembership, on_delete=models.CASCADE, related_name="referent_of")
    until_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["class_group", "membership"], name="class_referent_once"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Enrolment(Row):
    """A student in a class for its year."""

    class_group = models.ForeignKey(ClassGroup, on_delete=models.PROTECT, related_name="enrolments")
    student = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="enrolments")
    status = models.CharField(max_length=9, choices=EnrolmentStatus)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="enrolments_decided"
    )
    # The code by which the student asked the last time: those who wait or are in by it are its uses.
    join_code = models.CharField(max_length=12, blank=True)
    # The last time the student asked; who waits too long is erased.
    requested_at = models.DateTimeField(default=timezone.now)
    activated_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["class_group", "student"], name="enrolment_once_per_class"),
            models.CheckConstraint(
                name="enrolment_activated_iff_active_or_ended",
                condition=Q(status__in=[EnrolmentStatus.ACTIVE, EnrolmentStatus.ENDED], activated_at__isnull=False)
                | Q(status__in=[EnrolmentStatus.REQUESTED, EnrolmentStatus.REFUSED], activated_at__isnull=True),
            ),
            models.CheckConstraint(
                name="enrolment_ended_iff_dated",
                condition=Q(status=EnrolmentStatus.ENDED, ended_at__isnull=False)
                | (~Q(status=EnrolmentStatus.ENDED) & Q(ended_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["requested_at"], condition=Q(status=EnrolmentStatus.REQUESTED), name="enrolment_waiting"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.id}"


class Comment(Row):
    """What those who answer for a class say of a student's year, for the school's report."""

    enrolment = models.OneToOneField(Enrolment, on_delete=models.CASCADE, related_name="comment")
    text = models.TextField(max_length=500, blank=True)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    version = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.id)


class RosterLine(Row):
    """A student the school expects in a class; claimed by the enrolment whose name and birth date match."""

    class_group = models.ForeignKey(ClassGroup, on_delete=models.CASCADE, related_name="roster_lines")
    first_name = models.CharField(max_length=80)
    # Empty for somebody who has one name alone.
    last_name = models.CharField(max_length=80, blank=True)
    # The full name made comparable (common.names.name_key), by which a join finds its line.
    name_key = models.CharField(max_length=170)
    birth_date = models.DateField()
    guardian_email = models.EmailField(blank=True)
    guardian_phone = models.CharField(max_length=16, blank=True)
    enrolment = models.OneToOneField(Enrolment, null=True, on_delete=models.SET_NULL, related_name="roster_line")

    objects = RosterLineQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["class_group", "name_key", "birth_date"], name="roster_line_once_per_class"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
