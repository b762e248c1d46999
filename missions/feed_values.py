"""What a field of a partner's mission holds, by its kind: text, line, name, web address, date, yes or no, list."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import nh3
from django.core.exceptions import ValidationError

from common.names import validate_name, without_hidden
from missions import activities
from missions.feed_dates import DayOrder, instant_of

LONGEST_DESCRIPTION = 20_000
LONGEST_TEXT = 255
LONGEST_LIST = 100
TAGS = {"a", "b", "br", "em", "h2", "h3", "h4", "i", "li", "ol", "p", "strong", "u", "ul"}
# By the names that its documents, its API and its partners give them too.
OTHER_NAMES = {
    "activities": ["activity"],
    "audience": ["publicBeneficiaries", "publicsBeneficiaires"],
    "softSkills": ["soft_skills"],
    "image": ["domainLogo"],
    "organizationClientId": ["organizationId"],
    "organizationRNA": ["organizationRna"],
    "street": ["address", "adresse"],
    "postalCode": ["zip"],
    "departmentCode": ["department"],
    "country": ["countryCode"],
}
WORDS_OF_FLAGS = {"yes": True, "no": False, "true": True, "false": False, "oui": True, "non": False, "1": True,
                  "0": False}  # fmt: skip
UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
NOT_OF_AN_ADDRESS = re.compile(r'[\s<>"]')


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """A fault of one field: its name in the exchange, a stable code."""

    name: str
    code: str


class ValueReader:
    """The fields of one raw mission by their kind. A value that cannot be believed is dropped, with a remark."""

    def __init__(
        self,
        raw: Mapping[str, Any],
        problems: list[FieldProblem],
        remarks: list[FieldProblem],
        order: DayOrder = DayOrder.UNSURE,
    ) -> None:
        self.raw = raw
        self.problems = problems
        self.remarks = remarks
        self.order = order

    def refuse(self, name: str, code: str) -> None:
        self.problems.append(FieldProblem(name, code))

    def remark(self, name: str, code: str) -> None:
        self.remarks.append(FieldProblem(name, code))

    def value(self, name: str) -> Any:
        """The content of the field, under one of its names; None where it says nothing."""
        named = (self.raw.get(one) for one in (name, *OTHER_NAMES.get(name, ())))
        return next((value for value in named if value not in (None, "", [], {})), None)

    def text(self, name: str, *, longest: int = LONGEST_TEXT) -> str:
        value = self.value(name)
        return "" if value is None else self._checked(name, value, longest)

    def _checked(self, name: str, value: Any, longest: int) -> str:
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            self.remark(name, "invalid")
            return ""
        text = UNSTORABLE.sub("", value).strip()
        if len(text) > longest:
            self.remark(name, "shortened")
        return text[:longest]

    def line(self, name: str) -> str:
        """One line as people see it: escapes are read, hidden signs left out."""
        words = (without_hidden(word) for word in html.unescape(self.text(name)).split())
        return " ".join(word for word in words if word)

    def name(self, name: str) -> str:
        """Of an organisation: people trust what stands there, so it leads nowhere."""
        line = self.line(name)
        try:
            validate_name(line)
        except ValidationError:
            self.remark(name, "invalid")
            return ""
        return line

    def html(self, name: str) -> str:
        """Rich text with the tags that a reader needs, nothing that runs, loads or hides."""
        text = self.text(name, longest=LONGEST_DESCRIPTION)
        return nh3.clean(
            text, tags=TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto"}, link_rel="noopener"
        ).strip()

    def url(self, name: str) -> str:
        text = self.text(name, longest=2001)
        if text and not is_web_address(text):
            self.remark(name, "invalid_url")
            return ""
        return text

    def instant(self, name: str, *, is_end: bool) -> datetime | None:
        value = self.value(name)
        if value is None:
            return None
        moment = instant_of(value.strip(), self.order, is_end=is_end) if isinstance(value, str) else None
        if moment is None:
            self.remark(name, "invalid_date")
        return moment

    def flag(self, name: str) -> bool | None:
        value = self.value(name)
        if value is None or isinstance(value, bool):
            return value
        said = WORDS_OF_FLAGS.get(str(value).strip().lower())
        if said is None:
            self.remark(name, "invalid")
        return said

    def texts(self, name: str) -> list[str]:
        value = self.value(name)
        if isinstance(value, Mapping):
            value = value.get("value", value.get("item"))
        if isinstance(value, str):
            value = activities.split(value) if name == "activities" else value.split(",")
        if value is None:
            return []
        if not isinstance(value, list):
            self.remark(name, "invalid")
            return []
        if len(value) > LONGEST_LIST:
            self.remark(name, "shortened")
        return [text for item in value[:LONGEST_LIST] if (text := self._checked(name, item, LONGEST_TEXT))]


def is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
    return is_web and len(text) <= 2000 and not NOT_OF_AN_ADDRESS.search(text)
