"""Missions are found by words, place, time and kind, in five orders, page by page."""

import base64
import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.utils import timezone
from rest_framework.renderers import JSONRenderer

from common import french, paris
from common.querysets import EARTH_RADIUS_KM, distance_km, widening_radii
from missions.api.serializers import MissionOutput
from missions.models import Mission, Shift
from missions.services.writing import write_mission
from organizations.models import Organization
from organizations.services.organizations import edit_organization
from tests.support import factories as f
from tests.support.world import undone

pytestmark = pytest.mark.django_db
MISSIONS, SHIFTS = "/api/v1/missions/", "/api/v1/shifts/"
HERE = (48.8566, 2.3522)


def found(api: Any, path: str = MISSIONS, **asked: Any) -> list[str]:
    """The ids of the first page."""
    answer = api.get(path, asked)
    assert answer.status_code == 200, answer.json()
    return [row["id"] for row in answer.json()["results"]]


def pages(api: Any, **asked: Any) -> list[str]:
    """The ids of all pages, one after the other, having gone back through them as well."""
    answer, ids, last = api.get(MISSIONS, asked).json(), [], None
    while True:
        ids += [row["id"] for row in answer["results"]]
        if answer["next"] is None:
            break
        last = answer
        answer = api.get(answer["next"]).json()
    if last is not None:
        back: list[str] = []
        while answer["previous"] is not None:
            answer = api.get(answer["previous"]).json()
            back = [row["id"] for row in answer["results"]] + back
        assert back == ids[: len(back)], "going back shows what was shown"
    return ids


def mission(**facts: Any) -> str:
    return str(f.MissionFactory(**facts).pk)


def saturday(weeks: int = 1) -> datetime:
    """Three in the afternoon, in Paris, of a Saturday to come."""
    today = paris.day_of(timezone.now())
    day = today + timedelta(days=(5 - today.weekday()) % 7 + 7 * weeks)
    return paris.midnight(day) + timedelta(hours=15)


def test_several_domains_are_found_together(api):
    sport, health, _other = (mission(domain=domain) for domain in ("sport", "sante", "numerique"))
    assert set(found(api, domain="sport,sante")) == {sport, health}
    assert found(api, domain="sport") == [sport]


def test_a_department_and_a_commune_find_their_missions(api):
    paris_by_code = mission(commune_code="75056", postal_code="93200")
    saint_denis = mission(postal_code="93200")
    reunion, ajaccio = mission(postal_code="97400"), mission(postal_code="20000")
    assert found(api, department_code="75") == [paris_by_code]
    assert found(api, commune_code="75056") == [paris_by_code]
    assert found(api, department_code="93") == [saint_denis]
    assert found(api, department_code="974") == [reunion]
    assert found(api, department_code="2A") == []
    by_id = {row["id"]: row["department_code"] for row in api.get(MISSIONS).json()["results"]}
    assert by_id[ajaccio] == "", "20… may be either: unknown, not guessed"


def test_the_department_follows_an_edited_postal_code_and_one_that_is_given_stands(api):
    membership = f.OrganizationMembershipFactory()
    draft = f.MissionFactory(organization=membership.organization, draft=True, postal_code="93200")
    client, path = api.as_(membership.person), f"{MISSIONS}{draft.pk}/"
    for edit, department_code in [
        ({"postal_code": "75011"}, "75"),
        ({"commune_code": "2A004"}, "2A"),
        ({"commune_code": "", "postal_code": "20200", "department_code": "2B"}, "2B"),
        ({"title": "Autre titre"}, "2B"),
        ({"postal_code": "20000"}, ""),
    ]:
        answer = client.patch(path, edit, HTTP_IF_MATCH="*")
        assert answer.json()["department_code"] == department_code, edit
    for wrong in ({"commune_code": "7505"}, {"commune_code": "2C004"}, {"department_code": "9"}):
        assert client.patch(path, wrong, HTTP_IF_MATCH="*").status_code == 400


@pytest.mark.parametrize("postal_code", ["ABCDE", "9320", "93 20", "９３２００"])
def test_a_postal_code_is_five_digits(api, postal_code):
    mission = f.MissionFactory()
    client = api.as_(f.OrganizationMembershipFactory(organization=mission.organization).person)
    answer = client.patch(f"/api/v1/missions/{mission.pk}/", {"postal_code": postal_code}, HTTP_IF_MATCH="*")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/postal_code")


