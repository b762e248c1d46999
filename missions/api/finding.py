"""A page of what is asked for among the missions: which ids, in which order, without reading what is not shown."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Subquery

from common import french
from common.api.pagination import Keyset
from common.querysets import CIRCLE, circle_around, widening_radii
from common.sql import has_texts
from common.text import fold
from missions.api import feed_texts
from missions.api.filters import MissionFilter, MissionSort
from missions.models import Mission
from missions.models.missions import MissionQuerySet
from missions.models.search import SearchKey

Rows = list[dict[str, Any]]
ORDERINGS: dict[str, tuple[str, ...]] = {
    MissionSort.NEWEST: ("-id",),
    MissionSort.SOONEST: ("starts_at", "mission_id"),
    MissionSort.MOST_NEEDED: ("need", "starts_at", "mission_id"),
    MissionSort.DISTANCE: ("distance_km", "id"),
    MissionSort.RELEVANCE: ("-relevance", "-id"),
}
# Newest first, this many of the newest missions are tried one by one for words or shifts that fit, before an index is
# asked for all that do: what is common is found among them at once, and what is not is rare enough to be sorted. The
# database would have to guess which of the two is cheaper, and guesses wrong for a word that no mission holds.
TRIED_FOR_SHIFTS = 1000
TRIED_FOR_WORDS = 3000
# Relevance looks at the newest hits only: ranking all those of a common word would cost as much as the whole table.
RANKED_HITS = 500

# What is tried for a misspelled word.
MOST_SPELLINGS = 3
MOST_ALIKE = 200

NO_ID_YET = UUID(int=0)


def page_of(asked: MissionFilter, missions: MissionQuerySet, keyset: Keyset, limit: int, *, is_feed: bool) -> Rows:
    """The ids (`id` or `mission_id`) of a page, with what the order reads; `is_feed` when `missions` is the feed.

    Words that no mission holds together are read, for the first page alone, as the likest ones that missions hold.
    """
    if asked.has_no_word:
        return []
    page = _exact_page_of(asked, missions, keyset, limit, is_feed=is_feed)
    if page or keyset.position is not None or not asked.stems:
        return page
    for stems in _respelled(asked.form.cleaned_data["q"]):
        asked.stems = stems
        # One less than the page and the next: there is none.
        if page := _exact_page_of(asked, missions, keyset, limit, is_feed=is_feed)[: limit - 1]:
            break
    return page


def _respelled(text: str) -> Iterator[list[str]]:
    """The stems of the text with each word that no mission holds spelled as one that some does, the likest first."""
    keys = {word: french.sound_keys(word) for word in french.words(text)}
    of_keys = SearchKey.objects.filter(key__in=set().union(*keys.values()))
    found = list(of_keys.values_list("key", "word")[:MOST_ALIKE]) if keys else []
    known = {word for _key, word in found}
    likest = {}
    for word, own in keys.items():
        if word not in known and (alike := {other for key, other in found if key in own}):
            likest[word] = french.nearest(word, alike)[:MOST_SPELLINGS]
    for place in range(max(map(len, likest.values()), default=0)):
        spelled = {word: others[min(place, len(others) - 1)] for word, others in likest.items()}
        yield french.stems(" ".join(spelled.get(word, word) for word in fold(text).split()))


def _exact_page_of(
    asked: MissionFilter, missions: MissionQuerySet, keyset: Keyset, limit: int, *, is_feed: bool
) -> Rows:
    """In the feed what is nearest is found by a text of its own."""
    if asked.sort_order == MissionSort.DISTANCE:
        return _nearest(asked, missions, keyset, limit, is_feed=is_feed and asked.is_only("near", "radius_km"))
    if asked.sort_order == MissionSort.RELEVANCE:
        return _most_relevant(asked, missions, keyset, limit)
    if asked.sort_order == MissionSort.NEWEST:
        return _newest(asked, missions, keyset, limit)
    return _rows(keyset.rows(asked.first_shifts(_matching(asked, missions)), limit), keyset)


def _matching(asked: MissionFilter, missions: MissionQuerySet) -> Any:
    return missions.matching(asked.stems) if asked.stems else missions


def _rows(queryset: QuerySet[Any], keyset: Keyset) -> Rows:
    return list(queryset.values(*(name.lstrip("-") for name in keyset.ordering)))


def _newest(asked: MissionFilter, missions: MissionQuerySet, keyset: Keyset, limit: int) -> Rows:
    if asked.is_about_shifts:
        some = keyset.rows(Mission.objects.all(), TRIED_FOR_SHIFTS).values("pk")
        page = _rows(keyset.rows(_matching(asked, missions).filter(pk__in=some), limit), keyset)
    elif asked.stems:
        page = _rows(keyset.rows(_matching_among_the_newest(missions, asked.stems, keyset), limit), keyset)
    else:
        return _rows(keyset.rows(missions, limit), keyset)
    if len(page) == limit:
        return page
    return _rows(keyset.rows(missions.hit_by(asked.stems) if asked.stems else missions, limit), keyset)


def _matching_among_the_newest(missions: MissionQuerySet, stems: Any, keyset: Keyset) -> Any:
    """Those that match down to the last of the tried; none when there are not so many."""
    last = Subquery(keyset.rows(Mission.objects.all(), TRIED_FOR_WORDS).values("pk")[TRIED_FOR_WORDS - 1 :])
    side = {"search__mission__lte": last} if keyset.backwards else {"search__mission__gte": last}
    return missions.filter(search__stems__has_all=stems, **side)


def _most_relevant(asked: MissionFilter, missions: Any, keyset: Keyset, limit: int) -> Rows:
    """By how many of the words stand in the title (2), or begin one of it (1); then newest first."""
    hits = missions.order_by("-id").values_list("search__title", "id")
    found = list(hits.hit_by(asked.stems, 2 * RANKED_HITS)[:RANKED_HITS])
    if len(found) < RANKED_HITS:  # many of the newest hits are not among these missions
        found = list(hits.hit_by(asked.stems)[:RANKED_HITS])
    ranked = sorted(((_relevance(title, asked.stems), pk) for title, pk in found), reverse=True)
    if keyset.position:
        after = (int(keyset.position[0]), UUID(keyset.position[1]))
        ranked = [hit for hit in ranked[::-1] if hit > after] if keyset.backwards else [h for h in ranked if h < after]
    return [{"relevance": relevance, "id": pk} for relevance, pk in ranked[:limit]]


def _relevance(title: str, stems: list[str]) -> int:
    return sum(2 if f" {stem} " in title else int(f" {stem}" in title) for stem in stems)


def _nearest(asked: MissionFilter, missions: MissionQuerySet, keyset: Keyset, limit: int, *, is_feed: bool) -> Rows:
    """From a box that widens until it fills the page, so that no radius is ever sorted (ADR 0013)."""
    point, radius_km = asked.reach() or ((0.0, 0.0), 0.0)
    after = (float(keyset.position[0]), UUID(str(keyset.position[1]))) if keyset.position else None
    from_km = min(max(after[0], 0.0), radius_km) if after else 0.0
    found = _matching(asked, missions)
    page: Rows = []
    for reach_km in [from_km] if keyset.backwards else widening_radii(radius_km, from_km):
        circle = circle_around(*point, reach_km)
        if is_feed and has_texts() and not keyset.backwards and len(circle) == len(CIRCLE):
            last_km, last_id = after or (-1.0, NO_ID_YET)
            rows = feed_texts.nearest(limit).rows(last_km=last_km, last_id=last_id, **circle)
            page = [{"distance_km": row[0], "id": row[1]} for row in rows]
        else:
            page = _rows(keyset.rows(found.near(*point, reach_km), limit), keyset)
        if len(page) == limit:
            break
    return page
