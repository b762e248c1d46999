"""People who come without a place are let in by the code on their phone: each rule holds but the number of places."""

from datetime import datetime
from functools import partial

import pytest
import time_machine
from django.db import connection

from missions import codes, eligibility
from missions.models import Attendance, CheckIn, SignUp
from missions.states import Reason
from notifications.models import OutboxMessage
from tests.support.attending import HOUR, MINUTE, NOON, SECOND, present, refusal
from tests.support.factories import (
    ConsentFactory,
    GuardianFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
    enrolled_student,
)
from tests.support.races import answering, at_once, meet_after, without_row_locks
from tests.support.world import API

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def shift():
    """Full, of two hours, begun an hour ago."""
    shift = ShiftFactory(starts_at=NOON.replace(second=0) - HOUR, capacity=1, taken_count=1)
    SignUpFactory(shift=shift, accepted=True)
    return shift


@pytest.fixture
def organizer(api, shift):
    return api.as_(OrganizationMembershipFactory(organization=shift.mission.organization).person)


def code_on_the_phone_of(api, person):
    return api.as_(person).get(f"{API}me/walk-in-code/").json()["code"]


def let_in(api, organizer, shift, person, **facts):
    body = {"code": code_on_the_phone_of(api, person), **facts}
    return organizer.post(f"{API}shifts/{shift.pk}/walk-in/", body)


def test_a_walk_in_on_a_full_shift_is_checked_in_at_once_and_takes_no_place(api, shift, organizer):
    person = UserFactory()
    answer = let_in(api, organizer, shift, person)
    assert answer.status_code == 201
    assert (answer.json()["status"], answer.json()["flags"]) == ("checked_in", ["walk_in"])
    assert answer.json()["person_name"] == person.full_name
    shift.refresh_from_db()
    assert (shift.taken_count, SignUp.objects.accepted().filter(shift=shift).count()) == (1, 2)
    assert OutboxMessage.objects.filter(recipient=person, kind="sign_up_accepted").exists()


def test_a_walk_in_takes_no_place_even_where_one_is_left(api, organizer, shift):
    shift.capacity = 5
    shift.save()
    let_in(api, organizer, shift, UserFactory())
    shift.refresh_from_db()
    assert shift.taken_count == 1


def test_letting_in_again_answers_the_first(api, organizer, shift, clock):
    person = UserFactory()
    first = let_in(api, organizer, shift, person).json()
    clock.move_to(NOON + 5 * MINUTE)
    again = let_in(api, organizer, shift, person).json()
    assert (again["id"], again["check_ins"]) == (first["id"], first["check_ins"])
    assert CheckIn.objects.count() == 1


def test_who_holds_a_place_is_just_checked_in(api, organizer, shift):
    held = SignUp.objects.get(shift=shift)
    Attendance.objects.create(sign_up=held)
    answer = let_in(api, organizer, shift, held.person).json()
    assert (answer["status"], answer["flags"]) == ("checked_in", [])


@pytest.mark.parametrize("facts", [{"status": "pending"}, {"status": "waitlisted", "queue_number": 1}])
def test_who_asked_or_waits_for_the_place_is_let_in_beside_the_places(api, organizer, shift, facts):
    row = SignUpFactory(shift=shift, **facts)
    assert let_in(api, organizer, shift, row.person).json()["flags"] == ["walk_in"]
    row.refresh_from_db()
    shift.refresh_from_db()
    assert (row.status, row.is_walk_in, shift.taken_count) == ("accepted", True, 1)


def test_a_place_on_offer_to_them_is_theirs_and_counted_as_before(api, organizer, shift):
    SignUp.objects.filter(shift=shift).update(status="withdrawn", ended_at=NOON)
    row = SignUpFactory(
        shift=shift, status="offered", queue_number=1, offered_at=NOON, offer_expires_at=NOON + MINUTE
    )
    assert let_in(api, organizer, shift, row.person).json()["flags"] == []
    row.refresh_from_db()
    shift.refresh_from_db()
    assert (row.status, row.is_walk_in, shift.taken_count) == ("accepted", False, 1)


def _student(**facts):
    return enrolled_student(**facts).student


def _elsewhere(shift):
    """Somebody with a place at the same time."""
    other = ShiftFactory(starts_at=shift.starts_at, taken_count=1)
    return SignUpFactory(shift=other, accepted=True).person


def _removed(shift):
    return SignUpFactory(shift=shift, status="removed", ended_at=NOON).person


RULES = {
    Reason.TOO_YOUNG: lambda shift: _student(),
    Reason.UNVERIFIED: lambda shift: UserFactory(unverified=True),
    Reason.GUARDIAN_NEEDED: lambda shift: _student(student=UserFactory(aged_15=True)),
    Reason.CONSENT_NEEDED: lambda shift: ConsentFactory(
        guardian=GuardianFactory(student=_student(student=UserFactory(aged_15=True)))
    ).student,
    Reason.COLLIDES: _elsewhere,
    Reason.AUDIENCE: lambda shift: UserFactory(),
    Reason.ALREADY_SIGNED_UP: _removed,
}


