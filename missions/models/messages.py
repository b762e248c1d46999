"""What organisers wrote to people on their missions, and to whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Reader
from common import paris
from common.models import Row
from common.querysets import related
from missions.models.missions import Mission
from missions.models.shifts import Shift
from missions.models.sign_ups import SignUp
from missions.states import OPEN_REPORT
from organizations.models import Organization
from schools.models import Enrolment, School

ADULT_AGE = 18


class MessageQuerySet(QuerySet[Any]):
    def visible_to(self, person: Reader) -> MessageQuerySet:
        """Those sent to the person, those of missions they run, those to the minors of schools they manage."""
        if not person.is_authenticated:
            return self.none()
        run = related(self, "mission").run_by(person)
        told = related(self, "recipients").read_as_own_or_schools(person)
        return self.filter(Q(mission__in=run.values("pk")) | Q(pk__in=told.values("message")))

    def to_forget(self, oldest: datetime) -> MessageQuerySet:
        """Older than that, or without anybody any more to whom it was sent; not while a report about it is open."""
        nobody = ~Exists(MessageRecipient.objects.filter(message=OuterRef("pk")))
        reported = related(self, "reports").filter(message=OuterRef("pk"), status__in=OPEN_REPORT)
        return self.filter(Q(created_at__lt=oldest) | nobody).exclude(Exists(reported))


class Message(Row):
    """A text of organisers to everybody on a shift, on a mission (`shift` is null), or to one of these people."""

    mission = models.ForeignKey(Mission, on_delete=models.PROTECT, related_name="messages")
    shift = models.ForeignKey(Shift, null=True, on_delete=models.PROTECT, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    text = models.CharField(max_length=2000)

    objects = MessageQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.id)


class MessageRecipientQuerySet(QuerySet[Any]):
    def visible_to(self, person: Reader) -> MessageRecipientQuerySet:
        """Oneself, all on missions one runs, the minors of schools one manages."""
        if not person.is_authenticated:
            return self.none()
        run = related(related(self, "message"), "mission").run_by(person)
        told = self.model.objects.read_as_own_or_schools(person)
        return self.filter(Q(message__mission__in=run.values("pk")) | Q(pk__in=told.values("pk")))

    def read_as_own_or_schools(self, person: Reader) -> MessageRecipientQuerySet:
        """Oneself, and the minors of this year of schools one manages: who is a minor today was one when it came."""
        today = paris.day_of(timezone.now())
        minors = (
            Enrolment.objects.active()
            .on_day(today)
            .filter(
                class_group__school__in=School.objects.managed_by(person).values("pk"),
                student__birth_date__gt=paris.latest_birth_date(ADULT_AGE, today),
            )
        )
        return self.filter(Q(person=person.pk) | Q(person__in=minors.values("student")))

    def count_since(self, moment: datetime, people: Any, organization: Organization) -> dict[Any, int]:
        """How many messages each of these people got of the organisation since then; who got none is not in it."""
        got = self.filter(
            person__in=people, message__mission__organization=organization, message__created_at__gt=moment
        )
        return dict(got.order_by().values("person").annotate(count=Count("pk")).values_list("person", "count"))


class MessageRecipient(Row):
    """One person to whom a message was sent, by which of their sign-ups."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="recipients")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="messages_of_organizers"
    )
    sign_up = models.ForeignKey(SignUp, on_delete=models.CASCADE, related_name="+")

    objects = MessageRecipientQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "person"], name="message_reaches_a_person_once"),
        ]

    def __str__(self) -> str:
        return str(self.id)
