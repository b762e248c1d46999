"""Records, hour entries, and the chain of events that can be added to and never rewritten."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Least

from accounts.models import Reader
from common.models import Row
from common.querysets import related
from engagement.models.records import Record, classes_led_by, in_led_class, in_read_class
from engagement.states import (
    ATTESTATION_TRANSITIONS,
    ATTESTED,
    EDITABLE_HOUR_ENTRY,
    HOUR_ENTRY_STAGES,
    PRIVATE_HOUR_ENTRY,
    STANDING_HOUR_ENTRY,
    AttestationStatus,
    HourEntryStage,
    HourEntryStatus,
)
from missions.models import Attendance, Domain, Mission
from schools.models import Enrolment

SHORTEST_MINUTES = 15
LONGEST_MINUTES = 720


# What an organisation stands by: confirmed, or corrected and acknowledged by the student. Of hours by hand only those
# handed in: an entry that its author may rewrite says no longer what was confirmed.
COUNTS_AS_ATTESTED = (
    Q(attestation_status=AttestationStatus.CONFIRMED)
    & ~Q(status=HourEntryStatus.DELETED)
    & ~Q(attendance__isnull=True, status__in=EDITABLE_HOUR_ENTRY)
)

# HourEntry.attested_within
ATTESTED_WITHIN = Least("attested_minutes", F("claimed_minutes") + F("break_minutes"))


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
        return self.exclude(status__in=PRIVATE_HOUR_ENTRY).filter(in_led_class(person, "record__"))

    def waiting_for_school(self) -> HourEntryQuerySet:
        """Handed in, undecided, and open to a decision: where attested hours alone are approved, attested ones.

        Annotated with `waits_since`, when they were handed in the last time or came back to the school.
        """
        moves = related(self, "events").filter(entry=OuterRef("pk"), facts__verb__in=["submit", "reconsider"])
        rows = self.filter(status=HourEntryStatus.SUBMITTED, record__option__isnull=False)
        return rows.exclude(
            ~Q(attestation_status=AttestationStatus.CONFIRMED), record__option__is_attestation_required=True
        ).annotate(waits_since=Coalesce(Subquery(moves.order_by("-id").values("created_at")[:1]), F("submitted_at")))

    def with_class(self) -> HourEntryQuerySet:
        """Annotated with `class_id`, whose referents decide: where the student is, else was, at the record's school."""
        there = Enrolment.objects.filter(
            student=OuterRef("person"),
            class_group__school=OuterRef("record__option__school"),
            class_group__school_year=OuterRef("record__option__school_year"),
            activated_at__isnull=False,
        )
        # Active before ended.
        newest = there.order_by("status", "-id").values("class_group")[:1]
        return self.annotate(class_id=Subquery(newest, output_field=models.UUIDField()))

    def attestable_by(self, person: Reader) -> HourEntryQuerySet:
        """Naming missions the person runs; never a draft."""
        run = related(self, "mission").run_by(person)
        return self.exclude(status__in=PRIVATE_HOUR_ENTRY).filter(mission__in=run.values("pk"))

    def in_stage(self, stage: str) -> HourEntryQuerySet:
        """Those of one HourEntryStage; each living entry is in one."""
        return self.filter(status__in=HOUR_ENTRY_STAGES[HourEntryStage(stage)])

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
        led_classes = classes_led_by(person)
        read = known.filter(record__in=related(self, "record").read_in(led_classes).values("pk"))
        named = known.filter(mission__in=Mission.objects.run_by(person).values("pk"))
        whole = Q(person=person) | in_read_class(led_classes, "record__")
        return self.filter(pk__in=own.values("pk").union(read.values("pk"), named.values("pk"))).annotate(
            is_seen_whole=Case(When(whole, then=Value(True)), default=Value(False))
        )

    def own_seen_whole(self, person: Reader) -> HourEntryQuerySet:
        """As visible_to, of a person who sees nobody else's."""
        return self.own(person).annotate(is_seen_whole=Value(True))

    def words(self) -> list[Prefetch]:
        """What brings an entry its `shown_attestations`, `shown_decisions` and `shown_evidence`, oldest first."""
        return [
            Prefetch(name, getattr(self.model, name).rel.related_model.objects.order_by("id"), to_attr=f"shown_{name}")
            for name in ("attestations", "decisions", "evidence")
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


class HourEntry(Row):
    """One line of the ledger: what is claimed, what the organisation attests, what the school approves."""

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="entries")
    # The record's, once more: an hour counts once in all records of a person (see engagement.overlap_constraint).
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="hour_entries", db_index=False
    )
    attendance = models.OneToOneField(Attendance, null=True, on_delete=models.PROTECT, related_name="hour_entry")
    mission = models.ForeignKey(Mission, null=True, on_delete=models.PROTECT, related_name="hour_entries")
    # As they were when the hours were given: a mission renamed later does not rewrite the ledger.
    title = models.CharField(max_length=120)
    domain = models.CharField(max_length=40, choices=Domain)
    # Of hours given outside the catalogue: for whom, and who there can say so.
    organization_name = models.CharField(max_length=120, blank=True)
    tutor_name = models.CharField(max_length=120, blank=True)
    tutor_email = models.EmailField(blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    break_minutes = models.PositiveSmallIntegerField(default=0)
    claimed_minutes = models.PositiveSmallIntegerField()
    reflection = models.TextField(blank=True, max_length=5000)
    status = models.CharField(max_length=9, choices=HourEntryStatus, default=HourEntryStatus.DRAFT)
    # When it was first submitted: that was in time, and a withdrawal does not undo it.
    submitted_at = models.DateTimeField(null=True)
    approved_minutes = models.PositiveSmallIntegerField(null=True)
    attestation_status = models.CharField(
        max_length=9, choices=AttestationStatus, default=AttestationStatus.NONE
    )
    attested_minutes = models.PositiveSmallIntegerField(null=True)
    # EntryFlag values, sorted: for the class's teachers and the school's managers.
    flags = models.JSONField(default=list, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = HourEntryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="hour_entry_ends_after_it_starts", condition=Q(ended_at__gt=F("started_at"))),
            models.CheckConstraint(
                name="hour_entry_claims_15_to_720_minutes",
                condition=Q(claimed_minutes__range=(SHORTEST_MINUTES, LONGEST_MINUTES)),
            ),
            models.CheckConstraint(
                name="hour_entry_approved_iff_minutes",
                condition=Q(status=HourEntryStatus.APPROVED, approved_minutes__isnull=False)
                | (~Q(status=HourEntryStatus.APPROVED) & Q(approved_minutes__isnull=True)),
            ),
            models.CheckConstraint(
                name="hour_entry_submitted_unless_draft",
                condition=Q(status__in=[HourEntryStatus.DRAFT, HourEntryStatus.DELETED])
                | Q(submitted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="hour_entry_attested_iff_minutes",
                condition=Q(attestation_status__in=ATTESTED, attested_minutes__isnull=False)
                | (~Q(attestation_status__in=ATTESTED) & Q(attested_minutes__isnull=True)),
            ),
            models.CheckConstraint(
                name="hour_entry_is_for_a_mission_or_an_organization_outside",
                condition=Q(status=HourEntryStatus.DELETED)
                | Q(mission__isnull=False, organization_name="", tutor_name="", tutor_email="")
                | (Q(mission__isnull=True) & ~Q(organization_name="")),
            ),
        ]
        indexes = [
            models.Index(fields=["record", "started_at"], name="hour_entry_of_record"),
            models.Index(fields=["person", "started_at"], name="hour_entry_of_person"),
            models.Index(fields=["status", "-id"], name="hour_entry_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.id}"

    def overlaps(self, other: HourEntry) -> bool:
        """As HourEntryQuerySet.overlapping."""
        return self.started_at < other.ended_at and other.started_at < self.ended_at

    @property
    def is_attested(self) -> bool:
        """Whether the organisation's word stands: corrected minutes do once the student has acknowledged them."""
        return bool(self.attestation_status == AttestationStatus.CONFIRMED)

    @property
    def attested_within(self) -> int:
        """The attested minutes, no more than passed from beginning to end: the times of an attendance may have been
        shortened since, and other hours then fill the rest."""
        return min(self.attested_minutes or 0, self.claimed_minutes + self.break_minutes)


class RecordEvent(Row):
    """One move in a record, chained by hash to the one before. Appended by engagement.ledger and never changed.

    `facts` enters the hash as canonical JSON; what people wrote (`text`, `details`) enters it only as a commitment,
    so that it and the salt can be erased while the chain still verifies.
    """

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="events")
    # None where the record as a whole moved: a certificate, an erasure.
    entry = models.ForeignKey(HourEntry, null=True, on_delete=models.PROTECT, related_name="events")
    sequence = models.PositiveIntegerField()
    facts = models.JSONField()
    text = models.TextField(blank=True)
    # How the entry then named itself: title, organisation, tutor, and the SHA-256 of its evidence.
    details = models.JSONField(default=dict, blank=True)
    salt = models.CharField(max_length=32, blank=True)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    objects = RecordEventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record", "sequence"], name="record_event_once_per_sequence"),
        ]

    def __str__(self) -> str:
        return f"{self.record_id} {self.sequence}"
