"""What is to be done and where; when, and for how many."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Case, CharField, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery, When
from django.utils.translation import pgettext_lazy

from accounts.models import Reader
from common.models import Row
from common.querysets import NearnessQuerySet, related
from missions.states import (
    ENDED_MISSION,
    UNPUBLISHED_MISSION,
    MissionStatus,
)
from organizations.models import Organization, SignUpMode
from organizations.states import OPEN_ORGANIZATION


class Domain(models.TextChoices):
    """The domains of the State's mission exchange (API Engagement v2)."""

    ANIMAUX = "animaux", pgettext_lazy("domain", "Animals")
    AUTRE = "autre", pgettext_lazy("domain", "Other")
    BATIMENT_INDUSTRIE_LOGISTIQUE = (
        "batiment-industrie-logistique",
        pgettext_lazy("domain", "Building, industry and logistics"),
    )
    BENEVOLAT_COMPETENCES = "benevolat-competences", pgettext_lazy("domain", "Sharing of skills")
    COMMUNICATION = "communication", pgettext_lazy("domain", "Communication")
    CULTURE_LOISIRS = "culture-loisirs", pgettext_lazy("domain", "Culture and leisure")
    EDUCATION = "education", pgettext_lazy("domain", "Education")
    EMPLOI = "emploi", pgettext_lazy("domain", "Employment")
    ENVIRONNEMENT = "environnement", pgettext_lazy("domain", "Environment")
    GESTION_FINANCE_DROIT = "gestion-finance-droit", pgettext_lazy("domain", "Administration, finance and law")
    HUMANITAIRE = "humanitaire", pgettext_lazy("domain", "Humanitarian aid")
    MEMOIRE_ET_CITOYENNETE = "memoire-et-citoyennete", pgettext_lazy("domain", "Remembrance and citizenship")
    NUMERIQUE = "numerique", pgettext_lazy("domain", "Digital technology")
    PREVENTION_PROTECTION = "prevention-protection", pgettext_lazy("domain", "Prevention and protection")
    RECHERCHE = "recherche", pgettext_lazy("domain", "Research")
    SANTE = "sante", pgettext_lazy("domain", "Health")
    SERVICE_PUBLIC_DEFENSE_SECURITE = (
        "service-public-defense-securite",
        pgettext_lazy("domain", "Public service, defence and security"),
    )
    SOLIDARITE_INSERTION = "solidarite-insertion", pgettext_lazy("domain", "Solidarity and inclusion")
    SPORT = "sport", pgettext_lazy("domain", "Sports")
    VIVRE_ENSEMBLE = "vivre-ensemble", pgettext_lazy("domain", "Living together")


class Audience(models.TextChoices):
    STUDENTS = "students", pgettext_lazy("audience", "High-school students")
    CITIZENS = "citizens", pgettext_lazy("audience", "Adults")
    BOTH = "both", pgettext_lazy("audience", "Everybody")


EVERY_HIT = 10_000_000


