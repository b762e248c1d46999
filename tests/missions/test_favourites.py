"""People keep missions to find them again."""

import pytest

from tests.support import factories as f

pytestmark = pytest.mark.django_db
FAVOURITES = "/api/v1/me/favourites/"


def test_a_mission_is_kept_once_listed_newest_first_and_let_go(api):
    client = api.as_(f.UserFactory())
    first, second = f.MissionFactory(), f.MissionFactory()
    f.ShiftFactory(mission=first)
    assert client.put(f"{FAVOURITES}{first.pk}/", {}).status_code == 201
    assert client.put(f"{FAVOURITES}{first.pk}/", {}).status_code == 200
    kept = client.put(f"{FAVOURITES}{second.pk}/", {}).json()
    rows = client.get(FAVOURITES).json()["results"]
    assert [row["id"] for row in rows] == [str(second.pk), str(first.pk)]
    assert rows[0] == kept
    mission = client.get(f"/api/v1/missions/{first.pk}/").json()
    assert rows[1] == {
        "id": mission["id"],
        "title": mission["title"],
        "organization_name": mission["organization"]["name"],
        "city": mission["city"],
        "is_listed": True,
        "next_shifts": mission["next_shifts"],
        "created_at": rows[1]["created_at"],
    }
    assert client.delete(f"{FAVOURITES}{first.pk}/").status_code == 204
    assert client.delete(f"{FAVOURITES}{first.pk}/").status_code == 404
    assert [row["id"] for row in client.get(FAVOURITES).json()["results"]] == [str(second.pk)]


def test_a_mission_that_left_the_feed_shows_as_such_under_the_title_it_was_kept_by(api):
    client = api.as_(f.UserFactory())
    mission = f.ShiftFactory(mission=f.MissionFactory(title="Maraude")).mission
    client.put(f"{FAVOURITES}{mission.pk}/", {})
    mission.title, mission.status, mission.published_at = "Autre", "draft", None
    mission.save()
    (row,) = client.get(FAVOURITES).json()["results"]
    assert (row["id"], row["title"], row["is_listed"]) == (str(mission.pk), "Maraude", False)
    assert (row["organization_name"], row["city"], row["next_shifts"]) == ("", "", [])
    assert client.put(f"{FAVOURITES}{mission.pk}/", {}).status_code == 404
    assert client.delete(f"{FAVOURITES}{mission.pk}/").status_code == 204


def test_only_missions_of_the_feed_are_kept_and_only_ones_own_are_seen(api):
    membership = f.OrganizationMembershipFactory()
    draft = f.MissionFactory(draft=True, organization=membership.organization)
    hidden = f.MissionFactory(organization=f.OrganizationFactory(unverified=True))
    client, other = api.as_(membership.person), api.as_(f.UserFactory())
    for mission in (draft, hidden):
        assert client.put(f"{FAVOURITES}{mission.pk}/", {}).status_code == 404
    mission = f.MissionFactory()
    client.put(f"{FAVOURITES}{mission.pk}/", {})
    assert other.get(FAVOURITES).json()["results"] == []
    assert other.delete(f"{FAVOURITES}{mission.pk}/").status_code == 404
    assert api.get(FAVOURITES).status_code == 401
    assert client.put(f"{FAVOURITES}{mission.pk}/", {"x": 1}).status_code == 400


def test_the_queries_of_the_list_do_not_grow(api, assert_constant_queries):
    client = api.as_(f.UserFactory())

    def grow() -> None:
        for mission in f.MissionFactory.create_batch(5):
            f.ShiftFactory(mission=mission)
            client.put(f"{FAVOURITES}{mission.pk}/", {})

    grow()
    assert_constant_queries(lambda: client.get(FAVOURITES), grow=grow)
