"""The list of missions, the read that every phone repeats: columns instead of models, one statement, built once."""

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Aggregate, DateTimeField, Exists, OuterRef, QuerySet, Subquery, UUIDField, Value
from django.utils import timezone

from common.api.pagination import DEFAULT_PAGE_SIZE, Keyset, KeysetPagination
from common.api.rows import RowShape
from common.querysets import distance_km
from common.statements import (
    JsonRows,
    RowStamp,
    RowsText,
    Slot,
    Slots,
    StampsText,
    StampText,
    Statement,
    stamps_text,
)
from missions.api.serializers import MissionOutput, ShiftOutput, image_url_of
from missions.models import Mission, OrganizationMembership, Shift

MISSION = RowShape(MissionOutput, given=["image_url", "next_shifts", "distance_km"])
SHIFT = RowShape(ShiftOutput, given=["places_left"])
SHIFT_ORDER = [SHIFT.columns.index("starts_at"), SHIFT.columns.index("id")]
# A deployment that shows other columns knows the pages of the one before it no more.
SHAPE = repr((MISSION.columns, SHIFT.columns))


def _next_shifts(told: Aggregate) -> Subquery:
    now: Any = Slot("now", DateTimeField())
    shifts = Shift.objects.upcoming(now).filter(mission=OuterRef("pk")).order_by().values("mission")
    return Subquery(shifts.annotate(told=told).values("told"))


def keyset_of(_limit: int, is_first: bool, is_backwards: bool) -> Keyset:
    """By id, newest first, from the slot `id` on."""
    return Keyset(("-id",), None if is_first else [Slot("id", UUIDField())], is_backwards)


def newest_of(missions: QuerySet[Any], *page: Any) -> QuerySet[Any]:
    """A page of these missions by that keyset: its limit, whether it is the first, whether it goes backwards."""
    return keyset_of(*page).rows(missions, page[0])


def _whole(missions: QuerySet[Any], *first: str) -> QuerySet[Any]:
    """The columns, then the next shifts, then what changes whenever the mission or its organisation does."""
    shifts = _next_shifts(JsonRows(*SHIFT.columns, "taken_count", RowStamp("id")))
    stamps = {"stamp": RowStamp("id"), "organization_stamp": RowStamp("organization__name")}
    return missions.annotate(shifts_told=shifts, **stamps).values_list(
        *first, *MISSION.columns, "image", "shifts_told", *stamps
    )


def _stamps(missions: QuerySet[Any], *first: str) -> QuerySet[Any]:
    """A text for each mission that changes whenever it, its organisation or its next shifts do."""
    shifts = _next_shifts(StampsText("id", RowStamp("id")))
    told = StampText("id", RowStamp("id"), RowStamp("organization__name"), shifts)
    return missions.annotate(told=told).values_list(*first, "told")


def _feed(page: tuple[int, bool, bool], is_person: bool) -> QuerySet[Any]:
    """A page of the feed, each row with whether the person (slot `person`) runs missions, asked once for all rows."""
    rows = newest_of(Mission.objects.listed(), *page)
    runs = Exists(_memberships()) if is_person else Value(False)
    return rows.annotate(is_organizer=runs)


def _memberships() -> QuerySet[Any]:
    return OrganizationMembership.objects.active().filter(person=Slot("person", UUIDField()))


NEWEST = Statement(lambda page, is_person: _whole(_feed(page, is_person), "is_organizer"), keeps_plan=True)
# What a phone asks that has the page already.
NEWEST_STAMPS = Statement(lambda page, is_person: _stamps(_feed(page, is_person), "is_organizer"), keeps_plan=True)
BY_IDS = Statement(lambda: _whole(Mission.objects.filter(pk__in=Slots("ids", UUIDField()))), keeps_plan=True)
IS_ORGANIZER = Statement(lambda: _memberships().values_list("id")[:1])


def is_asked_alone(query_params: Any) -> bool:
    """Whether nothing but a page is asked for."""
    return set(query_params) <= set(KeysetPagination.query_parameters)


def sees_only_the_feed(person: Any) -> bool:
    """Whether nothing but published missions exists for this person: who runs none, and is not the region."""
    return not person.is_authenticated or not (person.is_region_staff or IS_ORGANIZER.rows(person=person.pk))


