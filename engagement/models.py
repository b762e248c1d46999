"""The ledger: options, records, hour entries, and the chain of events that can be added to and never rewritten."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from common.models import Row
from engagement.querysets import (
    EngagementOptionQuerySet,
    HourEntryQuerySet,
    OfVisibleEntryQuerySet,
    OfVisibleRecordQuerySet,
    RecordQuerySet,
)
from engagement.states import AttestationStatus, DecisionVerb, HourEntryStatus
from missions.models import Attendance, Domain, Mission
from schools.models import School, SchoolYear

SHORTEST_MINUTES = 15
LONGEST_MINUTES = 720


class EngagementOption(Row):
    """A school's rules for one year."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="engagement_options")
    school_year = models.ForeignKey(SchoolYear, on_delete=models.PROTECT, related_name="engagement_options")
    target_minutes = models.PositiveIntegerField()
    version = models.PositiveIntegerField(default=1)

    objects = EngagementOptionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "school_year"], name="engagement_option_once_per_year"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Record(Row):
    """A person's ledger: under an option for a student's year, under none the passport. Its row lock orders events."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="records")
    option = models.ForeignKey(EngagementOption, null=True, on_delete=models.PROTECT, related_name="records")
    event_count = models.PositiveIntegerField(default=0)
    head_hash = models.CharField(max_length=64, blank=True)

    objects = RecordQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "option"], name="record_once_per_person_and_option"),
            models.UniqueConstraint(
                fields=["person"], condition=Q(option__isnull=True), name="passport_once_per_person"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class HourEntry(Row):
    """One line of the ledger: what is claimed, what the organisation attests, what the school approves."""

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="entries")
    attendance = models.OneToOneField(Attendance, null=True, on_delete=models.PROTECT, related_name="hour_entry")
    mission = models.ForeignKey(Mission, null=True, on_delete=models.PROTECT, related_name="hour_entries")
    # As they were when the hours were given: a mission renamed later does not rewrite the ledger.
    title = models.CharField(max_length=120)
    domain = models.CharField(max_length=40, choices=Domain)
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
                condition=Q(status=HourEntryStatus.DRAFT) | Q(submitted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="hour_entry_attested_iff_minutes",
                condition=Q(attestation_status=AttestationStatus.NONE, attested_minutes__isnull=True)
                | (~Q(attestation_status=AttestationStatus.NONE) & Q(attested_minutes__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(fields=["record", "started_at"], name="hour_entry_of_record"),
            models.Index(fields=["status", "-id"], name="hour_entry_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.id}"


class RecordEvent(Row):
    """One move in a record, chained by hash to the one before. Appended by engagement.ledger and never changed.

    `facts` enters the hash as canonical JSON; a free text enters it only as a commitment, so that text and salt
    can be erased while the chain still verifies.
    """

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="events")
    entry = models.ForeignKey(HourEntry, on_delete=models.PROTECT, related_name="events")
    sequence = models.PositiveIntegerField()
    facts = models.JSONField()
    text = models.TextField(blank=True)
    salt = models.CharField(max_length=32, blank=True)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    objects = OfVisibleRecordQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record", "sequence"], name="record_event_once_per_sequence"),
        ]

    def __str__(self) -> str:
        return f"{self.record_id} {self.sequence}"


class Attestation(Row):
    """The organisation's word that it happened, and for how long."""

    entry = models.ForeignKey(HourEntry, on_delete=models.PROTECT, related_name="attestations")
    minutes = models.PositiveSmallIntegerField()
    attested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="attestations"
    )

    objects = OfVisibleEntryQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.id)


class Decision(Row):
    """The school's word that it counts, or not."""

    entry = models.ForeignKey(HourEntry, on_delete=models.PROTECT, related_name="decisions")
    verb = models.CharField(max_length=7, choices=DecisionVerb)
    minutes = models.PositiveSmallIntegerField(null=True)
    reason = models.CharField(max_length=1000, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="decisions"
    )

    objects = OfVisibleEntryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="decision_gives_minutes_iff_it_approves",
                condition=Q(verb=DecisionVerb.APPROVE, minutes__isnull=False)
                | (~Q(verb=DecisionVerb.APPROVE) & Q(minutes__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.id}"
