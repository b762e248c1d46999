"""What is to be done and where; when, and for how many."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from common import territory
from common.models import Row
from missions.models.search import MissionSearch
from missions.querysets import (
    MissionQuerySet,
    MissionRevisionQuerySet,
    ShiftQuerySet,
)
from missions.states import (
    ENDED_MISSION,
    UNPUBLISHED_MISSION,
    MissionRevisionStatus,
    MissionStatus,
    ShiftStatus,
)
from organizations.models import Organization, SignUpMode


class Domain(models.TextChoices):
    """The domains of the State's mission exchange (API Engagement v2)."""

    ANIMAUX = "animaux"
    AUTRE = "autre"
    BATIMENT_INDUSTRIE_LOGISTIQUE = "batiment-industrie-logistique"
    BENEVOLAT_COMPETENCES = "benevolat-competences"
    COMMUNICATION = "communication"
    CULTURE_LOISIRS = "culture-loisirs"
    EDUCATION = "education"
    EMPLOI = "emploi"
    ENVIRONNEMENT = "environnement"
    GESTION_FINANCE_DROIT = "gestion-finance-droit"
    HUMANITAIRE = "humanitaire"
    MEMOIRE_ET_CITOYENNETE = "memoire-et-citoyennete"
    NUMERIQUE = "numerique"
    PREVENTION_PROTECTION = "prevention-protection"
    RECHERCHE = "recherche"
    SANTE = "sante"
    SERVICE_PUBLIC_DEFENSE_SECURITE = "service-public-defense-securite"
    SOLIDARITE_INSERTION = "solidarite-insertion"
    SPORT = "sport"
    VIVRE_ENSEMBLE = "vivre-ensemble"


class Audience(models.TextChoices):
    STUDENTS = "students"
    CITIZENS = "citizens"
    BOTH = "both"


PLACE_CODES = {"commune_code", "postal_code"}
SEARCHED = {"title", "description", "postal_code", "city", "organization"}


# What a phone shows of a place without network.
KEPT_BY_PHONES = {
    "title",
    "description",
    "domain",
    "address",
    "postal_code",
    "city",
    "latitude",
    "longitude",
    "is_remote",
    "contact",
    "status",
}


class Mission(Row):
    """What is to be done and where; its shifts say when and for how many."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="missions")
    title = models.CharField(max_length=120)
    description = models.TextField(max_length=20_000)
    domain = models.CharField(max_length=40, choices=Domain)
    activities = models.JSONField(default=list)
    # The people who are helped, in the organiser's words.
    beneficiaries = models.JSONField(default=list)
    address = models.CharField(max_length=200, blank=True)
    postal_code = models.CharField(max_length=5, blank=True)
    city = models.CharField(max_length=100, blank=True)
    # INSEE codes ("75056", "75"); the department is the commune's, else the postal code's, else unknown.
    commune_code = models.CharField(max_length=5, blank=True)
    department_code = models.CharField(max_length=3, blank=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    is_remote = models.BooleanField(default=False)
    min_age = models.PositiveSmallIntegerField(default=0)
    # Kinds of Qualification, each of which everybody on a shift must have.
    requirements = models.JSONField(default=list)
    audience = models.CharField(max_length=8, choices=Audience, default=Audience.BOTH)
    sign_up_mode = models.CharField(max_length=7, choices=SignUpMode, default=SignUpMode.REVIEW)
    # Shown to accepted people only.
    contact = models.CharField(max_length=200, blank=True)
    # The name of a re-encoded JPEG in the default storage (common.reading).
    image = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=17, choices=MissionStatus, default=MissionStatus.DRAFT)
    review_reason = models.CharField(max_length=500, blank=True)
    published_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(max_length=500, blank=True)
    # Its last shift to come was cancelled: it is not listed until it has another.
    awaits_shift = models.BooleanField(default=False, db_default=False)
    version = models.PositiveIntegerField(default=1)

    objects = MissionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mission_is_remote_or_has_a_point",
                condition=Q(is_remote=True, latitude__isnull=True, longitude__isnull=True)
                | Q(is_remote=False, latitude__isnull=False, longitude__isnull=False),
            ),
            models.CheckConstraint(
                name="mission_published_or_closed_is_dated",
                condition=Q(status__in=UNPUBLISHED_MISSION, published_at__isnull=True)
                | Q(status__in=[MissionStatus.PUBLISHED, MissionStatus.CLOSED], published_at__isnull=False)
                | Q(status__in=[MissionStatus.CANCELLED, MissionStatus.ARCHIVED]),
            ),
            models.CheckConstraint(
                name="mission_ended_iff_dated",
                condition=Q(status__in=ENDED_MISSION, ended_at__isnull=False)
                | (~Q(status__in=ENDED_MISSION) & Q(ended_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="mission_archived_iff_dated",
                condition=Q(status=MissionStatus.ARCHIVED, archived_at__isnull=False)
                | (~Q(status=MissionStatus.ARCHIVED) & Q(archived_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="mission_cancelled_says_why",
                condition=~Q(status=MissionStatus.CANCELLED) | ~Q(cancel_reason=""),
            ),
        ]
        indexes = [
            models.Index(fields=["latitude", "longitude"], name="mission_position"),
            models.Index(fields=["status", "-id"], name="mission_feed"),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keeps beside the row what is derived from it, whoever writes: the department, and the words for search."""
        changed = kwargs.get("update_fields")
        is_moved = bool(changed and "department_code" not in changed and PLACE_CODES.intersection(changed))
        if is_moved:
            kwargs["update_fields"] = [*(changed or []), "department_code"]
        if is_moved or not self.department_code:
            self.department_code = territory.department_of(
                commune_code=self.commune_code, postal_code=self.postal_code
            )
        is_new = self._state.adding
        super().save(*args, **kwargs)
        if changed is None or SEARCHED.intersection(changed):
            MissionSearch.objects.write([self])
        if not is_new and (changed is None or KEPT_BY_PHONES.intersection(changed)):
            places: Any = self.shifts.model.sign_ups.rel.related_model
            places.objects.live().filter(shift__mission=self).note_changed()