class NotOnlyTheFeed(Exception):
    """The person runs missions or is the region's, and sees more than the feed."""


def has_stamps() -> bool:
    """Whether the database tells of each row when it was written."""
    return connection.vendor == "postgresql"


def first_page_stamps() -> list[Any]:
    """Whether the person of a session runs missions, and the stamps of the first page: `seen` of newest()."""
    memberships = OrganizationMembership.objects.active().filter(person=OuterRef("person"))
    first = newest_of(Mission.objects.listed(), DEFAULT_PAGE_SIZE + 1, True, False)
    return [Exists(memberships), RowsText(_stamps(first))]


def newest(
    person: Any, keyset: Keyset, limit: int, known_tags: set[str], seen: tuple[Any, ...]
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of the feed and its weak ETag; no rows, when the reader has that one already. Raises NotOnlyTheFeed.

    On PostgreSQL the tag is made of the stamps of the rows, which are read without their contents, or were `seen` with
    the session. Elsewhere there are none: the tag is None, and the answer's bytes make it (common.api.etags).
    """
    if person.is_authenticated and person.is_region_staff:
        raise NotOnlyTheFeed
    after = keyset.position[0] if keyset.position else None
    page, values = (limit, after is None, keyset.backwards), {"id": after, "now": timezone.now(), "person": person.pk}
    if known_tags and has_stamps():
        is_organizer, stamps = seen or _seen(person, page, values)
        if is_organizer:
            raise NotOnlyTheFeed
        if (tag := _tag_of(stamps or "", page)) in known_tags:
            return [], tag
    rows = _of_the_feed(NEWEST.rows(page, person.is_authenticated, **values), person)
    found = [_read(row[1:]) for row in rows]
    told = "\n".join(stamps for _body, stamps in found)
    return [body for body, _stamps in found], _tag_of(told, page) if has_stamps() else None


def _seen(person: Any, page: tuple[int, bool, bool], values: dict[str, Any]) -> tuple[Any, ...]:
    rows = _of_the_feed(NEWEST_STAMPS.rows(page, person.is_authenticated, **values), person)
    return False, "\n".join(stamps for _is_organizer, stamps in rows)


def _of_the_feed(rows: list[Any], person: Any) -> list[Any]:
    if rows[0][0] if rows else not sees_only_the_feed(person):
        raise NotOnlyTheFeed
    return rows


def bodies(ids: list[UUID], now: datetime, point: tuple[float, float] | None = None) -> list[dict[str, Any]]:
    """What MissionOutput makes of these missions, in their order, each with its next shifts."""
    found = {}
    for row in BY_IDS.rows(ids=ids, now=now) if ids else []:
        body, _stamps = _read(row)
        if point and body["latitude"] is not None:
            body["distance_km"] = distance_km(*point, body["latitude"], body["longitude"])
        found[body["id"]] = body
    return [found[str(pk)] for pk in ids if str(pk) in found]


def _read(row: tuple[Any, ...]) -> tuple[dict[str, Any], str]:
    """The body of a row, and its stamps as `_stamps` has them."""
    *columns, image, shift_rows, stamp, organization_stamp = row
    body, shifts = MISSION.body(columns), json.loads(shift_rows or "[]")
    shifts.sort(key=lambda shift: [shift[place] for place in SHIFT_ORDER])
    body["image_url"] = image_url_of(body["id"], image)
    body["next_shifts"] = [_shift(shift) for shift in shifts]
    shift_stamps = stamps_text((shift[SHIFT_ORDER[1]], shift[-1]) for shift in shifts)
    return body, "|".join(filter(None, (body["id"], stamp, organization_stamp, shift_stamps)))


def _shift(values: list[Any]) -> dict[str, Any]:
    *columns, taken_count, _stamp = values
    body = SHIFT.body(columns)
    body["places_left"] = body["capacity"] - taken_count
    return body


def _tag_of(stamps: str, page: tuple[int, bool, bool]) -> str:
    return f'W/"{hashlib.sha256(f"{SHAPE}{page}{stamps}".encode()).hexdigest()[:24]}"'
