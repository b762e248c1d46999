"""Shapes of progress."""

from rest_framework import serializers

from engagement.progress import Progress
from engagement.states import ProgressStatus
from missions.models import Domain


class DomainProgressOutput(serializers.Serializer):
    """Whole minutes. `counted` never passes the cap."""

    domain = serializers.ChoiceField(choices=Domain.choices)
    counted_minutes = serializers.IntegerField()
    approved_minutes = serializers.IntegerField()
    cap_minutes = serializers.IntegerField(allow_null=True)


class ProgressOutput(serializers.Serializer):
    """Whole minutes. `counted`: approved under an option, after caps; attested in a passport."""

    target_minutes = serializers.IntegerField(allow_null=True)
    counted_minutes = serializers.IntegerField()
    carried_minutes = serializers.IntegerField()
    pending_minutes = serializers.IntegerField()
    attested_minutes = serializers.IntegerField()
    expected_minutes = serializers.IntegerField(allow_null=True)
    status = serializers.ChoiceField(choices=ProgressStatus.choices, allow_null=True)
    waiting_count = serializers.IntegerField()
    last_entry_on = serializers.DateField(allow_null=True)
    by_domain = DomainProgressOutput(many=True)


class RecordProgressOutput(ProgressOutput):
    """One of a person's records; `record` is null under an option that a student has given no hour to yet."""

    record = serializers.SerializerMethodField()
    kind = serializers.SerializerMethodField()
    school_year_label = serializers.SerializerMethodField()
    deadline_on = serializers.SerializerMethodField()

    def get_record(self, progress: Progress) -> str | None:
        return None if progress.record.is_unsaved else str(progress.record.pk)

    def get_kind(self, progress: Progress) -> str:
        """`option` or `passport`."""
        return "option" if progress.record.option else "passport"

    def get_school_year_label(self, progress: Progress) -> str:
        """The school year; empty for a passport."""
        return progress.record.option.school_year.label if progress.record.option else ""

    def get_deadline_on(self, progress: Progress) -> str | None:
        """The last day that counts, in Paris; null for a passport."""
        option = progress.record.option
        return str(option.deadline_on or option.school_year.ends_on) if option else None


class MyProgressOutput(serializers.Serializer):
    records = RecordProgressOutput(many=True)


class StudentProgressOutput(ProgressOutput):
    """One student of a class; `record` is null for a student who has no hour yet."""

    student = serializers.UUIDField(source="record.person_id")
    name = serializers.CharField(source="record.person.full_name")
    record = serializers.SerializerMethodField()

    def get_record(self, progress: Progress) -> str | None:
        return None if progress.record.is_unsaved else str(progress.record.pk)


class ClassProgressOutput(serializers.Serializer):
    """A class by name, with how many students stand where."""

    target_minutes = serializers.IntegerField()
    on_track_count = serializers.IntegerField()
    behind_count = serializers.IntegerField()
    at_risk_count = serializers.IntegerField()
    complete_count = serializers.IntegerField()
    students = StudentProgressOutput(many=True)
