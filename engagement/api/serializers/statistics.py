"""Shapes of statistics."""

from rest_framework import serializers

from common.api import fields
from common.api.serializers import Input
from schools.models import Territory


class StatisticsQuery(Input):
    """Of which school year; the present one without it."""

    school_year = serializers.UUIDField(required=False, help_text="Id of the school year; else the present one.")


class TotalFiguresOutput(serializers.Serializer):
    """Whole minutes: those that organisations attested for good, and those that schools approved. `is_hidden`: some
    figure is null, because few people are behind it or behind one that it would tell."""

    is_hidden = serializers.BooleanField()
    attested_minutes = serializers.IntegerField(allow_null=True)
    approved_minutes = serializers.IntegerField(allow_null=True)


class TerritoryFiguresOutput(TotalFiguresOutput):
    """`share` is of all attested minutes, `promised_share` what rural communes were promised of them; from 0 to 1."""

    territory = serializers.ChoiceField(choices=Territory.choices)
    people_count = serializers.IntegerField(allow_null=True)
    share = serializers.FloatField(allow_null=True)
    promised_share = serializers.FloatField(allow_null=True)


class TerritoryStatisticsOutput(serializers.Serializer):
    """`urban`, `rural` and `unknown` share all hours out; `priority` is a part of them, told beside. `computed_at`, and
    each figure, is null before the year is first counted."""

    school_year = serializers.UUIDField(source="school_year.pk")
    school_year_label = serializers.CharField(source="school_year.label")
    computed_at = fields.InstantField(allow_null=True)
    total = TotalFiguresOutput()
    territories = TerritoryFiguresOutput(many=True)
