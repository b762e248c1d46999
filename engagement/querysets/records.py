"""Which records and entries exist for whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Prefetch, Q, QuerySet, Value, When
from django.db.models.functions import Least

from accounts.models import Reader
from common.querysets import related
from engagement.states import (
    ATTESTATION_TRANSITIONS,
    EDITABLE_HOUR_ENTRY,
    PRIVATE_HOUR_ENTRY,
    STANDING_HOUR_ENTRY,
    AttestationStatus,
    HourEntryStatus,
)
from missions.models import Mission
from schools.models import ClassGroup, Enrolment, School
from schools.states import EnrolmentStatus

# What an organisation stands by: confirmed, or corrected and acknowledged by the student. Of hours by hand only what
# is handed in: what its author may rewrite says no longer what was confirmed.
COUNTS_AS_ATTESTED = (
    Q(attestation_status=AttestationStatus.CONFIRMED)
    & ~Q(status=HourEntryStatus.DELETED)
    & ~Q(attendance__isnull=True, status__in=EDITABLE_HOUR_ENTRY)
)
# HourEntry.attested_within
ATTESTED_WITHIN = Least("attested_minutes", F("claimed_minutes") + F("break_minutes"))


def _in_led_class(person: Reader, record: str) -> Q:
    """Whether the record is of a student the person answers for in the record's own school and year, or answered for
    when the student left that school: what was handed in there waits for nobody else."""
    there = Enrolment.objects.filter(
        student=OuterRef(f"{record}person"),
        class_group__school=OuterRef(f"{record}option__school"),
        class_group__school_year=OuterRef(f"{record}option__school_year"),
    )
    left = there.filter(status=EnrolmentStatus.ENDED).led_by(person)
    return Q(Exists(there.active().led_by(person))) | Q(~Exists(there.active()), Exists(left))


def _led_classes(person: Reader) -> list[Any]:
    """The ids of the classes the person answers for: asked once, for the whole of it would stand twice in a statement
    about entries, whose building takes longer than running it. Note: causes a query."""
    return list(ClassGroup.objects.led_by(person).values_list("pk", flat=True)) if person.is_authenticated else []


def _in_read_class(led_classes: list[Any], record: str) -> Exists:
    """Whether who leads these classes may read the record: they answer for its student in its year, there or where the
    student has gone since, or did so in its own school until the student left."""
    led = Enrolment.objects.filter(
        class_group__in=led_classes,
        student=OuterRef(f"{record}person"),
        class_group__school_year=OuterRef(f"{record}option__school_year"),
    )
    former = Q(status=EnrolmentStatus.ENDED, class_group__school=OuterRef(f"{record}option__school"))
    return Exists(led.filter(Q(status=EnrolmentStatus.ACTIVE) | former))


class RecordQuerySet(QuerySet[Any]):
    def visible_to(self, person: Reader) -> RecordQuerySet:
        """One's own; those of the students one answers for, or did until they left, of that year."""
        if not person.is_authenticated:
            return self.none()
        own = self.model.objects.filter(person=person)
        return self.filter(pk__in=own.values("pk").union(self.model.objects.read_by(person).values("pk")))

    def read_by(self, person: Reader) -> RecordQuerySet:
        """Those of the students one answers for, or did until they left, of that year."""
        return self.read_in(_led_classes(person))

    def read_in(self, led_classes: list[Any]) -> RecordQuerySet:
        """`read_by` who leads these classes."""
        students = Enrolment.objects.filter(class_group__in=led_classes).values("student")
        return self.filter(_in_read_class(led_classes, ""), person__in=students)

    def owned_by(self, person: Reader) -> RecordQuerySet:
        """One's own, whoever else may read them."""
        return self.filter(person=person) if person.is_authenticated else self.none()


