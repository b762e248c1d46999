"""Shapes of records, hour entries and their events."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.fields import (
    InstantField,
    LineField,
    MailAddressField,
    NameField,
    StrictCharField,
    StrictIntegerField,
    StrictUUIDField,
)
from common.api.serializers import Input, Output
from engagement.api.serializers.evidence import ShownEvidenceOutput
from engagement.models import (
    MOST_RESENDS,
    Attestation,
    AttestationRequest,
    Decision,
    HourEntry,
    Record,
    RecordEvent,
)
from engagement.states import AttestationStatus, EntryFlag, TutorMailStatus
from missions.models import Domain

LONGEST_DAY_MINUTES = 720


class RecordOutput(Output):
    kind = serializers.SerializerMethodField()
    person_name = serializers.CharField(source="person.full_name")

    class Meta:
        model = Record
        fields = ["id", "kind", "person", "person_name", "option", "event_count"]

    def get_kind(self, record: Record) -> str:
        """`option` under a school's rules, `passport` without."""
        return "option" if record.option_id else "passport"


class SyncedRecordOutput(Output):
    """A record as a phone keeps it: what grows with every move of an entry is left out, the entries say it."""

    kind = serializers.SerializerMethodField()

    class Meta:
        model = Record
        fields = ["id", "kind", "option"]

    def get_kind(self, record: Record) -> str:
        """`option` under a school's rules, `passport` without."""
        return "option" if record.option_id else "passport"


class HourEntryInput(Input):
    """Hours by hand: for a `mission` of the catalogue, or outside it for `organization_name`, with `tutor_email`."""

    mission = StrictUUIDField(allow_null=True, default=None)
    title = LineField(max_length=120, allow_blank=True, default="")
    domain = serializers.ChoiceField(choices=Domain.choices, allow_null=True, default=None)
    organization_name = NameField(max_length=120, allow_blank=True, default="")
    tutor_name = NameField(max_length=120, allow_blank=True, default="")
    tutor_email = MailAddressField(allow_null=True, default=None)
    started_at = InstantField()
    ended_at = InstantField()
    break_minutes = StrictIntegerField(min_value=0, max_value=LONGEST_DAY_MINUTES, default=0)
    reflection = StrictCharField(max_length=5000, allow_blank=True, default="")


class HourEntryEditInput(Input):
    mission = StrictUUIDField(allow_null=True)
    title = LineField(max_length=120, allow_blank=True)
    domain = serializers.ChoiceField(choices=Domain.choices, allow_null=True)
    organization_name = NameField(max_length=120, allow_blank=True)
    tutor_name = NameField(max_length=120, allow_blank=True)
    tutor_email = MailAddressField(allow_null=True)
    reflection = StrictCharField(max_length=5000, allow_blank=True)
    started_at = InstantField()
    ended_at = InstantField()
    break_minutes = StrictIntegerField(min_value=0, max_value=LONGEST_DAY_MINUTES)


class DecisionOutput(Output):
    """`by_policy`: approved by the school's rules, by nobody. `class_session`: by somebody who attested the hours too,
    those of a whole class."""

    class Meta:
        model = Decision
        fields = ["id", "verb", "minutes", "reason", "decided_by", "by_policy", "class_session", "created_at"]


class AttestationOutput(Output):
    """`by_tutor`: by the link in a mail, by nobody with an account."""

    class Meta:
        model = Attestation
        fields = ["id", "verb", "minutes", "reason", "attested_by", "by_tutor", "created_at"]


NOTHING_ASKED = AttestationRequest()


def _request_of(entry: HourEntry) -> AttestationRequest:
    return getattr(entry, "attestation_request", None) or NOTHING_ASKED


