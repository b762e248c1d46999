"""A mission whose shifts are cancelled is not listed, until it has another."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from missions import tasks
from missions.models import Mission
from tests.support.factories import (
    MissionFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    UserFactory,
    afternoon,
)
from tests.support.world import API

pytestmark = pytest.mark.django_db
NEAR = "near=48.937,2.36"


@pytest.fixture
def shift():
    return ShiftFactory(mission=MissionFactory(title="Maraude du soir"))


@pytest.fixture
def organizer(api, shift):
    return api.as_(OrganizationMembershipFactory(organization=shift.mission.organization).person)


def listed(client, query="") -> list[str]:
    return [row["title"] for row in client.get(f"{API}missions/?{query}").json()["results"]]


def everywhere(client) -> set[int]:
    """How many missions each way of looking for them shows."""
    words = ["q=maraude", "q=marraude", "sort=relevance&q=maraude"]
    queries = ["", *words, NEAR, f"{NEAR}&sort=newest", "is_remote=false"]
    return {len(listed(client, query)) for query in queries}


def cancel(organizer, shift):
    assert organizer.post(f"{API}shifts/{shift.pk}/cancel/", {"reason": "Pluie."}).status_code == 200


def add(organizer, shift):
    times = {"starts_at": afternoon(9).isoformat(), "ends_at": (afternoon(9) + timedelta(hours=2)).isoformat()}
    return organizer.post(f"{API}shifts/", {"mission": str(shift.mission_id), "capacity": 3, **times})


def test_a_mission_whose_only_shift_was_cancelled_leaves_the_feed_until_it_has_another(api, organizer, shift):
    readers = [api, api.as_(UserFactory()), api.as_(OrganizationMembershipFactory().person)]
    cancel(organizer, shift)
    assert [everywhere(reader) for reader in readers] == [{0}] * 3
    # Its own people and the region see it, and whoever has its address.
    assert everywhere(organizer) == everywhere(api.as_(UserFactory(region=True))) == {1}
    assert api.get(f"{API}missions/{shift.mission_id}/").status_code == 200
    assert add(organizer, shift).status_code == 201
    assert [everywhere(reader) for reader in readers] == [{1}] * 3


def test_a_copy_of_a_shift_brings_it_back_too(api, organizer, shift):
    cancel(organizer, shift)
    assert listed(api) == []
    copied = organizer.post(f"{API}shifts/{shift.pk}/copy/", {"starts_at": afternoon(9).isoformat()})
    assert copied.status_code == 201
    assert listed(api) == ["Maraude du soir"]


def test_one_of_two_shifts_may_go(api, organizer, shift):
    other = ShiftFactory(mission=shift.mission)
    ShiftFactory(mission=shift.mission, starts_at=afternoon(-3), ends_at=afternoon(-3) + timedelta(hours=2))
    cancel(organizer, shift)
    assert listed(api) == ["Maraude du soir"]
    cancel(organizer, other)
    assert listed(api) == []


def test_a_phone_that_has_the_page_learns_of_it(api, organizer, shift):
    for reader in (api, api.as_(UserFactory())):
        first = reader.get(f"{API}missions/")
        assert reader.get(f"{API}missions/", HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 304
        cancel(organizer, shift)
        gone = reader.get(f"{API}missions/", HTTP_IF_NONE_MATCH=first["ETag"])
        assert (gone.status_code, gone.json()["results"]) == (200, [])
        assert reader.get(f"{API}missions/", HTTP_IF_NONE_MATCH=gone["ETag"]).status_code == 304
        shift = Mission.objects.get().shifts.get(pk=add(organizer, shift).json()["id"])
        assert reader.get(f"{API}missions/", HTTP_IF_NONE_MATCH=gone["ETag"]).status_code == 200


def test_the_last_shift_over_and_a_cancelled_one_to_come_leave_nothing_to_list(api, organizer, shift):
    later = ShiftFactory(mission=shift.mission, starts_at=afternoon(20), ends_at=afternoon(20) + timedelta(hours=2))
    cancel(organizer, later)
    assert listed(api) == ["Maraude du soir"]
    with time_machine.travel(shift.ends_at + timedelta(hours=1), tick=False):
        for _twice in range(2):
            tasks.close_finished_missions()
            mission = Mission.objects.get()
            assert (mission.awaits_shift, mission.status) == (True, "published")
    assert timezone.now() < shift.ends_at
