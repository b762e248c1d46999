"""Places are never oversold, whoever asks at once; the controls show what happens without the protection."""

from collections import Counter
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import F
from rest_framework.test import APIClient

from missions import eligibility
from missions.models import Attendance, Shift, SignUp
from missions.services import sign_ups, waiting_list
from missions.states import AttendanceStatus, SignUpStatus
from tests.support.factories import (
    MissionFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
    afternoon,
)
from tests.support.gate import once_on
from tests.support.races import at_once, meet_after, seeded, without_row_locks

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE, PLACES = 200, 10


def ask(client, shift):
    answer = client.post(f"/api/v1/shifts/{shift.pk}/sign-up/", {}, HTTP_IDEMPOTENCY_KEY=str(uuid4()))
    return answer.status_code, answer.json().get("code", answer.json().get("status"))


def serve(person, shift):
    return 201, str(sign_ups.sign_up(shift, actor=person).status)


def plain(client):
    """The same person without the contract's check of every answer, which would space the requests out."""
    bare = APIClient()
    bare.credentials(**client._credentials)
    return bare


def accepted_count(shift):
    return SignUp.objects.accepted().filter(shift=shift).count()


def in_line(shift):
    """Who waits, by number; each number once."""
    return list(SignUp.objects.waiting().filter(shift=shift).values_list("queue_number", flat=True))


def assert_sound(shift):
    shift.refresh_from_db()
    assert 0 <= shift.taken_count <= shift.capacity
    assert shift.taken_count == SignUp.objects.holding_a_place().filter(shift=shift).count()
    expected = Attendance.objects.filter(sign_up__shift=shift, status=AttendanceStatus.EXPECTED)
    assert accepted_count(shift) == expected.count()


@once_on("postgresql")
def test_200_people_for_the_last_10_places_leave_exactly_10_accepted(api):
    chance = seeded()
    people = UserFactory.create_batch(PEOPLE)
    clients = [(person, plain(api.as_(person))) for person in people]
    mission = MissionFactory()
    for day in range(20):
        shift = ShiftFactory(mission=mission, starts_at=afternoon(7 + day), capacity=PLACES)
        chance.shuffle(clients)
        # SQLite has one writer at a time: after some rounds over HTTP, the service alone shows the same sooner.
        by_http = connection.vendor == "postgresql" or day < 2
        moves = [partial(*((ask, client) if by_http else (serve, person)), shift) for person, client in clients]
        answers = Counter(at_once(moves, threads=16 if by_http else 2))
        assert answers == {(201, "accepted"): PLACES, (201, "waitlisted"): PEOPLE - PLACES}
        assert in_line(shift) == list(range(1, PEOPLE - PLACES + 1))
        assert_sound(shift)


def test_sign_ups_withdrawals_and_acceptances_mixed_keep_the_count_true(api):
    chance = seeded()
    coordinator = OrganizationMembershipFactory()
    organizer = api.as_(coordinator.person)
    mission = MissionFactory(organization=coordinator.organization)
    reviewed = MissionFactory(organization=coordinator.organization, reviewed_sign_ups=True)
    shifts = [ShiftFactory(mission=mission, capacity=4), ShiftFactory(mission=reviewed, capacity=4)]
    shifts[1].starts_at, shifts[1].ends_at = afternoon(9), afternoon(9) + timedelta(hours=1)
    shifts[1].save()
    clients = [(person, api.as_(person)) for person in UserFactory.create_batch(12)]

    def sign_up(shift, person, client):
        return ask(client, shift)

    def withdraw(shift, person, client):
        row = SignUp.objects.live().filter(shift=shift, person=person).first()
        return row and client.post(f"/api/v1/sign-ups/{row.pk}/withdraw/").status_code

    def accept(shift, person, client):
        row = SignUp.objects.filter(shift=shift, person=person).order_by("-id").first()
        return row and organizer.post(f"/api/v1/sign-ups/{row.pk}/accept/").status_code

    moves = [
        partial(chance.choice([sign_up, sign_up, withdraw, accept]), chance.choice(shifts), *chance.choice(clients))
        for _move in range(240)
    ]
    answers = at_once(moves)
    codes = {answer[0] if isinstance(answer, tuple) else answer for answer in answers}
    assert codes <= {200, 201, 409, None}, codes
    assert {200, 201, 409} <= codes
    for shift in shifts:
        assert_sound(shift)


