"""What a mission and a shift are to the person who retrieves them, and to nobody else."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from missions.states import Reason
from tests.support.eligible import REACHED, student
from tests.support.factories import (
    ConsentFactory,
    FavouriteFactory,
    GuardianFactory,
    MissionFactory,
    OrganizationMembershipFactory,
    QualificationFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
    afternoon,
)

pytestmark = pytest.mark.django_db
API = "/api/v1/"


def of_shift(client, shift):
    return client.get(f"{API}shifts/{shift.pk}/").json()["mine"]


def of_mission(client, mission):
    return client.get(f"{API}missions/{mission.pk}/").json()["mine"]


def asked(client, shift):
    return client.get(f"{API}shifts/{shift.pk}/eligibility/").json()


def signed_up(client, row):
    return client.get(f"{API}sign-ups/{row.pk}/").json()


@pytest.mark.parametrize("reason", list(Reason))
def test_eligibility_is_the_same_on_a_shift_on_its_mission_and_when_it_is_asked_for(api, reason):
    person, shift = REACHED[reason]()
    client = api.as_(person)
    question = asked(client, shift)
    assert question["reason"] == reason
    assert of_shift(client, shift)["eligibility"] == question
    shown = [one["eligibility"] for one in of_mission(client, shift.mission)["shifts"]]
    assert shown == ([] if reason in (Reason.ENDED, Reason.CANCELLED) else [question])


def test_each_shift_of_a_mission_has_the_answer_it_has_alone(api):
    """One of each kind side by side: what is read once for all of them is mixed up for none."""
    with time_machine.travel(afternoon(0), tick=False):
        ensure_each_shift_is_as_it_is_alone(api)


def ensure_each_shift_is_as_it_is_alone(api):
    person, now = student(), timezone.now()
    mission = MissionFactory(requirements=["psc"], sign_up_mode="instant")
    QualificationFactory(person=person, kind="psc", verified=True, expires_on=afternoon(30).date())
    ConsentFactory(guardian__student=person, granted=True)
    place = SignUpFactory(person=person, accepted=True, shift=ShiftFactory(starts_at=afternoon(6)))
    ShiftFactory(mission=mission, starts_at=afternoon(6) + timedelta(hours=1))
    long = ShiftFactory(starts_at=afternoon(7, 7), ends_at=afternoon(7, 14))
    SignUpFactory(person=person, accepted=True, shift=long)
    ShiftFactory(mission=mission, starts_at=afternoon(7, 14), ends_at=afternoon(7, 17))
    ShiftFactory(mission=mission, starts_at=afternoon(8, 21), ends_at=afternoon(8, 22))
    SignUpFactory(person=person, shift=ShiftFactory(mission=mission, starts_at=afternoon(9)))
    queue = ShiftFactory(mission=mission, starts_at=afternoon(10), capacity=2, taken_count=1)
    SignUpFactory(shift=queue, status="waitlisted", queue_number=1)
    ShiftFactory(mission=mission, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1), capacity=1,
                 taken_count=1)  # fmt: skip
    ShiftFactory(mission=mission, starts_at=afternoon(12))
    ShiftFactory(mission=mission, starts_at=afternoon(40))
    client = api.as_(person)
    body = client.get(f"{API}missions/{mission.pk}/").json()
    mine = body["mine"]["shifts"]
    assert [one["shift"] for one in mine] == [shift["id"] for shift in body["next_shifts"]]
    alone = [client.get(f"{API}shifts/{one['shift']}/").json() for one in mine]
    assert mine == [shift["mine"] for shift in alone]
    assert [one["eligibility"] for one in mine] == [
        client.get(f"{API}shifts/{one['shift']}/eligibility/").json() for one in mine
    ]
    assert {one["eligibility"]["reason"] for one in mine} == {
        "full", "collides", "daily_limit", "night", "already_signed_up", "waitlist", "ok", "requirement_missing",
    }  # fmt: skip
    collides = next(one["eligibility"] for one in mine if one["eligibility"]["reason"] == "collides")
    assert (collides["collides_with"], collides["collides_with_title"]) == (str(place.pk), place.shift.mission.title)


@pytest.mark.parametrize("facts", [
    {"status": "pending"},
    {"accepted": True},
    {"status": "waitlisted", "queue_number": 3, "machine_reason": "collides"},
    {"status": "offered", "queue_number": 1, "offered_at": afternoon(1), "offer_expires_at": afternoon(2)},
    {"status": "removed", "ended_at": afternoon(0), "reason": "Terrain fermé.", "machine_reason": "night"},
])  # fmt: skip
def test_a_sign_up_is_shown_as_it_is_when_it_is_read_alone(api, facts):
    row = SignUpFactory(**facts)
    SignUpFactory(shift=row.shift, status="waitlisted", queue_number=2)
    client = api.as_(row.person)
    alone = signed_up(client, row)
    assert alone["waiting_rank"] == (2 if row.status == "waitlisted" else None)
    assert of_shift(client, row.shift)["sign_up"] == alone
    (one,) = of_mission(client, row.shift.mission)["shifts"]
    assert (one["shift"], one["sign_up"]) == (str(row.shift_id), alone)


def test_of_several_attempts_the_one_that_lives_is_shown_else_the_last(api):
    now = timezone.now()
    first = SignUpFactory(status="withdrawn", ended_at=now)
    last = SignUpFactory(person=first.person, shift=first.shift, status="declined", ended_at=now)
    client = api.as_(first.person)
    assert of_shift(client, first.shift)["sign_up"]["id"] == str(last.pk)
    first.status, first.ended_at, first.accepted_at = "accepted", None, now
    first.save()
    assert of_shift(client, first.shift)["sign_up"]["id"] == str(first.pk)


def test_nobody_reads_what_a_shift_is_to_somebody_else(api):
    row = SignUpFactory(accepted=True)
    favourite = FavouriteFactory(mission=row.shift.mission)
    organizer = OrganizationMembershipFactory(organization=row.shift.mission.organization).person
    for reader in (UserFactory(), organizer):
        client = api.as_(reader)
        assert of_shift(client, row.shift)["sign_up"] is None
        mine = of_mission(client, row.shift.mission)
        assert (mine["is_favourite"], mine["shifts"][0]["sign_up"]) == (False, None)
    assert of_mission(api.as_(favourite.person), row.shift.mission)["is_favourite"] is True


def test_a_mission_says_whether_one_keeps_it(api):
    mission, client = MissionFactory(), api.as_(UserFactory())
    path = f"{API}me/favourites/{mission.pk}/"
    assert of_mission(client, mission) == {"is_favourite": False, "shifts": []}
    client.put(path, {})
    assert of_mission(client, mission)["is_favourite"] is True
    client.delete(path)
    assert of_mission(client, mission)["is_favourite"] is False


def test_somebody_who_is_not_signed_in_reads_null(api):
    shift = ShiftFactory()
    assert of_shift(api, shift) is None
    assert of_mission(api, shift.mission) is None


def test_lists_are_the_same_for_everybody(api):
    row = SignUpFactory(accepted=True)
    FavouriteFactory(person=row.person, mission=row.shift.mission)
    client = api.as_(row.person)
    for path in ("missions/", "shifts/"):
        public, own = api.get(f"{API}{path}"), client.get(f"{API}{path}")
        assert (own.json(), own["ETag"]) == (public.json(), public["ETag"])
        assert "mine" not in own.json()["results"][0]


def test_the_sentence_is_in_the_readers_language(api):
    client, shift = api.as_(UserFactory()), ShiftFactory()
    for language, said in (("fr", "Vous pouvez vous inscrire."), ("en", "You can sign up.")):
        body = client.get(f"{API}shifts/{shift.pk}/", HTTP_ACCEPT_LANGUAGE=language).json()
        assert body["mine"]["eligibility"]["detail"] == said


def test_who_edits_reads_what_it_is_to_them_in_the_answer_too(api):
    organizer = OrganizationMembershipFactory()
    shift = ShiftFactory(mission__organization=organizer.organization)
    client = api.as_(organizer.person)
    changes = {f"{API}shifts/{shift.pk}/": {"capacity": 9}, f"{API}missions/{shift.mission_id}/": {"contact": "Zoé"}}
    for path, change in changes.items():
        edited = client.patch(path, change, HTTP_IF_MATCH=client.get(path)["ETag"])
        assert edited.status_code == 200
        assert edited.json()["mine"] == client.get(path).json()["mine"] is not None


# What has changed is never hidden by an old tag.


@pytest.fixture
def shift():
    return ShiftFactory(capacity=3)


@pytest.fixture(params=["mission", "shift"])
def path(request, shift):
    return f"{API}missions/{shift.mission_id}/" if request.param == "mission" else f"{API}shifts/{shift.pk}/"


def seen_again(client, path, answer):
    return client.get(path, HTTP_IF_NONE_MATCH=answer["ETag"]).status_code


def test_a_tag_ends_with_any_change_of_what_it_is_to_the_reader(api, shift, path):
    person = UserFactory()
    client = api.as_(person)
    answer = client.get(path)
    assert seen_again(client, path, answer) == 304
    row = client.post(f"{API}shifts/{shift.pk}/sign-up/").json()
    assert seen_again(client, path, answer) == 200
    answer = client.get(path)
    client.post(f"{API}sign-ups/{row['id']}/withdraw/")
    assert seen_again(client, path, answer) == 200
    answer = client.get(path)
    person.suspended_at = None
    person.birth_date = None
    person.save()
    assert seen_again(client, path, answer) == 200, "a place depends on it"


def test_a_favourite_ends_the_tag_of_its_mission(api, shift):
    client, path = api.as_(UserFactory()), f"{API}missions/{shift.mission_id}/"
    answer = client.get(path)
    client.put(f"{API}me/favourites/{shift.mission_id}/", {})
    assert seen_again(client, path, answer) == 200


def test_what_is_read_signed_in_is_kept_by_no_cache_for_anybody_else(api, shift, path):
    client = api.as_(UserFactory())
    public, own = api.get(path), client.get(path)
    assert public["ETag"] != own["ETag"]
    assert (seen_again(api, path, own), seen_again(client, path, public)) == (200, 200)
    assert seen_again(api, path, public) == 304
    for answer in (public, own):
        assert "private" in answer["Cache-Control"]
        assert "Authorization" in answer["Vary"]


def test_a_tag_ends_when_somebody_else_takes_a_place(api, shift, path):
    answer = api.get(path)
    api.as_(UserFactory()).post(f"{API}shifts/{shift.pk}/sign-up/")
    SignUpFactory(shift=shift, accepted=True)
    shift.taken_count = 1
    shift.save()
    assert seen_again(api, path, answer) == 200


def test_the_tag_of_an_answer_is_what_an_editor_sends_back(api, shift, path):
    organizer = OrganizationMembershipFactory(organization=shift.mission.organization).person
    client = api.as_(organizer)
    first, change = client.get(path)["ETag"], {"capacity": 9} if "shifts" in path else {"title": "Maraude du soir"}
    api.as_(UserFactory()).post(f"{API}shifts/{shift.pk}/sign-up/")
    edited = client.patch(path, change, HTTP_IF_MATCH=first)
    assert edited.status_code == 200, "somebody's sign-up is no edit"
    other = {"capacity": 8} if "shifts" in path else {"title": "Maraude du matin"}
    assert client.patch(path, other, HTTP_IF_MATCH=first).json()["code"] == "stale"
    assert client.patch(path, other, HTTP_IF_MATCH=edited["ETag"]).status_code == 200


def test_a_mission_takes_as_many_queries_whatever_the_number_of_its_shifts(api, assert_constant_queries):
    person = GuardianFactory(student=student()).student
    mission = MissionFactory(requirements=["psc"], audience="students")
    QualificationFactory(person=person, kind="psc", verified=True)

    def grow(count=6):
        for day in range(count):
            shift = ShiftFactory(mission=mission, starts_at=afternoon(day + 3), capacity=5)
            SignUpFactory(shift=shift, status="waitlisted", queue_number=1)
            SignUpFactory(shift=shift, person=person, status="waitlisted", queue_number=2)
            ShiftFactory(mission=mission, starts_at=afternoon(day + 3) + timedelta(minutes=30))
            SignUpFactory(person=person, accepted=True, shift=ShiftFactory(starts_at=afternoon(day + 20)))
            ShiftFactory(mission=mission, starts_at=afternoon(day + 20))
            ShiftFactory(mission=mission, starts_at=afternoon(day + 40), capacity=1, taken_count=1)

    grow(2)
    client = api.as_(person)
    assert_constant_queries(lambda: of_mission(client, mission), grow=grow)
    reasons = {one["eligibility"]["reason"] for one in of_mission(client, mission)["shifts"]}
    assert reasons >= {"already_signed_up", "collides", "ok", "waitlist"}
