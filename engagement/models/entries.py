"""Records, hour entries, and the chain of events that can be added to and never rewritten."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from common.models import Row
from engagement.models.options import EngagementOption
from engagement.querysets import (
    HourEntryQuerySet,
    RecordEventQuerySet,
    RecordQuerySet,
)
from engagement.states import ATTESTED, AttestationStatus, HourEntryStatus
from missions.models import Attendance, Domain, Mission

SHORTEST_MINUTES = 15
LONGEST_MINUTES = 720


class Record(Row):
    """A person's ledger: under an option for a student's year, under none the passport. Its row lock orders events."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="records")
    option = models.ForeignKey(EngagementOption, null=True, on_delete=models.PROTECT, related_name="records")
    event_count = models.PositiveIntegerField(default=0)
    head_hash = models.CharField(max_length=64, blank=True)
    # How far the head has been signed and written down outside the database.
    signed_event_count = models.PositiveIntegerField(default=0)

    objects = RecordQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "option"], name="record_once_per_person_and_option"),
            models.UniqueConstraint(
                fields=["person"], condition=Q(option__isnull=True), name="passport_once_per_person"
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], condition=~Q(event_count=F("signed_event_count")), name="record_head_to_sign"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


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

    def overlaps(self, other: "HourEntry") -> bool:
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
