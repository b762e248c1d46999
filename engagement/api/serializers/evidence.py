"""Shapes of evidence."""

from common.api.serializers import Output
from engagement.models import Evidence


class EvidenceOutput(Output):
    """`sha256` is of the bytes that are kept and served: a picture is written anew."""

    class Meta:
        model = Evidence
        fields = ["id", "entry", "kind", "size", "sha256", "created_at"]
