"""Input fields stricter than the framework's: instants carry an offset, numbers are numbers."""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core.validators import RegexValidator
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from common.mailboxes import LONGEST_ADDRESS, NOT_AN_ADDRESS, AddressRefused, canonical_address
from common.names import is_hidden_beyond, validate_line, validate_name
from common.text import FILLED_LINE_PATTERN, FILLED_NAME_PATTERN, LINE_PATTERN, NAME_PATTERN, UNSTORABLE

# Python reads more of ISO 8601 than RFC 3339 allows: weeks, no separators, no minutes.
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII | re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
LONGEST_PASSWORD = 1024
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


# The framework counts elements, and has no singular.
LIST_ERRORS: dict[str, Any] = {
    "not_a_list": _("Send a list."),
    "empty": _("Send at least one."),
    "min_length": _("Send at least {min_length}."),
    "max_length": _("Send at most {max_length}."),
}
NOT_A_CHOICE = _("“{input}” is not one of the choices. Choose one of them.")


def whole(pattern: str) -> RegexValidator:
    """A validator: all of the text is of this pattern."""
    return RegexValidator(rf"^({pattern})\Z", _("This is not written as it is here: check each letter and digit."))


class InstantField(serializers.DateTimeField):
    """An RFC 3339 time with an offset; a naive time is refused rather than guessed. Answers in UTC (`Z`)."""

    default_error_messages = {
        "naive": _("The time needs an offset, for example 2026-11-23T14:00:00+01:00 or …Z."),
        "invalid": _("Not an RFC 3339 time, for example 2026-11-23T14:00:00+01:00."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, **kwargs)

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str) or not _INSTANT.fullmatch(value):
            self.fail("invalid", format="RFC 3339")
        try:
            parsed = parse_datetime(value)
        except ValueError:
            parsed = None
        if parsed is None:
            self.fail("invalid", format="RFC 3339")
        if parsed.tzinfo is None:
            self.fail("naive")
        try:
            return parsed.astimezone(UTC)
        except OverflowError:
            self.fail("invalid", format="RFC 3339")


class StrictIntegerField(serializers.IntegerField):
    """A JSON number without a fraction; no booleans, no digits in a string."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictCharField(serializers.CharField):
    """A JSON string; numbers are not turned into text, and white space around it counts for its length."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or UNSTORABLE.search(data):
            self.fail("invalid")
        if self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)


class LineField(StrictCharField):
    """One line without hidden signs: a title, a place."""

    default_validators = [validate_line]
    contract_patterns = (LINE_PATTERN, FILLED_LINE_PATTERN)

    def to_internal_value(self, data: Any) -> str:
        # No pattern of every language can name the hidden signs beyond the first plane: they are left out.
        return "".join(sign for sign in super().to_internal_value(data) if not is_hidden_beyond(sign))


class NameField(LineField):
    """A name of a person, an organisation, a class: it leads nowhere (common.names)."""

    default_validators = [validate_name]
    contract_patterns = (NAME_PATTERN, FILLED_NAME_PATTERN)

    def to_internal_value(self, data: Any) -> str:
        return re.sub(" {2,}", " ", unicodedata.normalize("NFC", super().to_internal_value(data)))


class PasswordField(StrictCharField):
    """A password as it is typed, spaces included; however a keyboard composes an accent, it is one password."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_PASSWORD, trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return unicodedata.normalize("NFC", super().to_internal_value(data))


TRUE_OR_FALSE = _("Send true or false.")


class StrictBooleanField(serializers.BooleanField):
    """true or false; not "yes", not 1."""

    default_error_messages = {"invalid": TRUE_OR_FALSE}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class QueryBooleanField(serializers.BooleanField):
    """`true` or `false` in an address; not "yes", not 1."""

    default_error_messages = {"invalid": TRUE_OR_FALSE}
    # Left out, it is the default: DRF takes it for an unticked box.
    default_empty_html = serializers.empty

    def to_internal_value(self, data: Any) -> bool:
        if data not in ("true", "false"):
            self.fail("invalid", input=data)
        return bool(data == "true")


class StrictFloatField(serializers.FloatField):
    """A JSON number; no booleans, no text."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictDateField(serializers.DateField):
    """A date as YYYY-MM-DD in ASCII digits."""

    def to_internal_value(self, value: Any) -> Any:
        if isinstance(value, str) and not _DATE.fullmatch(value):
            self.fail("invalid", format="YYYY-MM-DD")
        return super().to_internal_value(value)


class StrictUUIDField(serializers.UUIDField):
    """A UUID in a JSON string, with its dashes; the framework's own takes numbers, braces and URNs, too."""

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str) or not _UUID.fullmatch(data):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class MailAddressField(serializers.EmailField):
    """A mail address, canonical (common.mailboxes); what cannot be made so is refused."""

    default_error_messages = {"invalid": NOT_AN_ADDRESS}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_ADDRESS, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or UNSTORABLE.search(data):
            self.fail("invalid")
        if not data and self.allow_blank:
            return data
        try:
            return canonical_address(data)
        except AddressRefused:
            self.fail("invalid")


class StrictListField(serializers.ListField):
    """A JSON list of at most so many; a longer one is refused before its members are looked at."""

    default_error_messages = LIST_ERRORS

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, list) and self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)
