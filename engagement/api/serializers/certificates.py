"""Shapes of certificates, and of what anybody may check."""

from typing import Any

from rest_framework import serializers

from common.api.fields import StrictCharField, StrictUUIDField
from common.api.serializers import Input, Output
from engagement.models import Certificate
from engagement.states import CertificateStatus
from missions.models import Domain


class CertificateInput(Input):
    """`reason` is a school manager's, for one that is issued before the target is reached."""

    record = StrictUUIDField()
    reason = StrictCharField(max_length=1000, allow_blank=True, default="")


class RevocationInput(Input):
    reason = StrictCharField(max_length=1000)


class CertifiedDomainOutput(serializers.Serializer):
    domain = serializers.ChoiceField(choices=Domain.choices)
    minutes = serializers.IntegerField()


class CertifiedEntryOutput(serializers.Serializer):
    on = serializers.DateField()
    title = serializers.CharField()
    organization = serializers.CharField()
    minutes = serializers.IntegerField()


class CertificateSnapshotOutput(serializers.Serializer):
    """What is signed: this object as JSON with sorted keys, no spaces, ASCII only."""

    number = serializers.CharField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    school = serializers.CharField()
    school_uai = serializers.CharField()
    school_year = serializers.CharField()
    issued_at = serializers.CharField()
    target_minutes = serializers.IntegerField()
    minutes = serializers.IntegerField()
    by_domain = CertifiedDomainOutput(many=True)
    entries = CertifiedEntryOutput(many=True)


class CertificateOutput(Output):
    """`snapshot` is null once the person is erased."""

    person = serializers.UUIDField(source="record.person_id")
    snapshot = CertificateSnapshotOutput(allow_null=True)

    class Meta:
        model = Certificate
        fields = [
            "id",
            "record",
            "person",
            "number",
            "status",
            "minutes",
            "school_year_label",
            "issued_at",
            "reason",
            "ended_at",
            "revocation_reason",
            "key_id",
            "signature",
            "snapshot",
        ]


class CertificateCheckOutput(serializers.Serializer):
    """All that the public may know. `first_name`, `initial` and `school` are empty once the person is erased."""

    number = serializers.CharField()
    status = serializers.ChoiceField(choices=CertificateStatus.choices)
    school_year = serializers.CharField(source="school_year_label")
    minutes = serializers.IntegerField()
    first_name = serializers.SerializerMethodField()
    initial = serializers.SerializerMethodField(method_name="get_initial_of_last_name")  # type: ignore[assignment]
    school = serializers.SerializerMethodField()

    def _fact(self, certificate: Certificate, name: str) -> str:
        return str((certificate.snapshot or {}).get(name, ""))

    def get_first_name(self, certificate: Any) -> str:
        return self._fact(certificate, "first_name")

    def get_initial_of_last_name(self, certificate: Any) -> str:
        return self._fact(certificate, "last_name")[:1]

    def get_school(self, certificate: Any) -> str:
        return self._fact(certificate, "school")


class PublicKeyOutput(serializers.Serializer):
    key_id = serializers.CharField()
    algorithm = serializers.CharField()
    public_key = serializers.CharField()


class PublicKeysOutput(serializers.Serializer):
    """Ed25519 public keys, base64url of their 32 bytes; a certificate's `key_id` names one."""

    keys = PublicKeyOutput(many=True)