def test_days_weekdays_and_places_are_asked_of_one_and_the_same_shift(api):
    both, apart = f.MissionFactory(), f.MissionFactory()
    f.ShiftFactory(mission=both, starts_at=saturday())
    f.ShiftFactory(mission=apart, starts_at=saturday(), capacity=2, taken_count=2)
    f.ShiftFactory(mission=apart, starts_at=saturday() + timedelta(days=2))
    day = paris.day_of(saturday())
    assert set(found(api, weekday="saturday")) == {str(both.pk), str(apart.pk)}
    assert found(api, weekday="saturday", has_places="true") == [str(both.pk)]
    assert found(api, weekday="saturday", has_places="false") == [str(apart.pk)]
    assert found(api, weekday="monday,tuesday") == [str(apart.pk)]
    assert found(api, date_from=day + timedelta(days=1)) == [str(apart.pk)]
    assert set(found(api, date_from=day, date_to=day)) == {str(both.pk), str(apart.pk)}
    assert found(api, date_to=day - timedelta(days=1)) == []


def test_a_day_is_a_paris_day(api):
    """In winter a Sunday begins in Paris an hour before it does in UTC."""
    year = timezone.now().year + 1
    sunday = next(day for day in (datetime(year, 1, n, tzinfo=UTC).date() for n in range(8, 15)) if day.weekday() == 6)
    shift = f.ShiftFactory(starts_at=paris.midnight(sunday))
    assert shift.starts_at.date() != sunday
    assert found(api, weekday="sunday") == [str(shift.mission_id)]
    assert found(api, date_from=sunday, date_to=sunday) == [str(shift.mission_id)]
    assert found(api, weekday="saturday") == []


def test_a_shift_that_is_over_or_cancelled_is_no_match(api):
    past, cancelled = f.MissionFactory(), f.MissionFactory()
    f.ShiftFactory(mission=past, starts_at=timezone.now() - timedelta(days=7))
    f.ShiftFactory(
        mission=cancelled, starts_at=saturday(), status="cancelled", cancelled_at=timezone.now(), cancel_reason="Pluie."
    )
    for asked in ({"weekday": "saturday"}, {"has_places": "true"}, {"sort": "soonest"}, {"sort": "most_needed"}):
        assert found(api, **asked) == []


def test_an_audience_finds_what_is_open_to_it(api):
    by = {audience: mission(audience=audience) for audience in ("students", "citizens", "both")}
    assert set(found(api, audience="students")) == {by["students"], by["both"]}
    assert set(found(api, audience="citizens")) == {by["citizens"], by["both"]}
    assert found(api, audience="both") == [by["both"]]


def test_an_age_finds_what_a_person_of_that_age_may_do(api):
    anyone, sixteen, adult = mission(), mission(min_age=16), mission(min_age=18)
    assert set(found(api, age="15")) == {anyone}
    assert set(found(api, age="16")) == {anyone, sixteen}
    assert set(found(api, age="18")) == {anyone, sixteen, adult}


def test_remote_missions_are_found_apart_and_have_no_distance(api):
    remote, placed = mission(is_remote=True, latitude=None, longitude=None), mission()
    assert (found(api, is_remote="true"), found(api, is_remote="false")) == ([remote], [placed])
    assert found(api, near="48.93,2.36") == [placed]
    assert api.get(MISSIONS, {"is_remote": "true"}).json()["results"][0]["distance_km"] is None


def test_an_organisation_is_found_alone_or_with_all_under_it(api):
    parent = f.OrganizationFactory()
    child = f.OrganizationFactory(parent=parent)
    above, under, _foreign = mission(organization=parent), mission(organization=child), mission()
    assert found(api, organization=parent.pk) == [above]
    assert set(found(api, organization_tree=parent.pk)) == {above, under}
    assert found(api, organization_tree=child.pk) == [under]


def test_a_tree_is_not_known_by_a_root_that_does_not_exist_for_the_reader(api):
    hidden = f.OrganizationFactory(unverified=True)
    under = mission(organization=f.OrganizationFactory(parent=hidden))
    assert found(api, organization_tree=hidden.pk) == []
    assert found(api.as_(f.UserFactory(region=True)), organization_tree=hidden.pk) == [under]


