"""A guardian's word, what was said of it, and which consents exist for whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Reader, User
from common import paris
from common.models import Row
from consents.answers import MissionFacts, missions_of, seen_by_organizer
from consents.models.guardians import Guardian
from consents.states import AGAINST_CONSENT, SPOKEN_CONSENT, UNDECIDED_CONSENT, ConsentStatus
from schools.models import Enrolment, School


def needs_consent(person: User, day: date) -> bool:
    """Whether the person is below the consent age on that day."""
    age = person.age_on(day)
    return age is not None and age < settings.CONSENT_NEEDED_BELOW_AGE


class ConsentQuerySet(QuerySet[Any]):
    def granted(self) -> ConsentQuerySet:
        return self.filter(status=ConsentStatus.GRANTED)

    def requested(self) -> ConsentQuerySet:
        return self.filter(status=ConsentStatus.REQUESTED)

    def to_all(self) -> ConsentQuerySet:
        """For all missions."""
        return self.filter(mission_id__isnull=True)

    def about(self, mission_id: UUID | None) -> ConsentQuerySet:
        """For all missions, or for this one."""
        return self.filter(Q(mission_id__isnull=True) | Q(mission_id=mission_id))

    def needed_on(self, day: date) -> ConsentQuerySet:
        """Of who is below the consent age on that day."""
        return self.filter(student__birth_date__gt=paris.latest_birth_date(settings.CONSENT_NEEDED_BELOW_AGE, day))

    def overdue(self, now: datetime) -> ConsentQuerySet:
        """Asked for, and the time to decide has passed."""
        return self.requested().filter(expires_at__lte=now)

    def binding(self) -> ConsentQuerySet:
        """What guardians said who still are: without what the school settled."""
        return self.filter(status__in=SPOKEN_CONSENT, settled_at__isnull=True, guardian__ended_at__isnull=True)

    def allows(self, student_id: UUID, mission_id: UUID | None) -> bool:
        """Whether a guardian agrees that the student takes part in the mission, and none is against it.

        Each guardian's last word counts, whether it was on this mission or on all.
        """
        return student_id in self.allowed([student_id], mission_id)

    def allowed(self, student_ids: Iterable[UUID], mission_id: UUID | None) -> set[UUID]:
        """Which of these students a guardian lets take part in the mission, and none is against it (`allows`)."""
        said = self.binding().filter(student__in=list(student_ids)).about(mission_id).order_by("decided_at", "id")
        last_words: dict[UUID, dict[UUID, str]] = {}
        for student_id, guardian_id, status in said.values_list("student_id", "guardian_id", "status"):
            last_words.setdefault(student_id, {})[guardian_id] = status
        return {pk for pk, words in last_words.items() if set(words.values()) == {ConsentStatus.GRANTED}}

    def visible_to(self, person: Reader) -> ConsentQuerySet:
        """One's own; of the students of classes one answers for; of accepted minors on missions one runs.

        Annotated with `is_seen_whole`: teachers and organisers read the state alone; and with `is_seen_at_school`:
        whether mail comes back concerns student and school. Organisers see neither what was said of other missions
        nor anything once the shift is over.
        """
        if not person.is_authenticated:
            return self.none()
        enrolled = Enrolment.objects.active().on_day(paris.day_of(timezone.now())).filter(student=OuterRef("student"))
        managed = School.objects.managed_by(person).values("pk")
        whole = Q(student=person) | Exists(enrolled.filter(class_group__school__in=managed))
        at_school = whole | Exists(enrolled.led_by(person))
        seen = at_school
        for run in seen_by_organizer(person):
            about = Q(mission_id__isnull=True) | Q(mission_id__in=run.missions)
            seen |= Q(student__in=run.students) & about
        return self.filter(seen).annotate(
            is_seen_whole=ExpressionWrapper(whole, output_field=BooleanField()),
            is_seen_at_school=ExpressionWrapper(at_school, output_field=BooleanField()),
        )


class Consent(Row):
    """A guardian's word on all missions of a minor, or on one. The text's version names what they were shown.

    `agreed_to` keeps when and where the one mission was when they agreed: {"shifts": {id: [starts, ends]}, "place":
    [latitude, longitude] or null}. A refusal or withdrawal that the school settled (`settled_at`) binds no more.
    """

    student = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="consents")
    guardian = models.ForeignKey(Guardian, on_delete=models.CASCADE, related_name="consents")
    # A mission of the app above, which knows what it is (consents.answers); null for all.
    mission_id = models.UUIDField(null=True)
    status = models.CharField(max_length=9, choices=ConsentStatus, default=ConsentStatus.REQUESTED)
    text_version = models.CharField(max_length=20)
    # How often it was asked for: each time has a link of its own.
    ask_count = models.PositiveSmallIntegerField(default=1)
    asked_at = models.DateTimeField(default=timezone.now)
    reminder_count = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    agreed_to = models.JSONField(null=True)
    settled_at = models.DateTimeField(null=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["guardian"], condition=Q(mission_id__isnull=True), name="consent_to_all_once_per_guardian"
            ),
            models.UniqueConstraint(
                fields=["guardian", "mission_id"],
                condition=Q(mission_id__isnull=False),
                name="consent_to_one_once_per_guardian_and_mission",
            ),
            models.CheckConstraint(
                name="consent_decided_iff_dated",
                condition=Q(status__in=UNDECIDED_CONSENT, decided_at__isnull=True)
                | Q(status__in=[*SPOKEN_CONSENT, ConsentStatus.LAPSED], decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="consent_to_one_says_what_to",
                condition=~Q(status=ConsentStatus.GRANTED, mission_id__isnull=False) | Q(agreed_to__isnull=False),
            ),
            models.CheckConstraint(
                name="consent_settled_is_a_no",
                condition=Q(settled_at__isnull=True) | Q(status__in=AGAINST_CONSENT),
            ),
        ]
        indexes = [
            models.Index(fields=["mission_id"], condition=Q(mission_id__isnull=False), name="consent_to_one"),
            models.Index(
                fields=["expires_at"], condition=Q(status=ConsentStatus.REQUESTED), name="consent_requested"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.id}"

    @property
    def is_needed(self) -> bool:
        """Whether its student is below the consent age today."""
        return needs_consent(self.student, paris.day_of(timezone.now()))

    @cached_property
    def mission(self) -> MissionFacts | None:
        """The one mission it is about, None for all; note: causes a query."""
        return missions_of([self.mission_id])[self.mission_id] if self.mission_id else None


class ConsentEvent(Row):
    """One move of a consent, kept to be shown: the verb, the text it was about, and who moved it when no link did.

    `note` is what the school wrote of a paper or a settlement.
    """

    consent = models.ForeignKey(Consent, on_delete=models.CASCADE, related_name="events")
    verb = models.CharField(max_length=12)
    text_version = models.CharField(max_length=20)
    language = models.CharField(max_length=2, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    note = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"{self.verb} {self.id}"