def test_one_person_on_two_overlapping_shifts_at_once_gets_one(api):
    person = UserFactory()
    for day in range(10):
        first = ShiftFactory(starts_at=afternoon(7 + day))
        second = ShiftFactory(starts_at=afternoon(7 + day) + timedelta(hours=1))
        answers = at_once([partial(ask, api.as_(person), shift) for shift in (first, second)])
        assert sorted(answers) == [(201, "accepted"), (409, "collides")]
        assert accepted_count(first) + accepted_count(second) == 1


def test_one_person_sent_ten_times_at_once_has_one_place(api):
    person, shift = UserFactory(), ShiftFactory()
    answers = Counter(at_once([partial(ask, api.as_(person), shift) for _copy in range(10)]))
    assert answers == {(201, "accepted"): 1, (409, "already_signed_up"): 9}
    assert_sound(shift)


def test_two_coordinators_accepting_the_last_place_at_once_give_it_once(api):
    shift = ShiftFactory(mission__reviewed_sign_ups=True, capacity=1)
    organization = shift.mission.organization
    clients = [api.as_(OrganizationMembershipFactory(organization=organization).person) for _one in range(8)]
    rows = [SignUpFactory(shift=shift) for _client in clients]
    answers = at_once(
        [partial(client.post, f"/api/v1/sign-ups/{row.pk}/accept/") for client, row in zip(clients, rows, strict=True)]
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert_sound(shift)


@pytest.fixture
def unprotected(monkeypatch):
    """No row locks, no conditional update, no check constraint: what is left is the reading of the count."""

    def take_place(shift):
        Shift.objects.filter(pk=shift.pk).update(taken_count=F("taken_count") + 1)

    without_row_locks(monkeypatch)
    for room in (sign_ups, waiting_list):
        monkeypatch.setattr(room, "take_place", take_place)
    (constraint,) = [one for one in Shift._meta.constraints if one.name == "shift_is_never_oversold"]
    with connection.schema_editor() as editor:
        editor.remove_constraint(Shift, constraint)
    yield
    SignUp.objects.all().delete()
    Shift.objects.all().delete()
    with connection.schema_editor() as editor:
        editor.add_constraint(Shift, constraint)


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_control_without_lock_update_and_constraint_the_last_place_is_oversold(api, unprotected, monkeypatch):
    clients = [api.as_(person) for person in UserFactory.create_batch(4)]
    shift = ShiftFactory(capacity=1)
    meet_after(monkeypatch, eligibility, "reason_for", count=4)
    assert at_once([partial(ask, client, shift) for client in clients]) == [(201, "accepted")] * 4
    assert accepted_count(shift) == 4


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_without_row_locks_the_conditional_update_alone_still_never_oversells(api, monkeypatch):
    without_row_locks(monkeypatch)
    clients = [api.as_(person) for person in UserFactory.create_batch(4)]
    shift = ShiftFactory(capacity=1)
    meet_after(monkeypatch, eligibility, "reason_for", count=4)
    answers = Counter(at_once([partial(ask, client, shift) for client in clients]))
    assert answers == {(201, "accepted"): 1, (409, "full"): 3}
    assert_sound(shift)


def test_a_withdrawn_place_is_free_again_and_a_declined_one_was_never_taken(api):
    shift = ShiftFactory(capacity=1)
    first, second = api.as_(UserFactory()), api.as_(UserFactory())
    row = first.post(f"/api/v1/shifts/{shift.pk}/sign-up/").json()
    assert first.post(f"/api/v1/sign-ups/{row['id']}/withdraw/").json()["status"] == SignUpStatus.WITHDRAWN
    assert ask(second, shift) == (201, "accepted")
    assert_sound(shift)
