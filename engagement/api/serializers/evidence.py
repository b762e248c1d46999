"""Shapes of evidence."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.images import PictureOutput, picture_facts
from common.api.serializers import Output
from engagement.models import Evidence
from engagement.states import EvidenceKind


class _PicturedOutput(Output):
    image = serializers.SerializerMethodField()

    @extend_schema_field(PictureOutput(allow_null=True))
    def get_image(self, row: Evidence) -> dict[str, Any] | None:
        if row.kind != EvidenceKind.PICTURE:
            return None
        return picture_facts(f"{settings.PUBLIC_URL}/api/v1/evidence/{row.pk}/?size=", str(row.file.name))


class EvidenceOutput(_PicturedOutput):
    """`sha256` is of the bytes that are kept and served in full: a picture is written anew."""

    class Meta:
        model = Evidence
        fields = ["id", "entry", "kind", "size", "sha256", "image", "created_at"]


class ShownEvidenceOutput(_PicturedOutput):
    """A piece of evidence as its entry shows it."""

    url = serializers.SerializerMethodField()

    class Meta:
        model = Evidence
        fields = ["id", "kind", "size", "url", "image"]

    @extend_schema_field({"type": "string", "format": "uri"})
    def get_url(self, evidence: Evidence) -> str:
        return f"{settings.PUBLIC_URL}/api/v1/evidence/{evidence.pk}/"