class HourEntryQuerySet(QuerySet[Any]):
    def approved_of(self, person: Reader) -> HourEntryQuerySet:
        """What schools approved of a person's hours, in the order they were given."""
        return self.filter(person=person, status=HourEntryStatus.APPROVED).order_by("started_at", "pk")

    def attested(self) -> HourEntryQuerySet:
        """What counts as attested, in a passport and where a school asks for it."""
        return self.filter(COUNTS_AS_ATTESTED)

    def covered_twice(self) -> HourEntryQuerySet:
        """Attested entries that share an instant with another of the same record."""
        return self.attested().filter(self.is_covered())

    def is_covered(self) -> Exists:
        """Whether another attested entry of the same record shares an instant with this one."""
        others = self.model.objects.attested().exclude(pk=OuterRef("pk")).filter(record=OuterRef("record"))
        return Exists(others.overlapping(OuterRef("started_at"), OuterRef("ended_at")))

    def is_loose(self) -> Q:
        """Whether an entry is covered twice and does not stand. Those that stand never overlap each other: of two that
        overlap, one is loose."""
        return COUNTS_AS_ATTESTED & ~Q(status__in=STANDING_HOUR_ENTRY) & Q(self.is_covered())

    def decidable_by(self, person: Reader) -> HourEntryQuerySet:
        """Of students the person answers for; never a draft."""
        return self.exclude(status__in=PRIVATE_HOUR_ENTRY).filter(_in_led_class(person, "record__"))

    def attestable_by(self, person: Reader) -> HourEntryQuerySet:
        """Naming missions the person runs; never a draft."""
        run = related(self, "mission").run_by(person)
        return self.exclude(status__in=PRIVATE_HOUR_ENTRY).filter(mission__in=run.values("pk"))

    def living(self) -> HourEntryQuerySet:
        """All but the tombstones."""
        return self.exclude(status=HourEntryStatus.DELETED)

    def given(self) -> HourEntryQuerySet:
        """What counts as attested, or is approved, whichever of the two."""
        return self.filter(COUNTS_AS_ATTESTED | Q(status=HourEntryStatus.APPROVED))

    def own(self, person: Reader) -> HourEntryQuerySet:
        """The person's own, in whatever state but gone."""
        return self.living().filter(person=person) if person.is_authenticated else self.none()

    def visible_to(self, person: Reader) -> HourEntryQuerySet:
        """One's own but the tombstones; once submitted, those of one's students and those naming missions one runs.

        Annotated with `is_seen_whole`: organisers read time, minutes and attestation only.
        """
        if not person.is_authenticated:
            return self.none()
        # Three lists of few, each found by an index: one condition with an OR is asked of every entry of the region.
        own = self.model.objects.own(person)
        known = self.model.objects.living().exclude(status=HourEntryStatus.DRAFT)
        led_classes = _led_classes(person)
        read = known.filter(record__in=related(self, "record").read_in(led_classes).values("pk"))
        named = known.filter(mission__in=Mission.objects.run_by(person).values("pk"))
        whole = Q(person=person) | _in_read_class(led_classes, "record__")
        return self.filter(pk__in=own.values("pk").union(read.values("pk"), named.values("pk"))).annotate(
            is_seen_whole=Case(When(whole, then=Value(True)), default=Value(False))
        )

    def own_seen_whole(self, person: Reader) -> HourEntryQuerySet:
        """As visible_to, of a person who sees nobody else's."""
        return self.own(person).annotate(is_seen_whole=Value(True))

    def words(self) -> list[Prefetch]:
        """What brings an entry its `shown_attestations` and `shown_decisions`, oldest first."""
        return [
            Prefetch(name, getattr(self.model, name).rel.related_model.objects.order_by("id"), to_attr=f"shown_{name}")
            for name in ("attestations", "decisions")
        ]

    def with_words(self) -> HourEntryQuerySet:
        """Each with its words, and with what was asked."""
        return self.select_related("attestation_request").prefetch_related(*self.words())

    def standing(self) -> HourEntryQuerySet:
        """Handed in, and not refused: no two of a person's cover the same time."""
        return self.filter(status__in=STANDING_HOUR_ENTRY)

    def sharing_time_with(self, entry: Any, *, within: timedelta = timedelta(0)) -> HourEntryQuerySet:
        """The person's other entries that stand and share an instant with this one, or with that long before and
        after it."""
        others = self.standing().filter(person=entry.person_id).exclude(pk=entry.pk)
        return others.overlapping(entry.started_at - within, entry.ended_at + within)

    def overlapping(self, started_at: datetime | OuterRef, ended_at: datetime | OuterRef) -> HourEntryQuerySet:
        """That share an instant with [started_at, ended_at)."""
        return self.filter(started_at__lt=ended_at, ended_at__gt=started_at)


class RecordEventQuerySet(QuerySet[Any]):
    def visible_to(self, person: Reader) -> RecordEventQuerySet:
        """As the entry it belongs to; organisers only those of the axis that is theirs."""
        seen = related(self, "entry").visible_to(person)
        whole = Q(entry__in=seen.filter(is_seen_whole=True).values("pk"))
        theirs = Q(entry__in=seen.values("pk"), facts__verb__in=list(ATTESTATION_TRANSITIONS))
        return self.filter(whole | theirs)

    def of_entry(self, entry: Any) -> RecordEventQuerySet:
        """Oldest first; an entry that went to another record before it was handed in began there."""
        is_before = Case(When(record=entry.record_id, then=Value(1)), default=Value(0))
        return self.filter(entry=entry).order_by(is_before, "sequence")


class OfVisibleEntryQuerySet(QuerySet[Any]):
    def visible_to(self, person: Reader) -> OfVisibleEntryQuerySet:
        """As the entry it belongs to."""
        return self.filter(entry__in=related(self, "entry").visible_to(person).values("pk"))


class OfWholeEntryQuerySet(QuerySet[Any]):
    def visible_to(self, person: Reader) -> OfWholeEntryQuerySet:
        """Who sees the whole of the entry it belongs to: organisers do not."""
        whole = related(self, "entry").visible_to(person).filter(is_seen_whole=True)
        return self.filter(entry__in=whole.values("pk"))


class EvidenceQuerySet(OfWholeEntryQuerySet):
    def seen_before(self, sha256s: Iterable[str], entry: Any) -> EvidenceQuerySet:
        """The same bytes, shown with another entry, by anyone."""
        return self.filter(sha256__in=sha256s).exclude(entry=entry)


class ContestQuerySet(OfWholeEntryQuerySet):
    def decidable_by(self, person: Reader) -> ContestQuerySet:
        """Of the schools the person manages, unless the hours were taken back meanwhile."""
        schools = School.objects.managed_by(person).values("pk")
        handed_in = self.exclude(entry__status__in=PRIVATE_HOUR_ENTRY)
        return handed_in.filter(entry__record__option__school__in=schools)
