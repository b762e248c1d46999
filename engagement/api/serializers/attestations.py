"""Shapes of the organisation's word."""

from common.api.fields import StrictCharField, StrictIntegerField
from common.api.serializers import Input


class AmendmentInput(Input):
    minutes = StrictIntegerField(min_value=1, max_value=720)
    reason = StrictCharField(max_length=1000, allow_blank=True, default="")


class DenialInput(Input):
    reason = StrictCharField(max_length=1000)