def test_soonest_sorts_by_the_first_shift_that_fits(api):
    late, soon, _none = f.MissionFactory(), f.MissionFactory(), f.MissionFactory()
    f.ShiftFactory(mission=soon, starts_at=f.afternoon(3))
    f.ShiftFactory(mission=soon, starts_at=f.afternoon(20))
    f.ShiftFactory(mission=late, starts_at=f.afternoon(5))
    f.ShiftFactory(mission=late, starts_at=f.afternoon(5))
    assert pages(api, sort="soonest") == [str(soon.pk), str(late.pk)], "each once, none without a shift"
    after = f.afternoon(4).date()
    assert found(api, sort="soonest", date_from=after) == [str(late.pk), str(soon.pk)]


def test_most_needed_sorts_by_what_the_next_shift_lacks_then_by_its_start(api):
    half, minimum, empty_late, empty_soon, full, far = (f.MissionFactory() for _ in range(6))
    f.ShiftFactory(mission=half, capacity=10, taken_count=5)
    f.ShiftFactory(mission=minimum, capacity=100, minimum=10, taken_count=9)
    f.ShiftFactory(mission=empty_late, starts_at=f.afternoon(9))
    f.ShiftFactory(mission=empty_soon, starts_at=f.afternoon(2))
    f.ShiftFactory(mission=full, capacity=1, taken_count=1)
    f.ShiftFactory(mission=far, starts_at=f.afternoon(60))
    expected = [str(row.pk) for row in (empty_soon, empty_late, half, minimum)]
    assert found(api, sort="most_needed") == expected
    assert pages(api, sort="most_needed", page_size=1) == expected


