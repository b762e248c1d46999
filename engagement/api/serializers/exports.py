"""Shapes of exports."""

from rest_framework import serializers

from common.api.serializers import Input, Output
from common.sheets import SheetFormat
from engagement.models import Export


class ExportQuery(Input):
    """How the file is wanted."""

    file_format = serializers.ChoiceField(choices=SheetFormat.choices, default=SheetFormat.CSV)


class ExportOutput(Output):
    """Who took which class's table out, and when; never its lines."""

    class_name = serializers.CharField(source="class_group.name")
    exported_by_name = serializers.SerializerMethodField()

    class Meta:
        model = Export
        fields = ["id", "class_group", "class_name", "file_format", "line_count", "exported_by_name", "created_at"]

    def get_exported_by_name(self, export: Export) -> str:
        return export.exported_by.full_name if export.exported_by else ""


class ParcoursupTextOutput(serializers.Serializer):
    """A first draft in French, empty while no hour is approved, and how many characters Parcoursup counts of it."""

    text = serializers.CharField(max_length=1500)
    character_count = serializers.IntegerField(max_value=1500)
