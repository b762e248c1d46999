"""What an app lists: to come, waiting, past, and the missions that one keeps."""

from datetime import timedelta

import pytest
from django.utils import timezone

from missions.states import AttendanceStatus, SignUpStatus, Stage
from tests.support.factories import (
    AttendanceFactory,
    FavouriteFactory,
    MissionFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
    afternoon,
)

pytestmark = pytest.mark.django_db
API = "/api/v1/"
FACTS = {
    "accepted": {"accepted_at": afternoon(0)},
    "pending": {},
    "waitlisted": {"queue_number": 1},
    "offered": {"queue_number": 1, "offered_at": afternoon(0), "offer_expires_at": afternoon(1)},
}


def sign_up(person, status, shift):
    return SignUpFactory(person=person, status=status, shift=shift, **FACTS.get(status, {"ended_at": timezone.now()}))


def over():
    return ShiftFactory(starts_at=afternoon(-7), ends_at=afternoon(-7, 15))


def listed(client, query, path="sign-ups/"):
    answer = client.get(f"{API}{path}?page_size=100&{query}")
    assert answer.status_code == 200, answer.json()
    return [row["id"] for row in answer.json()["results"]]


@pytest.fixture
def sign_ups():
    """Of one person a sign-up in every state, on a shift to come and on one that is over."""
    person = UserFactory()
    rows = [sign_up(person, status, shift()) for status in SignUpStatus.values for shift in (ShiftFactory, over)]
    return person, rows


def test_the_stages_of_sign_ups_are_places_to_come_what_waits_and_the_rest(api, sign_ups):
    person, rows = sign_ups
    client, now = api.as_(person), timezone.now()
    stages = {stage: set(listed(client, f"stage={stage}")) for stage in Stage.values}
    assert stages["to_come"] == {str(row.pk) for row in rows if row.status == "accepted" and row.shift.ends_at > now}
    assert stages["waiting"] == {str(row.pk) for row in rows if row.status in ("pending", "waitlisted", "offered")}
    assert sum(map(len, stages.values())) == len(rows), "no sign-up in two stages"
    assert set().union(*stages.values()) == set(listed(client, "")), "none in no stage"


def test_a_shift_that_runs_is_still_to_come(api):
    person, now = UserFactory(), timezone.now()
    shift = ShiftFactory(starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1))
    attendance = AttendanceFactory(sign_up=SignUpFactory(person=person, accepted=True, shift=shift))
    client = api.as_(person)
    assert listed(client, "stage=to_come") == [str(attendance.sign_up_id)]
    assert listed(client, "stage=to_come", "attendances/") == [str(attendance.pk)]


def test_the_stages_of_attendances_are_to_come_what_waits_for_the_organisers_word_and_what_was_said(api):
    person, rows = UserFactory(), []
    facts = {"confirmed": {"arrived_at": afternoon(-7), "left_at": afternoon(-7, 15), "minutes": 120,
                           "confirmed_at": afternoon(-6)}}  # fmt: skip
    for status in AttendanceStatus.values:
        for shift in (ShiftFactory, over):
            place = sign_up(person, "withdrawn" if status == "voided" else "accepted", shift())
            rows.append(AttendanceFactory(sign_up=place, status=status, **facts.get(status, {})))
    client, now = api.as_(person), timezone.now()
    stages = {stage: set(listed(client, f"stage={stage}", "attendances/")) for stage in Stage.values}
    unsaid = [row for row in rows if row.status in ("expected", "checked_in", "checked_out")]
    assert stages["to_come"] == {str(row.pk) for row in unsaid if row.sign_up.shift.ends_at > now}
    assert stages["waiting"] == {str(row.pk) for row in unsaid if row.sign_up.shift.ends_at <= now}
    assert sum(map(len, stages.values())) == len(rows)
    assert set().union(*stages.values()) == set(listed(client, "", "attendances/"))


@pytest.mark.parametrize("path", ["sign-ups/", "attendances/"])
def test_what_is_to_come_can_be_read_soonest_first_page_by_page(api, path):
    person = UserFactory()
    shifts = [ShiftFactory(starts_at=afternoon(day)) for day in (9, 3, 6)]
    places = [SignUpFactory(person=person, accepted=True, shift=shift) for shift in shifts]
    rows = [AttendanceFactory(sign_up=place) for place in places]
    shown = [str((places if path == "sign-ups/" else rows)[place].pk) for place in (1, 2, 0)]
    client, found = api.as_(person), []
    address = f"{API}{path}?stage=to_come&sort=soonest&page_size=1"
    while address:
        page = client.get(address).json()
        found += [row["id"] for row in page["results"]]
        address = page["next"]
    assert found == shown
    assert listed(client, "sort=newest", path) == listed(client, "", path)


@pytest.mark.parametrize("path", ["sign-ups/", "attendances/"])
@pytest.mark.parametrize("query", ["stage=soon", "sort=distance", "stage=to_come,past"])
def test_another_stage_or_order_is_refused_by_name(api, path, query):
    answer = api.as_(UserFactory()).get(f"{API}{path}?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, f"/{query.split('=')[0]}")


@pytest.mark.parametrize("path", ["sign-ups/", "attendances/"])
def test_a_stage_shows_nothing_that_the_list_does_not(api, path):
    row = AttendanceFactory(sign_up=SignUpFactory(accepted=True))
    assert listed(api.as_(UserFactory()), "stage=to_come", path) == []
    organizer = OrganizationMembershipFactory(organization=row.sign_up.shift.mission.organization).person
    assert len(listed(api.as_(organizer), "stage=to_come", path)) == 1


def test_the_missions_that_one_keeps_are_found_as_any_others_are(api):
    kept, other = MissionFactory(domain="sport"), MissionFactory(domain="sport")
    favourite = FavouriteFactory(mission=kept)
    FavouriteFactory(mission=other)
    client = api.as_(favourite.person)
    assert listed(client, "is_favourite=true", "missions/") == [str(kept.pk)]
    assert listed(client, "is_favourite=false", "missions/") == [str(other.pk)]
    assert listed(client, "is_favourite=true&domain=sport&sort=newest", "missions/") == [str(kept.pk)]
    assert listed(client, "is_favourite=true&domain=sante", "missions/") == []
    here = f"near={kept.latitude},{kept.longitude}"
    assert listed(client, f"is_favourite=true&{here}", "missions/") == [str(kept.pk)]


def test_somebody_who_is_not_signed_in_keeps_no_mission(api):
    mission = FavouriteFactory().mission
    assert listed(api, "is_favourite=true", "missions/") == []
    assert listed(api, "is_favourite=false", "missions/") == [str(mission.pk)]
