"""One field of a partner's mission at a time: what can be believed, and the remark or problem where it cannot."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import nh3
from django.core.exceptions import ValidationError

from common import territory
from common.names import validate_name, without_hidden
from common.text import fold
from missions import activities, registers
from missions.departments import department_of
from missions.feed_dates import DayOrder, instant_of
from missions.models import Domain, ExchangeType, Remote

LONGEST_DESCRIPTION = 20_000
LONGEST_TEXT = 255
LONGEST_LIST = 100
MOST_PLACES = 1_000_000
FRANCE = {"", "fr", "fra", "france"}
TAGS = {"a", "b", "br", "em", "h2", "h3", "h4", "i", "li", "ol", "p", "strong", "u", "ul"}
ADDRESS_TEXTS = ["street", "postalCode", "city", "departmentCode", "departmentName", "region", "country"]
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
WORDS_OF_REMOTE = {
    Remote.NO: ["no", "non", "false", "0"],
    Remote.POSSIBLE: ["possible", "yes", "oui", "true", "1", "partiel", "partielle", "hybride"],
    Remote.FULL: ["full", "total", "100", "remote"],
    Remote.LOCAL: ["local"],
}
UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
NOT_OF_AN_ADDRESS = re.compile(r'[\s<>"]')
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """A fault of one field: its name in the exchange, a stable code."""

    name: str
    code: str


class FieldReader:
    """The fields of one raw mission. Without some it is refused; what else cannot be believed is dropped."""

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

    def identity(self) -> str:
        """The partner's own id, which is never shortened or mended: it would name another mission."""
        value = self.value("clientId")
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is None:
            self.refuse("clientId", "required")
        elif not isinstance(value, str) or UNSTORABLE.search(value) or not value.strip():
            self.refuse("clientId", "invalid")
        elif len(value.strip()) > LONGEST_TEXT:
            self.refuse("clientId", "too_long")
        else:
            return value.strip()
        return ""

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

    def title(self) -> str:
        title = self.line("title")
        if len(title.split()) < 2:
            self.refuse("title", "two_words_needed" if title else "required")
        return title

    def description(self) -> str:
        text = self.value("description")
        if isinstance(text, str) and len(text.strip()) > LONGEST_DESCRIPTION:
            self.refuse("description", "too_long")
            return ""
        description = self.html("description")
        if not description:
            self.refuse("description", "required")
        return description

    def html(self, name: str) -> str:
        """Rich text with the tags that a reader needs, nothing that runs, loads or hides."""
        text = self.text(name, longest=LONGEST_DESCRIPTION)
        return nh3.clean(
            text, tags=TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto"}, link_rel="noopener"
        ).strip()

    def url(self, name: str) -> str:
        text = self.text(name, longest=2001)
        if text and not _is_web_address(text):
            self.remark(name, "invalid_url")
            return ""
        return text

    def application_url(self) -> str:
        """Where one applies: without it nobody can."""
        text = self.text("applicationUrl", longest=2001)
        if not _is_web_address(text):
            self.refuse("applicationUrl", "invalid_url" if text else "required")
        return text

    def type(self) -> str:
        text = self.text("type")
        if text and text not in ExchangeType.values:
            self.remark("type", "invalid_choice")
        return text if text in ExchangeType.values else str(ExchangeType.BENEVOLAT)

    def domain(self) -> str:
        text = self.text("domain")
        slug = fold(text).replace(" ", "-")
        if text and slug not in Domain.values:
            self.refuse("domain", "invalid_choice")
        return slug or str(Domain.AUTRE)

    def remote(self) -> str:
        value = self.value("remote")
        word = str(value).strip().lower()
        if value is None:
            return str(Remote.NO)
        for remote, words in WORDS_OF_REMOTE.items():
            if word in words:
                return str(remote)
        self.remark("remote", "invalid_choice")
        return str(Remote.NO)

    def instants(self) -> dict[str, str | None]:
        """Of two that contradict each other neither is sure."""
        found = {name: self.instant(name, is_end=name == "endAt") for name in ("startAt", "endAt", "postedAt")}
        starts_at, ends_at = found["startAt"], found["endAt"]
        if starts_at and ends_at and ends_at <= starts_at:
            self.remark("endAt", "before_start")
            found["startAt"] = found["endAt"] = None
        return {name: moment.isoformat() if moment else None for name, moment in found.items()}

    def instant(self, name: str, *, is_end: bool) -> datetime | None:
        value = self.value(name)
        if value is None:
            return None
        moment = instant_of(value.strip(), self.order, is_end=is_end) if isinstance(value, str) else None
        if moment is None:
            self.remark(name, "invalid_date")
        return moment

    def places(self) -> int:
        value = self.value("places")
        if isinstance(value, str) and WHOLE_NUMBER.fullmatch(value.strip()):
            value = int(value)
        if value is None or isinstance(value, bool):
            return 1
        if not isinstance(value, int | float) or value != value or abs(value) > MOST_PLACES:
            self.remark("places", "invalid")
            return 1
        if value < 0:
            self.refuse("places", "invalid")
        return max(1, int(value))

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

    def addresses(self) -> list[dict[str, Any]]:
        value = self.value("addresses")
        if value is None:
            # The exchange's older form, and its API: one address beside the other fields.
            value = [self.raw] if any(self.raw.get(name) for name in ("city", "postalCode", "location")) else []
        if isinstance(value, Mapping):
            value = [value]
        if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
            self.remark("addresses", "invalid")
            value = [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
        return [self._address(one) for one in value[:LONGEST_LIST]]

    def _address(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        inner = FieldReader(raw, [], [])
        address: dict[str, Any] = {name: inner.line(name) for name in ADDRESS_TEXTS}
        if address["country"].lower() in FRANCE:
            self._spell_as_in_france(address)
        address["location"] = inner.location()
        self.remarks += [FieldProblem(f"addresses.{remark.name}", remark.code) for remark in inner.remarks]
        return address

    def _spell_as_in_france(self, address: dict[str, Any]) -> None:
        """Postal codes have five digits and departments one spelling, and the names that go with it."""
        if address["postalCode"].isdecimal():
            address["postalCode"] = address["postalCode"].zfill(5)
        code = territory.spelled(address["departmentCode"])
        code = code or territory.department_of(commune_code="", postal_code=address["postalCode"])
        address["departmentCode"] = code
        address["departmentName"] = department_of(code).name or address["departmentName"]
        address["region"] = department_of(code).region or address["region"]

    def location(self) -> dict[str, float] | None:
        value = self.value("location")
        if value is None:
            return None
        try:
            latitude, longitude = float(value["lat"]), float(value["lon"])
        except (TypeError, KeyError, ValueError, OverflowError):
            latitude = longitude = float("nan")
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):
            self.remark("location", "invalid")
            return None
        return {"lat": latitude, "lon": longitude}

    def numbers_of_organization(self) -> dict[str, str]:
        numbers = registers.read_numbers(
            rna=self.text("organizationRNA"),
            siren=self.text("organizationSiren"),
            siret=self.text("organizationSiret"),
        )
        wrong = registers.wrong_numbers(numbers)
        names = {"rna": "organizationRNA", "siren": "organizationSiren", "siret": "organizationSiret"}
        for number in wrong:
            self.remark(names[number], "invalid")
        return {name: "" if number in wrong else getattr(numbers, number) for number, name in names.items()}


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
    return is_web and len(text) <= 2000 and not NOT_OF_AN_ADDRESS.search(text)