class MissionRevision(Row):
    """A change that the region has to read first; until then the mission stays as it was.

    `changes` holds the proposed values by field. An edit while one waits replaces it by another row, so that an id
    always means the same words.
    """

    mission = models.ForeignKey(Mission, on_delete=models.CASCADE, related_name="revisions")
    changes = models.JSONField()
    status = models.CharField(
        max_length=8, choices=MissionRevisionStatus, default=MissionRevisionStatus.PROPOSED
    )
    reason = models.CharField(max_length=500, blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = MissionRevisionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mission"],
                condition=Q(status=MissionRevisionStatus.PROPOSED),
                name="mission_revision_one_proposed_per_mission",
            ),
            models.CheckConstraint(
                name="mission_revision_decided_iff_dated",
                condition=Q(status=MissionRevisionStatus.PROPOSED, decided_at__isnull=True)
                | (~Q(status=MissionRevisionStatus.PROPOSED) & Q(decided_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.id}"


class Shift(Row):
    """When, and how many places. `taken_count` (accepted but walk-ins, and open offers) never passes the capacity."""

    mission = models.ForeignKey(Mission, on_delete=models.PROTECT, related_name="shifts")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    capacity = models.PositiveSmallIntegerField()
    taken_count = models.PositiveSmallIntegerField(default=0)
    # Below this many the shift lacks people; null asks for none.
    minimum = models.PositiveSmallIntegerField(null=True)
    status = models.CharField(max_length=9, choices=ShiftStatus, default=ShiftStatus.SCHEDULED)
    cancel_reason = models.CharField(max_length=500, blank=True)
    cancelled_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    # Of one that was moved just now, when it would have started: not a column.
    former_starts_at: datetime | None = None

    objects = ShiftQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="shift_ends_after_it_starts", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(name="shift_is_never_oversold", condition=Q(taken_count__lte=F("capacity"))),
            models.CheckConstraint(name="shift_capacity_is_1_to_500", condition=Q(capacity__range=(1, 500))),
            models.CheckConstraint(
                name="shift_minimum_is_1_to_capacity",
                condition=Q(minimum__isnull=True) | Q(minimum__gte=1, minimum__lte=F("capacity")),
            ),
            models.CheckConstraint(
                name="shift_cancelled_iff_dated_and_said_why",
                condition=(Q(status=ShiftStatus.CANCELLED, cancelled_at__isnull=False) & ~Q(cancel_reason=""))
                | Q(status=ShiftStatus.SCHEDULED, cancelled_at__isnull=True, cancel_reason=""),
            ),
        ]
        indexes = [
            models.Index(fields=["mission", "starts_at"], name="shift_of_mission"),
            models.Index(fields=["starts_at"], name="shift_by_start"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Notes the change for the phones of everybody on it: those whom `lock_everybody_on` has locked."""
        is_new = self._state.adding
        super().save(*args, **kwargs)
        if not is_new:
            self.sign_ups.live().note_changed()

    def is_over(self, now: datetime) -> bool:
        return self.ends_at <= now
