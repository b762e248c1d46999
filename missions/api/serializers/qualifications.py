"""Shapes of qualifications."""

from typing import Any

from rest_framework import serializers

from common.api.fields import QueryBooleanField, StrictDateField, StrictListField
from common.api.serializers import Input, Output
from missions.models import FORMER_NAMES, QUALIFICATION_NAMES, Qualification, QualificationState

MOST_REQUIREMENTS = 20


class KindField(serializers.ChoiceField):
    """A kind of qualification, by its present name or a former one (`psc1` for `psc`)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "choices": QUALIFICATION_NAMES})

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        return str(FORMER_NAMES.get(name, name))


class RequirementsField(StrictListField):
    """Kinds of qualification, each once."""

    child = KindField()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": MOST_REQUIREMENTS, **kwargs})

    def to_internal_value(self, data: Any) -> list[str]:
        return sorted(set(super().to_internal_value(data)))


class ForgetQualificationQuery(Input):
    """Whether to go on."""

    accept_losses = QueryBooleanField(
        default=False,
        help_text="`true`: go on although places are lost by it, after a 409 `would_lose` that says which.",
    )


class QualificationInput(Input):
    kind = KindField()
    issued_on = StrictDateField()
    expires_on = StrictDateField(allow_null=True, default=None)


class OwnQualificationOutput(Output):
    class Meta:
        model = Qualification
        fields = ["id", "kind", "issued_on", "expires_on", "verified_at"]


class QualificationOutput(Output):
    """What organisers and teachers read: whose, which, and in what state; no dates, no names."""

    state = serializers.ChoiceField(choices=QualificationState.choices)

    class Meta:
        model = Qualification
        fields = ["id", "person", "kind", "state"]
