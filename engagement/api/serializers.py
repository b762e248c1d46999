"""Shapes of what the ledger takes and gives."""

from typing import Any

from rest_framework import serializers

from common.api.fields import InstantField, StrictCharField, StrictIntegerField, StrictUUIDField
from common.api.serializers import Input, Output
from engagement.models import EngagementOption, HourEntry, Record, RecordEvent
from engagement.states import AttestationStatus, DecisionVerb, HourEntryStatus

MAX_RULINGS = 500


class EngagementOptionInput(Input):
    school = StrictUUIDField()
    target_minutes = StrictIntegerField(min_value=1, max_value=60_000)


class EngagementOptionEditInput(Input):
    target_minutes = StrictIntegerField(min_value=1, max_value=60_000)


class EngagementOptionOutput(Output):
    school_year_label = serializers.CharField(source="school_year.label")

    class Meta:
        model = EngagementOption
        fields = ["id", "school", "school_year", "school_year_label", "target_minutes"]


class RecordOutput(Output):
    kind = serializers.SerializerMethodField()
    person_name = serializers.CharField(source="person.full_name")

    class Meta:
        model = Record
        fields = ["id", "kind", "person", "person_name", "option", "event_count"]

    def get_kind(self, record: Record) -> str:
        """`option` under a school's rules, `passport` without."""
        return "option" if record.option_id else "passport"


class HourEntryEditInput(Input):
    reflection = StrictCharField(max_length=5000, allow_blank=True)
    started_at = InstantField()
    ended_at = InstantField()
    break_minutes = StrictIntegerField(min_value=0, max_value=720)


class HourEntryOutput(Output):
    """Organisers read time, minutes and attestation; the person, the reflection and the decision are left out."""

    person = serializers.UUIDField(source="record.person_id", required=False)
    person_name = serializers.CharField(source="record.person.full_name", required=False)
    attestation_status = serializers.ChoiceField(choices=AttestationStatus.choices)

    LEFT_OUT_FOR_ORGANISERS = (
        "record",
        "person",
        "person_name",
        "reflection",
        "status",
        "submitted_at",
        "approved_minutes",
    )

    class Meta:
        model = HourEntry
        fields = [
            "id",
            "record",
            "person",
            "person_name",
            "mission",
            "attendance",
            "title",
            "domain",
            "started_at",
            "ended_at",
            "break_minutes",
            "claimed_minutes",
            "attestation_status",
            "attested_minutes",
            "status",
            "submitted_at",
            "approved_minutes",
            "reflection",
        ]

    def get_fields(self) -> dict[str, serializers.Field]:
        declared = super().get_fields()
        for name in self.LEFT_OUT_FOR_ORGANISERS:
            declared[name].required = False
        return declared

    def to_representation(self, entry: HourEntry) -> dict[str, Any]:
        answer = super().to_representation(entry)
        if not entry.is_seen_whole:  # type: ignore[attr-defined]
            for name in self.LEFT_OUT_FOR_ORGANISERS:
                del answer[name]
        return answer


class DecisionInput(Input):
    reason = StrictCharField(max_length=1000, allow_blank=True, default="")


class ApprovalInput(DecisionInput):
    minutes = StrictIntegerField(min_value=1, max_value=720, allow_null=True, default=None)


class RulingInput(ApprovalInput):
    entry = StrictUUIDField()
    verb = serializers.ChoiceField(choices=DecisionVerb.choices)


class BulkDecisionsInput(Input):
    decisions = RulingInput(many=True, min_length=1, max_length=MAX_RULINGS)  # type: ignore[call-arg]


class OutcomeOutput(serializers.Serializer):
    """`status` is the entry's after the decision; without it, `code` and `detail` say why there is none."""

    entry = serializers.UUIDField()
    status = serializers.ChoiceField(choices=HourEntryStatus.choices, allow_null=True)
    approved_minutes = serializers.IntegerField(allow_null=True)
    code = serializers.CharField(allow_null=True)
    detail = serializers.CharField(allow_null=True)


class BulkDecisionsOutput(serializers.Serializer):
    results = OutcomeOutput(many=True)


class RecordEventFactsOutput(serializers.Serializer):
    verb = serializers.CharField()
    actor = serializers.UUIDField(allow_null=True)
    at = serializers.CharField()
    status = serializers.CharField()
    attestation_status = serializers.CharField()
    started_at = serializers.CharField()
    ended_at = serializers.CharField()
    claimed_minutes = serializers.IntegerField()
    attested_minutes = serializers.IntegerField(allow_null=True)
    approved_minutes = serializers.IntegerField(allow_null=True)
    text_commitment = serializers.CharField(allow_null=True)


class RecordEventOutput(Output):
    facts = RecordEventFactsOutput()

    class Meta:
        model = RecordEvent
        fields = ["id", "sequence", "facts", "text", "previous_hash", "hash"]

    def to_representation(self, event: RecordEvent) -> dict[str, Any]:
        """What an author wrote and took back before submitting is the author's alone."""
        answer = super().to_representation(event)
        if event.facts["verb"] == "edit" and event.record.person_id != self.context["request"].user.pk:
            answer["text"] = ""
        return answer


class DomainMinutesOutput(serializers.Serializer):
    domain = serializers.CharField()
    minutes = serializers.IntegerField()


class ProgressOutput(serializers.Serializer):
    """Whole minutes. `counted`: approved under an option, attested in a passport."""

    record = serializers.UUIDField(source="record.pk")
    kind = serializers.SerializerMethodField()
    school_year_label = serializers.SerializerMethodField()
    target_minutes = serializers.IntegerField(allow_null=True)
    counted_minutes = serializers.IntegerField()
    pending_minutes = serializers.IntegerField()
    attested_minutes = serializers.IntegerField()
    by_domain = DomainMinutesOutput(many=True)

    def get_kind(self, progress: Any) -> str:
        """`option` or `passport`."""
        return "option" if progress.record.option_id else "passport"

    def get_school_year_label(self, progress: Any) -> str:
        """Empty for a passport."""
        return progress.record.option.school_year.label if progress.record.option else ""


class MyProgressOutput(serializers.Serializer):
    records = ProgressOutput(many=True)