class MissionQuerySet(NearnessQuerySet):
    def published(self) -> MissionQuerySet:
        return self.filter(status=MissionStatus.PUBLISHED, organization__status__in=OPEN_ORGANIZATION)

    def listed(self) -> MissionQuerySet:
        """What the feed shows: published, and not waiting for another shift after its last one was cancelled."""
        return self.published().filter(awaits_shift=False)

    def listed_to(self, person: Reader) -> MissionQuerySet:
        """Of those that are visible, without the published ones that wait for a shift, but to those who run them."""
        if not person.is_authenticated:
            return self.filter(awaits_shift=False)
        if person.is_region_staff:
            return self
        run = related(self, "organization").run_by(person)
        return self.filter(Q(awaits_shift=False) | Q(organization__in=run.values("pk")))

    def left_without_shifts(self, now: datetime) -> MissionQuerySet:
        """Listed, with shifts, none of which is to come."""
        shifts = self.model.shifts.rel.related_model.objects
        return self.listed().offering(shifts.all()).offering_none(shifts.upcoming(now))

    def run_by(self, person: Reader) -> MissionQuerySet:
        """Of organisations the person runs."""
        return self.filter(organization__in=related(self, "organization").run_by(person).values("pk"))

    def visible_to(self, person: Reader) -> MissionQuerySet:
        """Published ones are public; drafts are the organisation's and the region's."""
        if not person.is_authenticated:
            return self.published()
        if person.is_region_staff:
            return self
        run = related(self, "organization").run_by(person)
        public = Q(status=MissionStatus.PUBLISHED, organization__status__in=OPEN_ORGANIZATION)
        return self.filter(public | Q(organization__in=run.values("pk")))

    def reachable_by(self, person: Reader) -> MissionQuerySet:
        """Visible, or with a place one has or had: holders may still look at it when it is closed or cancelled."""
        visible = self.model.objects.visible_to(person)
        if not person.is_authenticated:
            return self.filter(pk__in=visible.values("pk"))
        mine = self.model.objects.filter(shifts__sign_ups__person=person)
        return self.filter(Q(pk__in=visible.values("pk")) | Q(pk__in=mine.values("pk")))

    def with_what_editors_read(self, person: Reader) -> MissionQuerySet:
        """With `waiting_revision`, the id of the change that the region has not read yet, and `own_contact`.

        Null to anyone who neither runs the mission nor is the region.
        """
        revisions = self.model.revisions.rel.related_model.objects.visible_to(person).proposed()
        edited: Any = self.model.objects.none()
        if person.is_authenticated:
            edited = self.model.objects.all() if person.is_region_staff else self.model.objects.run_by(person)
        return self.annotate(
            waiting_revision=Subquery(revisions.filter(mission=OuterRef("pk")).values("pk")[:1]),
            own_contact=Case(When(pk__in=edited.values("pk"), then=F("contact")), output_field=CharField(null=True)),
        )

    def finished(self, now: datetime) -> MissionQuerySet:
        """Published, and after the last of its shifts."""
        shifts = self.model.shifts.rel.related_model.objects
        return self.filter(
            Exists(shifts.filter(mission=OuterRef("pk"))),
            ~Exists(shifts.filter(mission=OuterRef("pk"), ends_at__gt=now)),
            status=MissionStatus.PUBLISHED,
        )

    def to_archive(self, ended_by: datetime, now: datetime) -> MissionQuerySet:
        """Closed or cancelled by then, with nothing to come that could still be moved or cancelled."""
        ended = self.filter(status__in=[MissionStatus.CLOSED, MissionStatus.CANCELLED], ended_at__lte=ended_by)
        return ended.offering_none(self.model.shifts.rel.related_model.objects.upcoming(now))

    def with_next_shifts(self, now: datetime) -> MissionQuerySet:
        """Each mission with `next_shifts`: those that are not over, soonest first, and its organisation."""
        shifts = self.model.shifts.rel.related_model.objects.upcoming(now).order_by("starts_at", "id")
        return self.select_related("organization").prefetch_related(
            Prefetch("shifts", queryset=shifts, to_attr="next_shifts")
        )

    def with_open_shifts(self, now: datetime) -> MissionQuerySet:
        """Those that have a shift with a place left, each with these as `next_shifts`."""
        shifts = self.model.shifts.rel.related_model.objects.with_places(now)
        return (
            self.offering(shifts)
            .select_related("organization")
            .prefetch_related(Prefetch("shifts", queryset=shifts.order_by("starts_at", "id"), to_attr="next_shifts"))
        )

    def matching(self, stems: list[str]) -> MissionQuerySet:
        """Whose title, organisation, city and text hold all these stems (ADR 0012)."""
        return self.filter(search__stems__has_all=stems)

    def hit_by(self, stems: Any, limit: int = EVERY_HIT) -> MissionQuerySet:
        """The same missions, by the index of stems whatever the database expects of it; of the newest hits alone.

        The limit, even when it is none, keeps the search apart: nothing but the index answers it there.
        """
        hits = self.model.search.related.related_model.objects.filter(stems__has_all=stems)
        newest = hits.order_by("-mission") if limit < EVERY_HIT else hits
        return self.filter(pk__in=newest.values("mission")[:limit])

    def with_shifts_to_come(self, now: datetime) -> MissionQuerySet:
        """Those with a shift that is neither over nor cancelled."""
        return self.offering(self.model.shifts.rel.related_model.objects.upcoming(now))

    def offering(self, shifts: QuerySet[Any]) -> MissionQuerySet:
        """With one of these shifts at least."""
        return self.filter(Exists(shifts.filter(mission=OuterRef("pk"))))

    def offering_none(self, shifts: QuerySet[Any]) -> MissionQuerySet:
        """With none of these shifts."""
        return self.exclude(Exists(shifts.filter(mission=OuterRef("pk"))))


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

    @property
    def is_public(self) -> bool:
        """Whether everybody may read it, as `published()` asks the database."""
        return self.status == MissionStatus.PUBLISHED and self.organization.status in OPEN_ORGANIZATION

    def __str__(self) -> str:
        return self.title
