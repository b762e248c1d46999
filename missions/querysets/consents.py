"""Which consents exist for whom, and whose word binds."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Reader
from common import paris
from common.querysets import related
from missions.states import SPOKEN_CONSENT, ConsentStatus
from schools.models import Enrolment, School

# How long after a shift its organisers still see that there was a consent.
SEEN_AFTER_SHIFT = timedelta(days=1)


class ConsentQuerySet(QuerySet[Any]):
    def granted(self) -> ConsentQuerySet:
        return self.filter(status=ConsentStatus.GRANTED)

    def requested(self) -> ConsentQuerySet:
        return self.filter(status=ConsentStatus.REQUESTED)

    def to_all(self) -> ConsentQuerySet:
        """For all missions."""
        return self.filter(mission__isnull=True)

    def about(self, mission_id: UUID | None) -> ConsentQuerySet:
        """For all missions, or for this one."""
        return self.filter(Q(mission__isnull=True) | Q(mission=mission_id))

    def about_what_is_to_come(self, now: datetime) -> ConsentQuerySet:
        """For all missions, or for one in the feed that has a shift that is neither over nor cancelled."""
        open_ones = related(self, "mission").published().with_shifts_to_come(now)
        return self.filter(Q(mission__isnull=True) | Q(mission__in=open_ones.values("pk")))

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
        said = self.binding().filter(student=student_id).about(mission_id).order_by("decided_at", "id")
        last_words = dict(said.values_list("guardian_id", "status"))
        return set(last_words.values()) == {ConsentStatus.GRANTED}

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
        sign_ups = self.model._meta.get_field("student").related_model.sign_ups.rel.related_model.objects
        since = timezone.now() - SEEN_AFTER_SHIFT
        run = related(self, "mission").run_by(person).values("pk")
        on_run = sign_ups.accepted().filter(
            person=OuterRef("student"), shift__mission__in=run, shift__ends_at__gt=since
        )
        whole = Q(student=person) | Exists(enrolled.filter(class_group__school__in=managed))
        organizer = Exists(on_run) & (Q(mission__isnull=True) | Q(mission__in=run))
        at_school = whole | Exists(enrolled.led_by(person))
        return self.filter(at_school | organizer).annotate(
            is_seen_whole=ExpressionWrapper(whole, output_field=BooleanField()),
            is_seen_at_school=ExpressionWrapper(at_school, output_field=BooleanField()),
        )