class HourEntryOutput(Output):
    """Organisers read time, minutes and attestation; the person, the reflection and the decision are left out. `flags`
    are for those who decide: the entry's author never gets them. `tutor_mail_status`: what became of the newest mail to
    the tutor, or why none leaves. `resends_left`: how often the author can ask again."""

    person = serializers.UUIDField(source="record.person_id")
    person_name = serializers.CharField(source="record.person.full_name")
    tutor_email = serializers.CharField(required=False)
    attestation_status = serializers.ChoiceField(choices=AttestationStatus.choices)
    attestations = AttestationOutput(source="shown_attestations", many=True)
    attestation_asked_at = InstantField(source="attestation_request.asked_at", allow_null=True, required=False)
    attestation_expires_at = InstantField(source="attestation_request.expires_at", allow_null=True, required=False)
    tutor_mail_status = serializers.SerializerMethodField(required=False)
    resends_left = serializers.SerializerMethodField(required=False)
    decisions = DecisionOutput(source="shown_decisions", many=True, required=False)
    evidence = ShownEvidenceOutput(source="shown_evidence", many=True, required=False)
    flags = serializers.ListField(child=serializers.ChoiceField(choices=EntryFlag.choices), required=False)

    may_be_absent = (
        "record",
        "person",
        "person_name",
        "tutor_name",
        "tutor_email",
        "reflection",
        "attestation_asked_at",
        "attestation_expires_at",
        "tutor_mail_status",
        "resends_left",
        "status",
        "submitted_at",
        "approved_minutes",
        "decisions",
        "evidence",
        "flags",
        "version",
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
            "organization_name",
            "tutor_name",
            "tutor_email",
            "started_at",
            "ended_at",
            "break_minutes",
            "claimed_minutes",
            "attestation_status",
            "attested_minutes",
            "attestations",
            "attestation_asked_at",
            "attestation_expires_at",
            "tutor_mail_status",
            "resends_left",
            "status",
            "submitted_at",
            "approved_minutes",
            "decisions",
            "evidence",
            "reflection",
            "flags",
            "version",
        ]

    @extend_schema_field(serializers.ChoiceField(choices=TutorMailStatus.choices, allow_null=True))
    def get_tutor_mail_status(self, entry: HourEntry) -> str | None:
        return _request_of(entry).mail_status or None

    def get_resends_left(self, entry: HourEntry) -> int:
        return MOST_RESENDS - _request_of(entry).resend_count

    def to_representation(self, entry: HourEntry) -> dict[str, Any]:
        answer = super().to_representation(entry)
        if not entry.is_seen_whole:  # type: ignore[attr-defined]
            for name in self.may_be_absent:
                del answer[name]
        elif entry.record.person_id == self.context["request"].user.pk:
            del answer["flags"]
        return answer


class RecordEventFactsOutput(serializers.Serializer):
    """Organisers read the axis that is theirs."""

    verb = serializers.CharField()
    actor = serializers.UUIDField(allow_null=True, required=False)
    at = serializers.CharField()
    status = serializers.CharField(required=False)
    attestation_status = serializers.CharField()
    started_at = serializers.CharField()
    ended_at = serializers.CharField()
    claimed_minutes = serializers.IntegerField()
    attested_minutes = serializers.IntegerField(allow_null=True)
    approved_minutes = serializers.IntegerField(allow_null=True, required=False)
    class_session = serializers.BooleanField(required=False)
    text_commitment = serializers.CharField(allow_null=True)


class RecordEventOutput(Output):
    facts = RecordEventFactsOutput()

    class Meta:
        model = RecordEvent
        fields = ["id", "sequence", "facts", "text", "previous_hash", "hash"]

    def to_representation(self, event: RecordEvent) -> dict[str, Any]:
        """A text that its author took back before submitting is the author's alone."""
        answer = super().to_representation(event)
        is_author = event.record.person_id == self.context["request"].user.pk
        if event.facts["verb"] in ("create", "edit") and not is_author:
            answer["text"] = ""
        if not self.context["is_seen_whole"]:
            for name in ("actor", "status", "approved_minutes"):
                del answer["facts"][name]
        return answer
