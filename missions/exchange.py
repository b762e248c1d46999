"""What one mission of a partner's feed says, in the format of API Engagement v2, and what of it cannot be believed.

Source: the State's mission exchange "API Engagement": its v2 JSON, the answers of its API (v0), and its XML feed:
`<source><publisher/><mission>…`, yes/no booleans, lists as comma strings or `<value>` children,
`<addresses><address>`. What that exchange takes is taken here: a number, date or choice that cannot be believed is
dropped with a remark, and the mission kept.
"""

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ParseError

import nh3
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.utils.translation import gettext_lazy as _

from common import territory
from common.errors import BadInput
from common.text import fold
from missions import activities, registers
from missions.departments import department_of
from missions.feed_dates import DayOrder, instant_of, order_of
from missions.models import Domain, ExchangeType, Remote

LONGEST_DESCRIPTION = 20_000
LONGEST_TEXT = 255
LONGEST_LIST = 100
LONGEST_ORIGIN = 40
MOST_PLACES = 1_000_000
FRANCE = {"", "fr", "fra", "france"}
TAGS = {"a", "b", "br", "em", "h2", "h3", "h4", "i", "li", "ol", "p", "strong", "u", "ul"}
LISTS = ["activities", "tags", "tasks", "audience", "requirements", "softSkills"]
FLAGS = ["openToMinors", "reducedMobilityAccessible", "closeToTransport"]
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


class FeedRefused(BadInput):
    """The feed is not one that can be read: nothing of it is imported, and nothing is withdrawn for its sake."""

    code = "feed_refused"


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with a field: its name in the exchange, a stable code."""

    name: str
    code: str


@dataclass(slots=True)
class FeedEntry:
    """One mission of a feed, by its number from 1.

    A problem refuses it: then `facts` is empty. A remark says what of it was dropped. `facts` are the fields of API
    Engagement v2 by their own names, checked; instants as ISO 8601 in UTC.
    """

    number: int
    client_id: str
    # By whom the State's exchange has it; empty in a partner's own feed.
    origin: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    problems: list[FieldProblem] = field(default_factory=list)
    remarks: list[FieldProblem] = field(default_factory=list)


def read_feed(content: bytes) -> list[FeedEntry]:
    """The missions of a feed in XML or JSON (a list, or an object with it under data, results, missions or hits).

    Of a client id said twice the first is taken. Raises FeedRefused for what is no feed or holds no mission.
    """
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return read_missions(list(_xml_missions(content) if start == b"<" else json_missions(content)[0]))


def read_missions(raw: list[Any], *, of_hub: bool = False) -> list[FeedEntry]:
    """The missions of a whole feed; of the State's hub each with its origin. Raises FeedRefused when there is none."""
    if not raw:
        raise FeedRefused(_("This feed holds no mission."))
    order = order_of(raw)
    entries = [_read_mission(number, mission, order, of_hub) for number, mission in enumerate(raw, start=1)]
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        key = (entry.origin, entry.client_id)
        if entry.client_id and key in seen:
            entry.facts = {}
            entry.problems = [*entry.problems, FieldProblem("clientId", "twice")]
        seen.add(key)
    return entries


def json_missions(content: bytes) -> tuple[list[Any], int | None]:
    """The missions of a JSON document, and how many there are in all where it says so. Raises FeedRefused."""
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise FeedRefused(_("This feed is neither XML nor JSON that can be read.")) from error
    total = None
    if isinstance(document, dict):
        total = document.get("total")
        names = ("data", "results", "missions", "hits")
        listed = [document[name] for name in names if isinstance(document.get(name), list)]
        document = listed[0] if listed else None
    if not isinstance(document, list):
        raise FeedRefused(_("This feed holds no list of missions."))
    return document, total if isinstance(total, int) else None


def _xml_missions(content: bytes) -> Iterator[dict[str, Any]]:
    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as error:
        raise FeedRefused(_("This feed is neither XML nor JSON that can be read.")) from error
    if root.tag != "source":
        raise FeedRefused(_("This feed holds no list of missions."))
    for mission in root.iterfind("mission"):
        yield {child.tag: _xml_value(child) for child in mission}


def _xml_value(node: Element) -> Any:
    if node.tag == "addresses":
        return [{part.tag: _xml_value(part) for part in address} for address in node.iterfind("address")]
    if not len(node):
        return _text_of(node)
    if values := [*node.iterfind("value"), *node.iterfind("item")]:
        return [_text_of(value) for value in values]
    return {leaf.tag: _text_of(leaf) for leaf in node}


def _text_of(node: Element) -> str:
    return (node.text or "").strip()


def _read_mission(number: int, raw: Any, order: DayOrder, of_hub: bool) -> FeedEntry:
    entry = FeedEntry(number, "")
    if not isinstance(raw, Mapping):
        entry.problems.append(FieldProblem("", "not_a_mission"))
        return entry
    reader = _Reader(raw, entry.problems, entry.remarks, order)
    entry.client_id = reader.identity()
    entry.origin = reader.text("publisherId", longest=LONGEST_ORIGIN) if of_hub else ""
    facts: dict[str, Any] = {
        "clientId": entry.client_id,
        "title": reader.title(),
        "description": reader.description(),
        "applicationUrl": reader.application_url(),
        "image": reader.url("image"),
        "type": reader.type(),
        "domain": reader.domain(),
        "remote": reader.remote(),
        "schedule": reader.text("schedule"),
        **reader.instants(),
        "places": reader.places(),
        "addresses": reader.addresses(),
        "publisherName": reader.text("publisherName"),
        "organizationDescription": reader.html("organizationDescription"),
        "organizationUrl": reader.url("organizationUrl"),
        **{name: reader.texts(name) for name in LISTS},
        **{name: reader.flag(name) for name in FLAGS},
        "organizationClientId": reader.text("organizationClientId"),
        "organizationName": html.unescape(reader.text("organizationName")),
        **reader.numbers_of_organization(),
    }
    if not entry.problems:
        entry.facts = facts
    return entry


class _Reader:
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
        """What the field holds under one of its names; None where it says nothing."""
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

    def title(self) -> str:
        title = " ".join(html.unescape(self.text("title")).split())
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
        inner = _Reader(raw, [], [])
        address: dict[str, Any] = {name: inner.text(name) for name in ADDRESS_TEXTS}
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


def as_instant(text: str | None) -> datetime | None:
    """The instant that a checked fact holds."""
    return datetime.fromisoformat(text) if text else None
