"""The two kinds of serializer of the house: what comes in is strict, what goes out is explicit."""

import copy
from typing import Any, ClassVar

from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework import serializers

from common.api import fields
from common.api.parsers import refuse_unstorable


def _fresh(field: serializers.Field) -> serializers.Field:
    """A field like this one, for another serializer: as the framework copies it where it holds others.

    A field that stands alone changes only by being bound; copying it whole is a tenth of making it anew.
    """
    names = ("child", "child_relation")
    if not isinstance(field, serializers.BaseSerializer) and not any(hasattr(field, name) for name in names):
        return copy.copy(field)
    fresh = copy.deepcopy(field)
    fresh.read_only, fresh.required = field.read_only, field.required  # said after it was made, perhaps
    return fresh


class Input(serializers.Serializer):
    """A request body: unknown fields are refused, so that a misspelt one is never silently lost."""

    def get_fields(self) -> dict[str, serializers.Field]:
        return {name: _fresh(field) for name, field in self._declared_fields.items()}  # type: ignore[attr-defined]

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, QueryDict):  # a form: what JSON's parser refuses of names is refused here
            for name in data:
                refuse_unstorable(name)
            repeated = [name for name, values in data.lists() if len(values) > 1]
            if repeated:
                raise serializers.ValidationError({name: [_("Sent more than once.")] for name in repeated})
        if isinstance(data, dict):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                raise serializers.ValidationError(
                    {name: serializers.ErrorDetail(_("Unknown field."), code="unknown_field") for name in unknown}
                )
        return super().to_internal_value(data)


class Output(serializers.ModelSerializer):
    """An answer made from a row: explicit fields, instants in UTC, never written through."""

    # What some readers do not get, beside the declared fields with `required=False`.
    may_be_absent: tuple[str, ...] = ()

    # Read from model and class once: doing so for each answer would cost more than the answer.
    _made: ClassVar[dict[str, serializers.Field]]

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: fields.InstantField,
    }

    def get_fields(self) -> dict[str, serializers.Field]:
        if "_made" not in type(self).__dict__:
            type(self)._made = self._make_fields()
        return {name: _fresh(field) for name, field in self._made.items()}

    def _make_fields(self) -> dict[str, serializers.Field]:
        declared = super().get_fields()
        said = {name for name, field in self._declared_fields.items() if field._kwargs.get("required") is False}  # type: ignore[attr-defined]
        for name, field in declared.items():
            field.read_only = True
            field.required = name not in said | set(self.may_be_absent)
            if isinstance(field, serializers.IntegerField):
                # Bounds that no reader needs and that differ by database, as the contract must not.
                field.validators, field.min_value, field.max_value = [], None, None
        return declared


class Empty(Input):
    """A body without fields: an action that needs nothing but its address."""
