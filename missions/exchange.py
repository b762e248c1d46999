"""What one mission of a partner's feed says, in the format of API Engagement v2, and what of it cannot be believed.

Source: the State's mission exchange "API Engagement", v2 JSON, and its XML feed: `<source><publisher/><mission>…`,
yes/no booleans, lists as comma strings or `<value>` children, `<addresses><address>`.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ParseError

import nh3
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from common import paris
from common.errors import BadInput
from missions.models import Domain, ExchangeType, Remote
from missions.registers import is_rna, is_siren, is_siret

LONGEST_DESCRIPTION = 20_000
LONGEST_TEXT = 255
LONGEST_LIST = 100
MOST_PLACES = 1_000_000
TAGS = {"a", "b", "br", "em", "h2", "h3", "h4", "i", "li", "ol", "p", "strong", "u", "ul"}
LISTS = ["activities", "tags", "tasks", "audience", "requirements", "softSkills"]
FLAGS = ["openToMinors", "reducedMobilityAccessible", "closeToTransport"]
ADDRESS_TEXTS = ["street", "postalCode", "city", "departmentCode", "departmentName", "region", "country"]
ORGANIZATION_TEXTS = ["organizationClientId", "organizationName"]
UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
NOT_OF_AN_ADDRESS = re.compile(r'[\s<>"]')
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")


class FeedRefused(BadInput):
    """The feed is not one that can be read: nothing of it is imported, and nothing is withdrawn for its sake."""

    code = "feed_refused"


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """Why a mission is refused: the field as the exchange names it, a stable code."""

    name: str
    code: str


@dataclass(slots=True)
class FeedEntry:
    """One mission of a feed, by its number from 1. `facts` is whole when there is no problem, else empty.

    `facts` are the fields of API Engagement v2 by their own names, checked; instants as ISO 8601 in UTC.
    """

    number: int
    client_id: str
    facts: dict[str, Any] = field(default_factory=dict)
    problems: list[FieldProblem] = field(default_factory=list)


def read_feed(content: bytes) -> list[FeedEntry]:
    """The missions of a feed in XML or JSON (a list, or an object with it under data, results or missions).

    A client id said twice is refused each time. Raises FeedRefused for what is no feed or holds no mission.
    """
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    raw = list(_xml_missions(content) if start == b"<" else _json_missions(content))
    if not raw:
        raise FeedRefused(_("This feed holds no mission."))
    entries = [_read_mission(number, mission) for number, mission in enumerate(raw, start=1)]
    seen: dict[str, FeedEntry] = {}
    for entry in entries:
        if entry.client_id and (first := seen.setdefault(entry.client_id, entry)) is not entry:
            for one in (first, entry):
                one.facts = {}
                one.problems = [*one.problems, FieldProblem("clientId", "twice")]
    return entries


def _json_missions(content: bytes) -> Iterable[Any]:
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise FeedRefused(_("This feed is neither XML nor JSON that can be read.")) from error
    if isinstance(document, dict):
        listed = [document[name] for name in ("data", "results", "missions") if isinstance(document.get(name), list)]
        document = listed[0] if listed else None
    if not isinstance(document, list):
        raise FeedRefused(_("This feed holds no list of missions."))
    return document


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
        return [
            {part.tag: {leaf.tag: _text_of(leaf) for leaf in part} if len(part) else _text_of(part) for part in address}
            for address in node.iterfind("address")
        ]
    if node.tag in LISTS:
        parts = [_text_of(value) for value in node.iterfind("value")] or _text_of(node).split(",")
        return [part.strip() for part in parts if part.strip()]
    return _text_of(node)


def _text_of(node: Element) -> str:
    return (node.text or "").strip()


def _read_mission(number: int, raw: Any) -> FeedEntry:
    entry = FeedEntry(number, "")
    if not isinstance(raw, Mapping):
        entry.problems.append(FieldProblem("", "not_a_mission"))
        return entry
    reader = _Reader(raw, entry.problems)
    entry.client_id = reader.text("clientId", needed=True, whole_numbers=True)
    facts: dict[str, Any] = {
        "clientId": entry.client_id,
        "title": reader.title(),
        "description": reader.description(),
        "applicationUrl": reader.url("applicationUrl", needed=True),
        "type": reader.choice("type", ExchangeType.values, ExchangeType.BENEVOLAT),
        "domain": reader.choice("domain", Domain.values, Domain.AUTRE),
        "remote": reader.choice("remote", Remote.values, Remote.NO),
        "schedule": reader.text("schedule"),
        "startAt": reader.instant("startAt"),
        "endAt": reader.instant("endAt", is_end=True),
        "postedAt": reader.instant("postedAt"),
        "places": reader.places(),
        "addresses": reader.addresses(),
        "organizationDescription": reader.html("organizationDescription"),
        "organizationUrl": reader.url("organizationUrl"),
        **{name: reader.texts(name) for name in LISTS},
        **{name: reader.flag(name) for name in FLAGS},
        **{name: reader.text(name, whole_numbers=True) for name in ORGANIZATION_TEXTS},
        **reader.numbers_of_organization(),
    }
    if facts["startAt"] and facts["endAt"] and facts["endAt"] <= facts["startAt"]:
        reader.refuse("endAt", "before_start")
    if not facts["organizationName"] and any(facts[name] for name in facts if name.startswith("organization")):
        reader.refuse("organizationName", "required")
    if not entry.problems:
        entry.facts = facts
    return entry


class _Reader:
    """The fields of one raw mission; what cannot be believed is noted as a problem and read as empty."""

    def __init__(self, raw: Mapping[str, Any], problems: list[FieldProblem]) -> None:
        self.raw = raw
        self.problems = problems

    def refuse(self, name: str, code: str) -> None:
        self.problems.append(FieldProblem(name, code))

    def text(
        self, name: str, *, needed: bool = False, longest: int = LONGEST_TEXT, whole_numbers: bool = False
    ) -> str:
        value = self.raw.get(name)
        if whole_numbers and isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is None or value == "":
            if needed:
                self.refuse(name, "required")
            return ""
        return self._checked(name, value, longest)

    def _checked(self, name: str, value: Any, longest: int) -> str:
        if not isinstance(value, str) or UNSTORABLE.search(value):
            self.refuse(name, "invalid")
        elif len(value := value.strip()) > longest:
            self.refuse(name, "too_long")
        else:
            return value
        return ""

    def title(self) -> str:
        title = " ".join(self.text("title", needed=True).split())
        if title and len(title.split()) < 2:
            self.refuse("title", "two_words_needed")
        return title

    def description(self) -> str:
        description = self.html("description")
        if not description and not any(problem.name == "description" for problem in self.problems):
            self.refuse("description", "required")
        return description

    def html(self, name: str) -> str:
        """Rich text with the tags that a reader needs, nothing that runs, loads or hides."""
        text = self.text(name, longest=LONGEST_DESCRIPTION)
        return nh3.clean(
            text, tags=TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto"}, link_rel="noopener"
        ).strip()

    def url(self, name: str, *, needed: bool = False) -> str:
        text = self.text(name, needed=needed, longest=2000)
        try:
            parts = urlsplit(text)
            is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and not NOT_OF_AN_ADDRESS.search(text)
        except ValueError:
            is_url = False
        if text and not is_url:
            self.refuse(name, "invalid_url")
            return ""
        return text

    def choice(self, name: str, values: Iterable[str], default: str) -> str:
        text = self.text(name)
        if text and text not in values:
            self.refuse(name, "invalid_choice")
        return text or str(default)

    def instant(self, name: str, *, is_end: bool = False) -> str | None:
        """A date (the Paris day, from its start or to its end) or a time with its offset; nothing is guessed."""
        text = self.text(name)
        if not text:
            return None
        try:
            if ISO_DATE.fullmatch(text):
                day = date.fromisoformat(text)
                return paris.midnight(paris.next_day(day) if is_end else day).isoformat()
            moment = parse_datetime(text) if ISO_DATE.match(text) else None
            if moment is not None and moment.tzinfo is not None:
                return moment.astimezone(UTC).isoformat()
        except (ValueError, OverflowError):
            pass
        self.refuse(name, "invalid_date")
        return None

    def places(self) -> int:
        value = self.raw.get("places")
        if value is None or value == "":
            return 1
        if isinstance(value, str) and WHOLE_NUMBER.fullmatch(value.strip()):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_PLACES:
            self.refuse("places", "invalid")
            return 1
        return value

    def flag(self, name: str) -> bool | None:
        value = self.raw.get(name)
        if value is None or value == "" or isinstance(value, bool):
            return value if isinstance(value, bool) else None
        words = {"yes": True, "no": False, "true": True, "false": False}
        if not isinstance(value, str) or value.strip().lower() not in words:
            self.refuse(name, "invalid")
            return None
        return words[value.strip().lower()]

    def texts(self, name: str) -> list[str]:
        value = self.raw.get(name)
        if value is None or value == "":
            return []
        if not isinstance(value, list) or len(value) > LONGEST_LIST:
            self.refuse(name, "invalid")
            return []
        return [text for item in value if (text := self._checked(name, item, LONGEST_TEXT))]

    def addresses(self) -> list[dict[str, Any]]:
        value = self.raw.get("addresses")
        if value is None or value == "":
            return []
        if not isinstance(value, list) or len(value) > LONGEST_LIST or not all(isinstance(one, dict) for one in value):
            self.refuse("addresses", "invalid")
            return []
        return [self._address(one) for one in value]

    def _address(self, raw: dict[str, Any]) -> dict[str, Any]:
        inner = _Reader(raw, [])
        address: dict[str, Any] = {name: inner.text(name, whole_numbers=True) for name in ADDRESS_TEXTS}
        address["location"] = inner.location()
        self.problems += [FieldProblem(f"addresses.{problem.name}", problem.code) for problem in inner.problems]
        return address

    def location(self) -> dict[str, float] | None:
        value = self.raw.get("location")
        if value in (None, "", {}):
            return None
        try:
            latitude, longitude = float(value["lat"]), float(value["lon"])
        except (TypeError, KeyError, ValueError, OverflowError):
            latitude = longitude = float("nan")
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):
            self.refuse("location", "invalid")
            return None
        return {"lat": latitude, "lon": longitude}

    def numbers_of_organization(self) -> dict[str, str]:
        numbers = {}
        for name, is_right in (
            ("organizationRNA", is_rna),
            ("organizationSiren", is_siren),
            ("organizationSiret", is_siret),
        ):
            text = self.text(name, whole_numbers=True).replace(" ", "")
            if text and not is_right(text):
                self.refuse(name, "invalid")
            numbers[name] = text
        return numbers


def as_instant(text: str | None) -> datetime | None:
    """The instant that a checked fact holds."""
    return datetime.fromisoformat(text) if text else None
