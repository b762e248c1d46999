"""Shapes of certificates, and of what anybody may check."""

from rest_framework import serializers

from common import paris
from common.api.fields import StrictCharField, StrictUUIDField
from common.api.serializers import Input, Output
from engagement.models import Certificate
from engagement.states import CertificateKind, CertificateStatus
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
    """What is signed: this object as JSON with sorted keys, no spaces, ASCII only.

    A passport has neither school, class nor target. `head_name` is there when the head agreed to it for the year.
    """

    kind = serializers.ChoiceField(choices=CertificateKind.choices)
    number = serializers.CharField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    school = serializers.CharField(required=False)
    school_uai = serializers.CharField(required=False)
    school_year = serializers.CharField(required=False)
    class_name = serializers.CharField(required=False)
    region = serializers.CharField(required=False)
    head_name = serializers.CharField(required=False)
    issued_at = serializers.CharField()
    target_minutes = serializers.IntegerField(required=False)
    minutes = serializers.IntegerField()
    by_domain = CertifiedDomainOutput(many=True)
    entries = CertifiedEntryOutput(many=True)


class CertificateOutput(Output):
    """`snapshot` is null once the person is erased; `school_year_label` is empty for a passport.

    `signature` is that of the snapshot. `statement` is the short one as a JSON Web Signature (compact, EdDSA): number,
    UAI, year, minutes, day, and the salted hash of name and birth date. The paper's QR code carries it.
    """

    person = serializers.UUIDField(source="record.person_id")
    snapshot = CertificateSnapshotOutput(allow_null=True)

    class Meta:
        model = Certificate
        fields = [
            "id",
            "record",
            "person",
            "kind",
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
            "statement",
            "snapshot",
        ]


class CertificateCheckOutput(serializers.Serializer):
    """All that the public may know. `first_name`, `initial` and `school` are empty once the person is erased.

    `school` and `school_year` are empty for a passport; `year` is the one it was issued in.
    """

    number = serializers.CharField()
    kind = serializers.ChoiceField(choices=CertificateKind.choices)
    status = serializers.ChoiceField(choices=CertificateStatus.choices)
    school_year = serializers.CharField(source="school_year_label")
    year = serializers.SerializerMethodField()
    minutes = serializers.IntegerField()
    first_name = serializers.SerializerMethodField()
    initial = serializers.SerializerMethodField(method_name="get_initial_of_last_name")  # type: ignore[assignment]
    school = serializers.SerializerMethodField()

    def get_year(self, certificate: Certificate) -> int:
        return paris.day_of(certificate.issued_at).year

    def _fact(self, certificate: Certificate, name: str) -> str:
        return str((certificate.snapshot or {}).get(name, ""))

    def get_first_name(self, certificate: Certificate) -> str:
        return self._fact(certificate, "first_name")

    def get_initial_of_last_name(self, certificate: Certificate) -> str:
        return self._fact(certificate, "last_name")[:1]

    def get_school(self, certificate: Certificate) -> str:
        return self._fact(certificate, "school")


class PublicKeyOutput(serializers.Serializer):
    key_id = serializers.CharField()
    algorithm = serializers.CharField()
    public_key = serializers.CharField()


class PublicKeysOutput(serializers.Serializer):
    """Ed25519 public keys, base64url of their 32 bytes; a certificate's `key_id` names one."""

    keys = PublicKeyOutput(many=True)