@pytest.mark.parametrize("sort", ["newest", "soonest", "most_needed", "distance", "relevance"])
def test_pages_neither_skip_nor_repeat_whatever_the_order(api, sort):
    expected = set()
    for number in range(13):
        # Ties on purpose: the same place, the same start, the same need.
        row = f.MissionFactory(latitude=48.9 + number // 3 * 0.02)
        f.ShiftFactory(mission=row, starts_at=f.afternoon(2 + number // 4))
        expected.add(str(row.pk))
    asked = {"near": "48.9,2.36", "radius_km": 50, "q": "collecte", "sort": sort}
    for page_size in (1, 4, 13):
        ids = pages(api, page_size=page_size, **asked)
        assert (len(ids), set(ids)) == (13, expected), page_size


@pytest.mark.parametrize("tried", [1, 4, 1000])
def test_pages_are_the_same_however_many_missions_are_tried_for_their_shifts_first(api, monkeypatch, tried):
    monkeypatch.setattr("missions.api.finding.TRIED_FOR_SHIFTS", tried)
    expected = []
    for number in range(20):
        shift = f.ShiftFactory(capacity=2, taken_count=2 if number % 3 else 0)
        expected += [] if number % 3 else [str(shift.mission_id)]
    assert pages(api, has_places="true", page_size=2) == expected[::-1]


# --- Near ---------------------------------------------------------------------------------------------------------


def test_the_nearest_come_first_with_their_distance_whatever_the_radius(api):
    kilometre = math.degrees(1 / EARTH_RADIUS_KM)
    far, near, _away = (mission(latitude=HERE[0] + km * kilometre, longitude=HERE[1]) for km in (30, 2, 60))
    rows = api.get(MISSIONS, {"near": f"{HERE[0]},{HERE[1]}", "radius_km": 50}).json()["results"]
    assert [(row["id"], round(row["distance_km"], 6)) for row in rows] == [(near, 2), (far, 30)]
    assert found(api, near=f"{HERE[0]},{HERE[1]}", radius_km=29.9) == [near]
    assert found(api, near=f"{HERE[0]},{HERE[1]}", radius_km=50, sort="newest") == [near, far]


@pytest.mark.parametrize("page_size", [1, 3, 20])
def test_a_near_list_walks_the_whole_radius_in_order(api, page_size):
    """Points in rings, so that the box has to widen between and within pages."""
    expected = []
    for ring, km in enumerate((0.0, 0.2, 0.9, 1.0, 1.1, 3.9, 4.1, 12, 12.5, 39, 49)):
        for turn in range(2):
            angle = 2 * math.pi * (ring / 7 + turn / 2)
            latitude = HERE[0] + math.degrees(km / EARTH_RADIUS_KM) * math.sin(angle)
            longitude = HERE[1] + math.degrees(km / EARTH_RADIUS_KM) * math.cos(angle) / math.cos(math.radians(HERE[0]))
            row = mission(latitude=latitude, longitude=longitude)
            expected.append((distance_km(*HERE, latitude, longitude), row))
    listed = pages(api, near=f"{HERE[0]},{HERE[1]}", radius_km=50, page_size=page_size)
    # Two points at one distance may differ by the last bit in the database's arithmetic.
    place = {row: round(km, 6) for km, row in expected}
    assert sorted(listed) == sorted(place)
    assert [place[row] for row in listed] == sorted(place.values())


@pytest.mark.parametrize(
    ("point", "other"),
    [((10.0, 179.99), (10.0, -179.99)), ((10.0, -179.99), (10.0, 179.99)), ((89.99, 0.0), (89.99, 180.0)),
     ((-90.0, 0.0), (-89.95, 77.0)), ((0.0, 180.0), (0.0, -180.0)), ((75.0, 20.0), (75.2, 19.0))],
)  # fmt: skip
def test_the_antimeridian_and_the_poles_are_places_like_others(api, point, other):
    row = mission(latitude=other[0], longitude=other[1])
    _far = mission(latitude=-point[0] / 2 + 20, longitude=90.0)
    assert found(api, near=f"{point[0]},{point[1]}", radius_km=50) == [row]


def test_radii_widen_from_where_the_page_begins_to_the_one_that_is_asked_for():
    assert list(widening_radii(50)) == [1, 3, 9, 27, 50]
    assert list(widening_radii(50, 48)) == [49, 50]
    assert list(widening_radii(0.5)) == [0.5]
    assert list(widening_radii(50, 50)) == [50]


# --- Refusals, bodies, costs ----------------------------------------------------------------------------------------

WRONG = [
    "domain=sport,nothing", "domain=sport,,sante", "domain=,", "age=-1", "age=x", "age=100", "age=1.5", "age=١٥",
    "commune_code=7505", "commune_code=750560", "commune_code=2C004", "department_code=9", "department_code=093",
    "date_from=2026-02-30", "date_from=01/02/2026", "date_to=9999-12-31", "date_to=1999-12-31", "date_from=tomorrow",
    "weekday=samedi", "weekday=8", "weekday=saturday,", "audience=children", "sort=price", "sort=distance",
    "sort=relevance", "sort=-id", "q=" + "mot " * 1000, "organization_tree=x", "has_places=maybe", "near=48.9",
    "ordering=id", "weekday=saturday&weekday=sunday",
]  # fmt: skip


@pytest.mark.parametrize("query", WRONG)
def test_a_wrong_value_or_an_unknown_parameter_is_a_400(api, query):
    assert api.get(f"{MISSIONS}?{query}").status_code == 400


def test_the_list_is_byte_for_byte_what_the_serializer_makes_of_the_missions(api):
    full = f.MissionFactory(
        postal_code="93200", commune_code="93066", min_age=16, description="« Été » 😀 \u2028 </script>",
        image="missions/x.jpg", activities=["accueil", "écoute"], requirements=["psc"],
    )  # fmt: skip
    for day, taken_count in ((3, 0), (5, 4), (4, 10)):
        f.ShiftFactory(mission=full, starts_at=f.afternoon(day) + timedelta(microseconds=5), taken_count=taken_count)
    f.ShiftFactory(mission=full, starts_at=timezone.now() - timedelta(days=3))
    f.MissionFactory(is_remote=True, latitude=None, longitude=None, description="é" * 150 + "\n" + "mots " * 40)
    f.MissionFactory(draft=True)
    membership = f.OrganizationMembershipFactory(organization=full.organization)
    for person in (None, f.UserFactory(), membership.person, f.UserFactory(region=True)):
        visible = Mission.objects.visible_to(person or AnonymousUser())
        rows = visible.with_next_shifts(timezone.now()).order_by("-id")
        assert len(rows) == (3 if person is not None and person.is_region_staff else 2)
        body = {"next": None, "previous": None, "results": MissionOutput(rows, many=True).data}
        assert api.as_(person).get(MISSIONS).content == JSONRenderer().render(body)


@pytest.mark.parametrize(("description", "excerpt"), [
    ("", ""),
    ("é" * 300, "é" * 300),
    ("é" * 301, "é" * 299 + "…"),
    ("mot " * 75, "mot " * 75),
    ("mot " * 75 + "m", ("mot " * 75).strip() + "…"),
    ("mot " * 74 + "mots mots", "mot " * 73 + "mot…"),
    ("😀 " * 200, ("😀 " * 150).strip() + "…"),
])  # fmt: skip
def test_a_list_has_the_beginning_of_a_description_and_the_mission_all_of_it(api, description, excerpt):
    mission = f.MissionFactory(description=description)
    for address in (MISSIONS, f"{MISSIONS}?sort=newest&domain={mission.domain}"):
        (shown,) = api.get(address).json()["results"]
        assert shown["excerpt"] == excerpt
        assert len(excerpt) <= 300
        assert "description" not in shown
    whole = api.get(f"{MISSIONS}{mission.pk}/").json()
    assert (whole["description"], "excerpt" in whole) == (description, False)


CHANGES = {
    "a title": lambda m: Mission.objects.filter(pk=m.pk).update(title="Autre"),
    "a commune": lambda m: Mission.objects.filter(pk=m.pk).update(commune_code="93066"),
    "the organisation's name": lambda m: Organization.objects.filter(pk=m.organization_id).update(name="Autre"),
    "a place": lambda m: m.shifts.update(taken_count=3),
    "another shift": lambda m: f.ShiftFactory(mission=m, starts_at=f.afternoon(9)),
    "a shift gone": lambda m: Shift.objects.all().delete(),
    "a shift over": lambda m: m.shifts.update(starts_at=f.afternoon(-9), ends_at=f.afternoon(-9, 15)),
    "another mission": lambda m: f.MissionFactory(),
    "a mission that left": lambda m: Mission.objects.filter(pk=m.pk).update(status="draft", published_at=None),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_feed_that_the_reader_has_is_a_304_until_anything_it_shows_changes(api, change):
    mission = f.MissionFactory()
    f.ShiftFactory.create_batch(3, mission=mission)
    f.MissionFactory()
    for client in (api, api.as_(f.UserFactory())):
        with undone():
            known = client.get(MISSIONS)["ETag"]
            again = client.get(MISSIONS, HTTP_IF_NONE_MATCH=f'"other", {known}')
            assert (again.status_code, again.content, again["ETag"]) == (304, b"", known)
            assert again["Cache-Control"] == "private, no-cache"
            CHANGES[change](mission)
            fresh = client.get(MISSIONS, HTTP_IF_NONE_MATCH=known)
            assert fresh.status_code == 200
            assert fresh["ETag"] != known
            assert client.get(MISSIONS, HTTP_IF_NONE_MATCH=fresh["ETag"]).status_code == 304


def test_a_feed_that_the_reader_has_is_none_when_time_alone_ended_a_shift(api):
    shift = f.ShiftFactory()
    known = api.get(MISSIONS)["ETag"]
    for moment, status in ((shift.ends_at - timedelta(seconds=1), 304), (shift.ends_at, 200)):
        with time_machine.travel(moment, tick=False):
            assert api.get(MISSIONS, HTTP_IF_NONE_MATCH=known).status_code == status


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no stamps")
def test_a_phone_that_has_the_feed_asks_the_database_twice(api, django_assert_num_queries):
    f.ShiftFactory()
    client = api.as_(f.UserFactory())
    known = client.get(MISSIONS)["ETag"]
    assert api.get(MISSIONS)["ETag"] == known, "the feed is everybody's"
    with django_assert_num_queries(2):  # its session, and whether that is still the page
        assert client.get(MISSIONS, HTTP_IF_NONE_MATCH=known).status_code == 304
    f.ShiftFactory()
    with django_assert_num_queries(3):
        assert client.get(MISSIONS, HTTP_IF_NONE_MATCH=known).status_code == 200


def test_an_empty_feed_is_had_as_well(api):
    for client in (api, api.as_(f.UserFactory())):
        known = client.get(MISSIONS)["ETag"]
        assert client.get(MISSIONS, HTTP_IF_NONE_MATCH=known).status_code == 304


def test_a_session_that_is_over_has_no_feed_however_well_it_is_known(api):
    f.MissionFactory()
    person = f.UserFactory()
    client = api.as_(person)
    known = client.get(MISSIONS)["ETag"]
    person.device_sessions.update(revoked_at=timezone.now())
    assert client.get(MISSIONS, HTTP_IF_NONE_MATCH=known).status_code == 401


def test_the_region_and_who_runs_missions_know_a_list_of_their_own(api):
    draft = f.MissionFactory(draft=True)
    f.MissionFactory()
    public = api.get(MISSIONS)["ETag"]
    organizer = f.OrganizationMembershipFactory(organization=draft.organization).person
    for person in (organizer, f.UserFactory(region=True)):
        client = api.as_(person)
        answer = client.get(MISSIONS, HTTP_IF_NONE_MATCH=public)
        assert (answer.status_code, len(answer.json()["results"])) == (200, 2)
        assert client.get(MISSIONS, HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 304


def test_pages_of_other_sizes_have_other_tags(api):
    f.MissionFactory.create_batch(3)
    tags = {api.get(f"{MISSIONS}?page_size={size}")["ETag"] for size in (1, 2, 3)}
    assert len(tags) == 3


def test_who_begins_to_run_missions_has_the_feed_no_more(api):
    f.MissionFactory()
    person = f.UserFactory()
    client = api.as_(person)
    known = client.get(MISSIONS)["ETag"]
    draft = f.MissionFactory(
        draft=True, organization=f.OrganizationMembershipFactory(person=person).organization
    )
    answer = client.get(MISSIONS, HTTP_IF_NONE_MATCH=known)
    assert answer.status_code == 200
    assert str(draft.pk) in [row["id"] for row in answer.json()["results"]]


def test_a_cursor_that_is_edited_is_refused_in_every_order(api):
    f.ShiftFactory()
    asked = {"near": "48.93,2.36", "q": "collecte"}
    wrongs = (["n", "x", "x"], ["n", "1", "x"], ["n", "x"], ["p", 1e308, "x"], ["n", "2026-13-01", "x", "x"])
    for sort in ("newest", "soonest", "most_needed", "distance", "relevance"):
        for wrong in wrongs:
            cursor = base64.urlsafe_b64encode(json.dumps(wrong).encode()).decode()
            assert api.get(MISSIONS, {**asked, "sort": sort, "cursor": cursor}).status_code in (400, 404), (sort, wrong)
            assert api.get(MISSIONS, {"cursor": cursor}).status_code in (400, 404)


def test_the_queries_of_each_order_do_not_grow_with_the_data(api, assert_constant_queries):
    def grow() -> None:
        for _row in range(7):
            f.ShiftFactory.create_batch(2, mission=f.MissionFactory(), starts_at=f.afternoon(3))

    grow()
    for person in (None, f.UserFactory(), f.OrganizationMembershipFactory().person):
        client = api.as_(person)
        for sort in ("newest", "soonest", "most_needed", "relevance"):
            asked = {"sort": sort, "q": "collecte", "has_places": "true"}
            assert_constant_queries(lambda client=client, asked=asked: client.get(MISSIONS, asked), grow=grow)
        assert_constant_queries(lambda client=client: client.get(MISSIONS), grow=grow)
        assert_constant_queries(lambda client=client: client.get(f"{MISSIONS}?near=48.937,2.36"), grow=grow)


def test_shifts_are_found_by_day_place_and_kind(api):
    first = f.ShiftFactory(
        mission=f.MissionFactory(domain="sport", postal_code="75011", commune_code="75056"), starts_at=saturday()
    )
    second = f.ShiftFactory(starts_at=saturday() - timedelta(days=1), capacity=1, taken_count=1)
    one, two = str(first.pk), str(second.pk)
    assert found(api, SHIFTS, sort="soonest") == [two, one]
    assert found(api, SHIFTS, weekday="saturday") == [one]
    assert found(api, SHIFTS, has_places="false") == [two]
    assert found(api, SHIFTS, has_places="true") == [one]
    assert found(api, SHIFTS, domain="sport,sante") == found(api, SHIFTS, department_code="75") == [one]
    assert found(api, SHIFTS, commune_code="75056") == [one]
    assert found(api, SHIFTS, organization=second.mission.organization_id) == [two]
    assert found(api, SHIFTS, date_to=paris.day_of(second.starts_at)) == [two]
    for wrong in ("sort=distance", "weekday=x", "date_from=x", "q=x"):
        assert api.get(f"{SHIFTS}?{wrong}").status_code == 400


def test_whatever_writes_a_mission_keeps_its_words_and_its_department():
    row = f.MissionFactory(postal_code="93200", title="Maraude")
    row.title, row.postal_code = "Collecte", "75001"
    write_mission(row, "title", "postal_code")
    assert list(Mission.objects.matching(french.stems("collecte"))) == [row]
    assert not Mission.objects.matching(french.stems("maraude")).exists()
    assert Mission.objects.get().department_code == "75"
    edit_organization(row.organization, {"name": "Secours populaire"}, expected=None, actor=f.UserFactory(region=True))
    assert list(Mission.objects.matching(french.stems("populaire"))) == [row]
    Shift.objects.all().delete()
    row.delete()
    assert not Mission.objects.matching(french.stems("collecte")).exists()
