"""Many sign-ups decided at once: each by the rules of one, none oversold."""

from functools import partial

import pytest

from missions.models import Shift, SignUp
from missions.services import sign_up_decisions
from missions.services.sign_up_decisions import Decision
from notifications.models import OutboxMessage
from tests.support.factories import (
    MissionFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
)
from tests.support.gate import once_on
from tests.support.races import at_once
from tests.support.world import API

URL = f"{API}sign-ups/bulk-decisions/"


@pytest.fixture
def shift():
    return ShiftFactory(mission=MissionFactory(sign_up_mode="review"), capacity=2)


@pytest.fixture
def coordinator(shift):
    return OrganizationMembershipFactory(organization=shift.mission.organization).person


def accept(*rows):
    return {"decisions": [{"sign_up": str(row.pk), "verb": "accept"} for row in rows]}


def answers(answer):
    assert answer.status_code == 200, answer.json()
    return [(row["status"], row["code"]) for row in answer.json()["results"]]


@pytest.mark.django_db
def test_each_is_decided_as_if_alone_in_the_order_sent(api, shift, coordinator):
    first, second, late = SignUpFactory.create_batch(3, shift=shift)
    refused = SignUpFactory(shift=shift)
    gone, foreign = SignUpFactory(shift=shift, removed=True), SignUpFactory()
    body = accept(first, gone, second, late, foreign, first)
    body["decisions"].insert(0, {"sign_up": str(refused.pk), "verb": "decline", "reason": "Complet."})
    assert answers(api.as_(coordinator).post(URL, body)) == [
        ("declined", None),
        ("accepted", None),
        (None, "wrong_state"),
        ("accepted", None),
        (None, "full"),
        (None, "not_found"),
        (None, "wrong_state"),
    ]
    shift.refresh_from_db()
    assert shift.taken_count == 2
    refused.refresh_from_db()
    assert (refused.reason, refused.decided_by) == ("Complet.", coordinator)
    told = OutboxMessage.objects.filter(kind__in=["sign_up_accepted", "sign_up_declined"])
    assert set(told.values_list("recipient", flat=True)) == {first.person_id, second.person_id, refused.person_id}


@pytest.mark.django_db
def test_a_place_withdraws_what_overlaps_it_further_down(api, shift, coordinator):
    twin = ShiftFactory(mission=shift.mission, starts_at=shift.starts_at, ends_at=shift.ends_at)
    one = SignUpFactory(shift=shift)
    other = SignUpFactory(shift=twin, person=one.person)
    assert answers(api.as_(coordinator).post(URL, accept(one, other))) == [
        ("accepted", None),
        (None, "wrong_state"),
    ]
    other.refresh_from_db()
    assert other.status == "withdrawn"


@pytest.mark.django_db
def test_a_waiting_person_is_accepted_in_review_mode_alone(api, shift, coordinator):
    waiting = SignUpFactory(shift=shift, waitlisted=True)
    instant = ShiftFactory(mission=MissionFactory(organization=shift.mission.organization))
    in_line = SignUpFactory(shift=instant, waitlisted=True)
    assert answers(api.as_(coordinator).post(URL, accept(waiting, in_line))) == [
        ("accepted", None),
        (None, "list_offers_by_itself"),
    ]


@pytest.mark.django_db
def test_over_500_are_refused(api, coordinator):
    body = {"decisions": [{"sign_up": str(coordinator.pk), "verb": "accept"}] * 501}
    assert api.as_(coordinator).post(URL, body).status_code == 400


@once_on("postgresql")
@pytest.mark.django_db(transaction=True)
def test_organisers_who_accept_at_once_and_crosswise_never_oversell(shift):
    """Two lists in opposite orders, over two shifts: no deadlock, and no more places than there are.

    The control without locks, for every way to a place, is in test_places_race.py."""
    twin = ShiftFactory(mission=MissionFactory(organization=shift.mission.organization, sign_up_mode="review"))
    Shift.objects.filter(pk=twin.pk).update(capacity=2)
    bosses = [OrganizationMembershipFactory(organization=shift.mission.organization).person for _one in range(4)]
    people = UserFactory.create_batch(6)
    rows = [SignUpFactory(shift=one, person=person) for person in people for one in (shift, twin)]
    decisions = [Decision(row.pk, "accept") for row in rows]
    calls = [
        partial(sign_up_decisions.decide_many, decisions if number % 2 else decisions[::-1], actor=boss)
        for number, boss in enumerate(bosses)
    ]
    results = at_once(calls)
    assert [result for result in results if isinstance(result, Exception)] == []
    for one in (shift, twin):
        one.refresh_from_db()
        assert one.taken_count == SignUp.objects.accepted().filter(shift=one).count() <= 2
    won = [outcome for result in results for outcome in result if outcome.error is None]
    assert len(won) == shift.taken_count + twin.taken_count > 0
