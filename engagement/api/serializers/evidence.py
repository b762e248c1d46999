"""Shapes of evidence."""

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.serializers import Output
from engagement.models import Evidence


class EvidenceOutput(Output):
    """`sha256` is of the bytes that are kept and served: a picture is written anew."""

    class Meta:
        model = Evidence
        fields = ["id", "entry", "kind", "size", "sha256", "created_at"]


class ShownEvidenceOutput(Output):
    """A piece of evidence as its entry shows it."""

    url = serializers.SerializerMethodField()

    class Meta:
        model = Evidence
        fields = ["id", "kind", "size", "url"]

    @extend_schema_field({"type": "string", "format": "uri"})
    def get_url(self, evidence: Evidence) -> str:
        return f"{settings.PUBLIC_URL}/api/v1/evidence/{evidence.pk}/"