@pytest.mark.parametrize("reason", RULES)
def test_every_other_rule_keeps_a_walk_in_out_with_its_reason(api, organizer, shift, reason):
    shift.mission.min_age = 18 if reason == Reason.TOO_YOUNG else 0
    shift.mission.audience = "students" if reason == Reason.AUDIENCE else "both"
    shift.mission.save()
    answer = let_in(api, organizer, shift, RULES[reason](shift))
    assert refusal(answer) == (409, reason)
    assert not Attendance.objects.filter(sign_up__shift=shift).exists()


def test_a_minor_with_consent_is_let_in_and_the_guardian_told(api, organizer, shift):
    guardian = GuardianFactory(student=_student(student=UserFactory(aged_15=True)))
    ConsentFactory(guardian=guardian, granted=True)
    assert let_in(api, organizer, shift, guardian.student).status_code == 201
    assert OutboxMessage.objects.filter(address=guardian.email, kind="guardian_told_of_place").exists()


@pytest.mark.parametrize(("minutes", "status"), [(-91, 409), (-90, 201), (59, 201), (60, 409)])
def test_a_walk_in_comes_from_half_an_hour_before_the_start_until_the_end(api, shift, clock, minutes, status):
    clock.move_to(NOON.replace(second=0) + minutes * MINUTE)
    organizer = api.as_(OrganizationMembershipFactory(organization=shift.mission.organization).person)
    assert let_in(api, organizer, shift, UserFactory()).status_code == status


def test_a_code_ends_after_ten_to_twenty_minutes(api, shift, clock):
    person = UserFactory()
    shown = api.as_(person).get(f"{API}me/walk-in-code/")
    until = datetime.fromisoformat(shown.json()["expires_at"])
    assert 10 * MINUTE <= until - NOON <= 20 * MINUTE
    assert shown["Cache-Control"] == "no-store"
    boss = OrganizationMembershipFactory(organization=shift.mission.organization).person
    for moment, status in ((until, 409), (until - SECOND, 201)):
        clock.move_to(moment)
        answer = api.as_(boss).post(f"{API}shifts/{shift.pk}/walk-in/", {"code": shown.json()["code"]})
        assert answer.status_code == status


def test_no_answer_tells_whether_somebody_has_an_account(api, organizer, shift):
    gone = UserFactory()
    forged = [
        "x",
        codes.links.make_token(codes.WALK_IN_PURPOSE, UserFactory().pk, "0"),
        codes.links.make_token(codes.WALK_IN_PURPOSE, shift.pk, "0"),
        codes.make_walk_in_code(shift.pk, NOON)[0],
        codes.make_walk_in_code(gone.pk, NOON)[0],
    ]
    gone.is_active = False
    gone.save()
    answers = [organizer.post(f"{API}shifts/{shift.pk}/walk-in/", {"code": code}) for code in forged]
    assert {refusal(answer) for answer in answers} == {(409, "code_wrong")}
    assert len({answer.json()["detail"] for answer in answers}) == 1


def test_nobody_lets_themselves_in_and_no_foreign_shift_is_known(api, organizer, shift):
    membership = OrganizationMembershipFactory(organization=shift.mission.organization)
    own = api.as_(membership.person)
    assert refusal(let_in(api, own, shift, membership.person)) == (409, "own_attendance")
    assert let_in(api, organizer, ShiftFactory(running=True), UserFactory()).status_code == 404
    assert let_in(api, api.as_(UserFactory()), shift, UserFactory()).status_code == 403


def test_a_walk_in_stays_and_gives_no_place_back(api):
    shift = ShiftFactory(starts_at=NOON + 20 * MINUTE, capacity=1, taken_count=1)
    organizer = api.as_(OrganizationMembershipFactory(organization=shift.mission.organization).person)
    person = UserFactory()
    let_in(api, organizer, shift, person)
    row = SignUp.objects.get(shift=shift, person=person)
    assert refusal(api.as_(person).post(f"{API}sign-ups/{row.pk}/withdraw/")) == (409, "wrong_state")
    removal = organizer.post(f"{API}sign-ups/{row.pk}/remove/", {"reason": "Non."})
    assert refusal(removal) == (409, "wrong_state")
    shift.refresh_from_db()
    assert shift.taken_count == 1


def test_a_walk_in_checks_out_by_the_code_as_everybody(api, organizer, shift):
    person = UserFactory()
    attendance = Attendance.objects.get(pk=let_in(api, organizer, shift, person).json()["id"])
    assert present(api, attendance, "out").status_code == 200


@pytest.fixture
def calls(api, shift):
    person = UserFactory()
    code = code_on_the_phone_of(api, person)
    members = [OrganizationMembershipFactory(organization=shift.mission.organization).person for _one in range(8)]
    url = f"{API}shifts/{shift.pk}/walk-in/"
    return [partial(answering(api.as_(one)).post, url, {"code": code}) for one in members]


@pytest.mark.django_db(transaction=True)
def test_eight_organisers_scanning_one_phone_at_once_let_the_person_in_once(calls, shift):
    answers = at_once(calls)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (Attendance.objects.count(), CheckIn.objects.count()) == (1, 1)


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_control_without_row_locks_somebody_meets_the_one_live_sign_up(calls, shift, monkeypatch):
    without_row_locks(monkeypatch)
    meet_after(monkeypatch, eligibility, "rule_against", count=4)
    answers = at_once(calls[:4])
    assert sorted(answer.status_code for answer in answers) == [201, 500, 500, 500]
