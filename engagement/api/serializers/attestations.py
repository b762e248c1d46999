"""Shapes of the organisation's word, and of a tutor's page."""

from typing import Any

from django.db import models
from django.http import QueryDict
from rest_framework import serializers

from common.api.fields import InstantField, StrictCharField, StrictIntegerField
from common.api.serializers import ActionInput, Input
from engagement.models import LONGEST_MINUTES
from engagement.states import TutorPageStatus


class AmendmentInput(Input):
    minutes = StrictIntegerField(min_value=1, max_value=LONGEST_MINUTES)
    reason = StrictCharField(max_length=1000, allow_blank=True, default="")


class DenialInput(Input):
    reason = StrictCharField(max_length=1000)


class TutorAction(models.TextChoices):
    CONFIRM = "confirm"
    AMEND = "amend"
    DENY = "deny"
    NOT_ME = "not_me"
    ME_AFTER_ALL = "me_after_all"
    NEVER_AGAIN = "never_again"
    WRITE_AGAIN = "write_again"


class FormIntegerField(StrictIntegerField):
    """A JSON number, or in a form its digits."""

    def to_internal_value(self, data: Any) -> int:
        is_form = isinstance(getattr(self.parent, "initial_data", None), QueryDict)
        if is_form and isinstance(data, str) and data.strip().isascii() and data.strip().isdigit() and len(data) <= 9:
            data = int(data)
        return super().to_internal_value(data)


class TutorAnswerInput(ActionInput):
    """`seen` is that of the page that was read, and goes with confirm, amend and deny; `minutes` with amend; `reason`,
    if there is one, with amend and deny."""

    action = serializers.ChoiceField(choices=TutorAction.choices)
    seen = StrictCharField(max_length=64, required=False)
    minutes = FormIntegerField(min_value=1, max_value=LONGEST_MINUTES, required=False)
    reason = StrictCharField(max_length=1000, allow_blank=True, required=False)

    needed = {"confirm": {"seen"}, "amend": {"seen", "minutes"}, "deny": {"seen"}}
    taken = {**needed, "amend": {"seen", "minutes", "reason"}, "deny": {"seen", "reason"}}


class TutorPageOutput(serializers.Serializer):
    """What a tutor reads: the hours, and what was answered. `name`, `when`, `time` and `attested_time` are for
    people. `seen`
    goes back with the answer. A person who said that it is not them reads no more of it."""

    status = serializers.ChoiceField(choices=TutorPageStatus.choices)
    first_name = serializers.CharField()
    initial = serializers.CharField()
    name = serializers.CharField()
    organization = serializers.CharField()
    title = serializers.CharField()
    started_at = InstantField(allow_null=True)
    ended_at = InstantField(allow_null=True)
    when = serializers.CharField()
    break_minutes = serializers.IntegerField()
    claimed_minutes = serializers.IntegerField()
    time = serializers.CharField()
    attested_minutes = serializers.IntegerField(allow_null=True)
    attested_time = serializers.CharField()
    expires_at = InstantField()
    is_blocked = serializers.BooleanField()
    seen = serializers.CharField()
