"""The two kinds of serializer of the house: what comes in is strict, what goes out is explicit."""

import copy
from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from django.db import models
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.utils.formatting import lazy_format

from common.api import fields
from common.api.parsers import refuse_unstorable
from common.api.problems import MOST_ERRORS
from common.errors import BadInput

# By class of serializer; filled as they are used.
FIELDS: dict[type, dict[str, serializers.Field]] = {}


class FieldsMadeOnce:
    """A serializer whose fields are made once for its class: reading them from the model costs more than most answers.

    Each serializer gets copies. Nothing of them may depend on the request.
    """

    def get_fields(self) -> dict[str, serializers.Field]:
        kind = type(self)
        if kind not in FIELDS:
            FIELDS[kind] = self.make_fields()
            for field in FIELDS[kind].values():
                _say_for_each_reader(field)
        return {name: self.settled(name, _copied(field)) for name, field in FIELDS[kind].items()}

    def make_fields(self) -> dict[str, serializers.Field]:
        """The class's fields, as the framework makes them for each serializer."""
        return super().get_fields()  # type: ignore[misc]

    def settled(self, name: str, field: serializers.Field) -> serializers.Field:
        """A copy of a field, with what this kind of serializer says of it."""
        return field


def _say_for_each_reader(field: serializers.Field) -> None:
    """The framework writes a bound's sentence once, in the language of the first person who reads it.

    Of a choice it says that it is not valid, and not what to do."""
    if isinstance(field, serializers.ChoiceField):
        field.error_messages["invalid_choice"] = fields.NOT_A_CHOICE
    validators: list[Any] = field.validators
    for validator in validators:
        message: Any = getattr(validator, "message", None)
        if isinstance(message, lazy_format):
            validator.message = format_lazy(message.format_string or "", *message.args, **message.kwargs)


def _copied(field: serializers.Field) -> serializers.Field:
    """A field that stands alone changes only by being bound: what it holds is shared. One that holds others is not."""
    holds_others = isinstance(field, serializers.BaseSerializer) or hasattr(field, "child_relation")
    return copy.deepcopy(field) if holds_others or hasattr(field, "child") else copy.copy(field)


class ListOfInputs(serializers.ListSerializer):
    """Many bodies in one; its refusals are said as those of any list."""

    default_error_messages = fields.LIST_ERRORS


class Input(FieldsMadeOnce, serializers.Serializer):
    """A request body: unknown fields are refused, so that a misspelt one is never silently lost."""

    class Meta:
        list_serializer_class = ListOfInputs

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, QueryDict):  # a form: what JSON's parser refuses of names is refused here
            for name in data:
                refuse_unstorable(name)
            repeated = [name for name, values in data.lists() if len(values) > 1]
            if repeated:
                said = _("This was sent more than once: send it once.")
                raise serializers.ValidationError({name: [said] for name in repeated})
        if isinstance(data, dict):
            unknown = sorted(set(data) - set(self.fields))[: MOST_ERRORS + 1]
            if unknown:
                said = serializers.ErrorDetail(_("This field is not known here: leave it out."), code="unknown_field")
                raise serializers.ValidationError(dict.fromkeys(unknown, said))
        return super().to_internal_value(data)


class FieldsOfAction(BadInput):
    """400: a field that is not the action's, or one it wants and that is missing."""

    code = "fields_of_action"


class ActionInput(Input):
    """The form of a page with several buttons: its field `action` says which, and which other fields go with it."""

    # By action: the fields it may have, and those of them that it cannot do without.
    taken: ClassVar[Mapping[str, Collection[str]]]
    needed: ClassVar[Mapping[str, Collection[str]]]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given, action = set(attrs) - {"action"}, attrs["action"]
        if foreign := given - set(self.taken.get(action, ())):
            said = _("This does not go with that action: leave it out.")
            raise FieldsOfAction(fields={name: said for name in sorted(foreign)})
        if missing := set(self.needed.get(action, ())) - given:
            raise FieldsOfAction(fields={name: _("This field is required.") for name in sorted(missing)})
        return attrs


class Output(FieldsMadeOnce, serializers.ModelSerializer):
    """An answer made from a row: explicit fields, instants in UTC, never written through."""

    # Fields that some readers do not get.
    may_be_absent: tuple[str, ...] = ()

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: fields.InstantField,
    }

    def settled(self, name: str, field: serializers.Field) -> serializers.Field:
        field.read_only, field.required = True, name not in self.may_be_absent
        if isinstance(field, serializers.IntegerField):
            # Bounds that no reader needs and that differ by database, as the contract must not.
            field.validators, field.min_value, field.max_value = [], None, None
        return field


class Empty(Input):
    """A body without fields: an action that needs nothing but its address."""


class ReasonInput(Input):
    reason = fields.StrictCharField(max_length=500, allow_blank=True, default="")


class ReasonNeededInput(Input):
    """A reason that people will read."""

    reason = fields.StrictCharField(max_length=500)
