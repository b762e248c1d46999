"""A partner's feed taken apart into missions, in the format of API Engagement v2; their fields: missions.feed_fields.

Source: the State's mission exchange "API Engagement": its v2 JSON, the answers of its API (v0), and its XML feed:
`<source><publisher/><mission>…`, yes/no booleans, lists as comma strings or `<value>` children,
`<addresses><address>`. All that this exchange takes is taken here: a number, date or choice that cannot be believed is
dropped with a remark, and the mission kept.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from html.entities import name2codepoint
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.utils.translation import gettext_lazy as _

from common.errors import BadInput
from missions.feed_dates import DayOrder, order_of
from missions.feed_fields import FieldReader
from missions.feed_values import FieldProblem

LONGEST_ORIGIN = 40
# What people write in XML by hand, and the State's exchange reads: "Jeux & fêtes", "&eacute;".
HTML_ENTITY = re.compile(
    f"&({'|'.join(name for name in name2codepoint if name not in ('amp', 'lt', 'gt', 'quot'))});".encode()
)
LOOSE_AMPERSAND = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-fA-F]+);)")
LISTS = ["activities", "tags", "tasks", "audience", "requirements", "softSkills"]
FLAGS = ["openToMinors", "reducedMobilityAccessible", "closeToTransport"]


class FeedRefused(BadInput):
    """The feed is not one that can be read: nothing of it is imported, and nothing is withdrawn for its sake."""

    code = "feed_refused"


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
        root = _root_of(content)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as error:
        raise FeedRefused(_("This feed is neither XML nor JSON that can be read.")) from error
    if root.tag != "source":
        raise FeedRefused(_("This feed holds no list of missions."))
    for mission in root.iterfind("mission"):
        yield {child.tag: _xml_value(child) for child in mission}


def _root_of(content: bytes) -> Element:
    """The document, once more with its ampersands put right where it cannot be read: one title costs no whole feed."""
    try:
        return fromstring(content, forbid_dtd=True)
    except ParseError:
        named = HTML_ENTITY.sub(lambda found: b"&#%d;" % name2codepoint[found[1].decode()], content)
        return fromstring(LOOSE_AMPERSAND.sub(b"&amp;", named), forbid_dtd=True)


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
    reader = FieldReader(raw, entry.problems, entry.remarks, order)
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
        "schedule": reader.line("schedule"),
        **reader.instants(),
        "places": reader.places(),
        "addresses": reader.addresses(),
        "publisherName": reader.name("publisherName"),
        "organizationDescription": reader.html("organizationDescription"),
        "organizationUrl": reader.url("organizationUrl"),
        **{name: reader.texts(name) for name in LISTS},
        **{name: reader.flag(name) for name in FLAGS},
        "organizationClientId": reader.text("organizationClientId"),
        "organizationName": reader.name("organizationName"),
        **reader.numbers_of_organization(),
    }
    if not entry.problems:
        entry.facts = facts
    return entry


def as_instant(text: str | None) -> datetime | None:
    """The instant that a checked fact holds."""
    return datetime.fromisoformat(text) if text else None
