"""One's own place in line: 1 for the next, and nobody else's to read."""

from datetime import timedelta

import pytest

from missions.models import SignUp
from tests.support.factories import (
    ClassReferentFactory,
    EnrolmentFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
    afternoon,
)
from tests.support.following import phone_of

pytestmark = pytest.mark.django_db


def ask(api, shift):
    person = UserFactory()
    return person, api.as_(person).post(f"/api/v1/shifts/{shift.pk}/sign-up/").json()


def rank(api, person, row):
    return api.as_(person).get(f"/api/v1/sign-ups/{row['id']}/").json()["waiting_rank"]


@pytest.fixture
def line(api):
    """A shift of one place: who has it, and three who wait."""
    shift = ShiftFactory(capacity=1)
    return shift, [ask(api, shift) for _one in range(4)]


def test_who_joins_the_list_is_told_the_rank_at_once_and_who_gets_a_place_none(api, line):
    _shift, people = line
    assert [row["waiting_rank"] for _person, row in people] == [None, 1, 2, 3]


def test_the_rank_moves_up_when_somebody_before_leaves_and_not_when_somebody_behind_does(api, line):
    _shift, [_holder, first, (second, second_row), third] = line
    api.as_(third[0]).post(f"/api/v1/sign-ups/{third[1]['id']}/withdraw/")
    assert rank(api, second, second_row) == 2
    api.as_(first[0]).post(f"/api/v1/sign-ups/{first[1]['id']}/withdraw/")
    assert rank(api, second, second_row) == 1


def test_who_is_offered_a_place_stands_in_line_no_more(api, line):
    _shift, [(holder, place), (first, first_row), (second, second_row), _third] = line
    api.as_(holder).post(f"/api/v1/sign-ups/{place['id']}/withdraw/")
    assert SignUp.objects.get(pk=first_row["id"]).status == "offered"
    assert (rank(api, first, first_row), rank(api, second, second_row)) == (None, 1)


def test_who_was_passed_over_keeps_the_rank(api):
    shift = ShiftFactory(capacity=1)
    holder, place = ask(api, shift)
    first, first_row = ask(api, shift)
    _second, second_row = ask(api, shift)
    first.email_verified_at = None
    first.save(update_fields=["email_verified_at"])
    api.as_(holder).post(f"/api/v1/sign-ups/{place['id']}/withdraw/")
    assert SignUp.objects.get(pk=second_row["id"]).status == "offered"
    assert rank(api, first, first_row) == 1


def test_another_shifts_line_does_not_count(api, line):
    other = ShiftFactory(capacity=1, starts_at=afternoon(9))
    SignUpFactory.create_batch(3, shift=other, waitlisted=True)
    _shift, [_holder, (first, row), *_rest] = line
    assert rank(api, first, row) == 1


def test_neither_the_organiser_nor_a_teacher_nor_the_list_reads_a_rank(api, line):
    shift, [_holder, (first, row), *_rest] = line
    referent = ClassReferentFactory()
    EnrolmentFactory(class_group=referent.class_group, student=first)
    organiser = OrganizationMembershipFactory(organization=shift.mission.organization).person
    assert rank(api, organiser, row) is None
    assert rank(api, referent.membership.person, row) is None
    listed = api.as_(organiser).get(f"/api/v1/shifts/{shift.pk}/list/").json()
    assert {each["waiting_rank"] for each in listed} == {None}
    assert len(listed) == 4


def test_an_organiser_who_waits_on_a_shift_of_their_own_reads_their_own_rank_alone(api, line):
    shift, _people = line
    organiser = OrganizationMembershipFactory(organization=shift.mission.organization).person
    row = api.as_(organiser).post(f"/api/v1/shifts/{shift.pk}/sign-up/").json()
    assert row["waiting_rank"] == 4
    listed = api.as_(organiser).get("/api/v1/sign-ups/").json()["results"]
    assert {each["id"]: each["waiting_rank"] for each in listed if each["waiting_rank"]} == {row["id"]: 4}


def test_ranks_cost_no_query_a_row(api, assert_constant_queries):
    person = UserFactory()
    client = api.as_(person)

    def wait_somewhere(days):
        shift = ShiftFactory(starts_at=afternoon(days), ends_at=afternoon(days) + timedelta(hours=2))
        SignUpFactory(shift=shift, waitlisted=True)
        SignUpFactory(shift=shift, person=person, waitlisted=True)

    wait_somewhere(3)
    assert_constant_queries(
        lambda: client.get("/api/v1/sign-ups/"), grow=lambda: [wait_somewhere(days) for days in range(4, 12)]
    )
    assert {row["waiting_rank"] for row in client.get("/api/v1/sign-ups/").json()["results"]} == {2}


def test_sync_carries_no_rank_because_it_moves_while_the_place_does_not(api, line):
    _shift, [_holder, (first, first_row), (second, second_row), _third] = line
    phone = phone_of(api, second)
    phone.follow()
    assert "waiting_rank" not in phone.kept["sign_up", second_row["id"]]
    api.as_(first).post(f"/api/v1/sign-ups/{first_row['id']}/withdraw/")
    assert phone.follow() == []
    assert rank(api, second, second_row) == 1
