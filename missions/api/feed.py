"""The list of missions, the read that every phone repeats: columns instead of models, one statement on PostgreSQL."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Left
from django.utils import timezone

from accounts.models import Reader
from common.api.pagination import Keyset, KeysetPagination
from common.querysets import distance_km
from common.sql import has_texts
from common.text import EXCERPT_READ, excerpt_of
from missions.api import feed_texts
from missions.api.feed_texts import MISSION, SHIFT
from missions.api.serializers import MissionOutput, image_url_of, thumbnails_of
from missions.models import Mission, Shift
from organizations.models import OrganizationMembership

# Beyond every id: where the first page begins.
NO_ID_YET = UUID(int=2**128 - 1)
SHIFT_ID = SHIFT.columns.index("id")
# A deployment that shows other columns or fields knows the pages of the one before it no more.
SHAPE = repr((MISSION.columns, SHIFT.columns, list(MissionOutput().fields)))


class NotOnlyTheFeed(Exception):
    """The person runs missions or is the region's, and sees more than the feed."""


@dataclass(frozen=True)
class Page:
    """Rows of the feed as bodies, and its weak ETag where the database tells when a row was written."""

    rows: list[dict[str, Any]]
    tag: str | None = None


def is_asked_alone(query_params: Any) -> bool:
    """Whether nothing but a page is asked for."""
    return set(query_params) <= set(KeysetPagination.query_parameters)


def sees_only_the_feed(person: Reader) -> bool:
    """Whether nothing but published missions exists for this person, who then runs none and is not the region."""
    if not person.is_authenticated:
        return True
    return not (person.is_region_staff or OrganizationMembership.objects.active().filter(person=person.pk).exists())


def newest(person: Reader, keyset: Keyset, limit: int, known_tags: set[str]) -> Page:
    """A page of the feed, newest first; without rows, when the reader has it already. Raises NotOnlyTheFeed.

    On PostgreSQL the tag is made of the rows' stamps, which are read alone for a reader who knows a tag. Elsewhere, and
    backwards, there is none: the answer's bytes make it (common.api.etags).
    """
    if person.is_authenticated and person.is_region_staff:
        raise NotOnlyTheFeed
    if not has_texts() or keyset.backwards:
        return _newest_by_queryset(person, keyset, limit)
    before = UUID(str(keyset.position[0])) if keyset.position else NO_ID_YET
    values = {"person": person.pk, "before": before, "now": timezone.now()}
    if known_tags:
        stamps = _of_the_feed(feed_texts.newest_stamps(limit).rows(**values), person)
        if (tag := _tag_of((row[1] for row in stamps), limit)) in known_tags:
            return Page([], tag)
    found = _of_the_feed(feed_texts.newest(limit).rows(**values), person)
    read = [_read(*row[1:]) for row in found]
    return Page([body for body, _stamps in read], _tag_of((stamps for _body, stamps in read), limit))


def _of_the_feed(rows: list[Any], person: Reader) -> list[Any]:
    """Each row says first whether the person runs missions; where there is none, it is asked."""
    if rows[0][0] if rows else not sees_only_the_feed(person):
        raise NotOnlyTheFeed
    return rows


def _newest_by_queryset(person: Reader, keyset: Keyset, limit: int) -> Page:
    if not sees_only_the_feed(person):
        raise NotOnlyTheFeed
    return Page(_bodies_by_queryset(keyset.rows(Mission.objects.listed(), limit), timezone.now()))


def bodies(ids: list[UUID], now: datetime, point: tuple[float, float] | None = None) -> list[dict[str, Any]]:
    """What MissionOutput makes of these missions, in their order, each with its next shifts."""
    if not ids:
        return []
    if has_texts():
        rows = [_read(*row)[0] for row in feed_texts.BY_IDS.rows(ids=ids, now=now)]
    else:
        rows = _bodies_by_queryset(Mission.objects.filter(pk__in=ids), now)
    found = {row["id"]: row for row in rows}
    for body in found.values():
        if point and body["latitude"] is not None:
            body["distance_km"] = distance_km(*point, body["latitude"], body["longitude"])
    return [found[str(pk)] for pk in ids if str(pk) in found]


def _bodies_by_queryset(missions: QuerySet[Mission], now: datetime) -> list[dict[str, Any]]:
    rows = list(missions.values_list(*MISSION.columns, Left("description", EXCERPT_READ), "image"))
    shifts: dict[str, list[Any]] = {}
    upcoming = Shift.objects.upcoming(now).filter(mission__in=[row[0] for row in rows]).order_by("starts_at", "id")
    for shift in upcoming.values_list(*SHIFT.columns, "taken_count"):
        body = _shift(*shift)
        shifts.setdefault(body["mission"], []).append(body)
    found = [_mission(*row) for row in rows]
    for body in found:
        body["next_shifts"] = shifts.get(body["id"], [])
    return found


def _read(told: str, stamp: str, organization_stamp: str) -> tuple[dict[str, Any], str]:
    """The body of a row of `feed_texts.BY_IDS`, and its stamps as `feed_texts.newest_stamps` has them."""
    *mission, shifts = json.loads(told)
    body = _mission(*mission)
    body["next_shifts"] = [_shift(*shift[:-1]) for shift in shifts or []]
    shift_stamps = ",".join(sorted(f"{shift[SHIFT_ID]}:{shift[-1]}" for shift in shifts or []))
    return body, "|".join(filter(None, (body["id"], stamp, organization_stamp, shift_stamps)))


def _mission(*row: Any) -> dict[str, Any]:
    *values, beginning, image = row
    body = MISSION.body(values)
    body["excerpt"] = excerpt_of(beginning)
    body["image_url"] = image_url_of(body["id"], image)
    body["image"] = thumbnails_of(body["id"], image)
    return body


def _shift(*row: Any) -> dict[str, Any]:
    *values, taken_count = row
    body = SHIFT.body(values)
    body["places_left"] = body["capacity"] - taken_count
    return body


def _tag_of(stamps: Iterable[str], limit: int) -> str:
    told = "\n".join(stamps)
    return f'W/"{hashlib.sha256(f"{SHAPE}{limit}{told}".encode()).hexdigest()[:24]}"'
