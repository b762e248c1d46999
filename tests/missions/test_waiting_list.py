"""Who waits, who is next, and what becomes of an offer."""

from datetime import date, time, timedelta

import pytest
import time_machine
from django.utils import timezone

from common import paris
from missions import tasks
from missions.models import Shift, SignUp
from missions.services import waiting_list
from notifications import expansion, quiet_hours
from notifications.models import Delivery, OutboxMessage
from tests.support.factories import (
    OrganizationMembershipFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
    enrolled_student,
)

pytestmark = pytest.mark.django_db


def at(day, clock):
    return paris.instant(day, time.fromisoformat(clock))


MONDAY = date(2026, 11, 23)


@pytest.fixture
def noon():
    """A Monday at noon in Paris, and the clock to move."""
    with time_machine.travel(at(MONDAY, "12:00"), tick=False) as clock:
        yield clock


def ask(client, shift):
    return client.post(f"/api/v1/shifts/{shift.pk}/sign-up/").json()


def withdraw(client, row):
    return client.post(f"/api/v1/sign-ups/{row['id']}/withdraw/").json()


def states(shift):
    return list(SignUp.objects.filter(shift=shift).order_by("pk").values_list("status", flat=True))


def full_shift(api, waiting=2, **facts):
    """A shift of one place, who has it, and who waits: (client, sign-up) each, in order."""
    shift = ShiftFactory(capacity=1, **facts)
    clients = [api.as_(UserFactory()) for _one in range(1 + waiting)]
    return shift, [(client, ask(client, shift)) for client in clients]


def kinds_told(person):
    return list(OutboxMessage.objects.filter(recipient=person).order_by("id").values_list("kind", flat=True))


def test_a_freed_place_goes_to_the_first_in_line_and_a_newcomer_to_the_end(api, noon):
    shift, [(holder, place), (first, waiting), (_second, _row)] = full_shift(api)
    assert states(shift) == ["accepted", "waitlisted", "waitlisted"]
    withdraw(holder, place)
    assert states(shift) == ["withdrawn", "offered", "waitlisted"]
    assert Shift.objects.get(pk=shift.pk).taken_count == 1
    newcomer = api.as_(UserFactory())
    assert newcomer.get(f"/api/v1/shifts/{shift.pk}/eligibility/").json()["reason"] == "waitlist"
    assert ask(newcomer, shift)["status"] == "waitlisted"
    offer = first.get(f"/api/v1/sign-ups/{waiting['id']}/").json()
    assert offer["offer_expires_at"] is not None
    taken = first.post(f"/api/v1/sign-ups/{waiting['id']}/take/").json()
    assert (taken["status"], taken["contact"]) == ("accepted", shift.mission.contact)
    assert Shift.objects.get(pk=shift.pk).taken_count == 1


def test_an_offer_can_be_given_back_and_goes_to_the_next(api, noon):
    shift, [(holder, place), (first, waiting), (_second, _row)] = full_shift(api)
    withdraw(holder, place)
    withdraw(first, waiting)
    assert states(shift) == ["withdrawn", "withdrawn", "offered"]
    assert Shift.objects.get(pk=shift.pk).taken_count == 1


def test_a_place_with_nobody_in_line_is_free_again(api, noon):
    shift, [(holder, place)] = full_shift(api, waiting=0)
    withdraw(holder, place)
    assert Shift.objects.get(pk=shift.pk).taken_count == 0


def test_an_offer_that_nobody_takes_lapses_and_the_place_goes_on(api, noon):
    shift, [(holder, place), (first, waiting), _second] = full_shift(api)
    withdraw(holder, place)
    lapses_at = SignUp.objects.get(pk=waiting["id"]).offer_expires_at
    noon.move_to(lapses_at - timedelta(seconds=1))
    tasks.lapse_offers()
    assert states(shift) == ["withdrawn", "offered", "waitlisted"]
    noon.move_to(lapses_at)
    late = api.as_(SignUp.objects.get(pk=waiting["id"]).person).post(f"/api/v1/sign-ups/{waiting['id']}/take/")
    assert (late.status_code, late.json()["code"]) == (409, "offer_lapsed")
    for _twice in range(2):
        tasks.lapse_offers()
        assert states(shift) == ["withdrawn", "lapsed", "offered"]
    assert Shift.objects.get(pk=shift.pk).taken_count == 1
    assert kinds_told(SignUp.objects.get(pk=waiting["id"]).person) == ["place_offered", "offer_lapsed"]
    del first


def test_who_is_not_eligible_now_is_passed_over_told_why_once_and_keeps_the_number(api, noon):
    shift, [(holder, place), (_first, waiting), (_second, _row)] = full_shift(api)
    busy = SignUp.objects.get(pk=waiting["id"]).person
    elsewhere = SignUpFactory(person=busy, accepted=True, shift=ShiftFactory(starts_at=shift.starts_at))
    withdraw(holder, place)
    assert states(shift) == ["withdrawn", "waitlisted", "offered"]
    assert kinds_told(busy) == ["passed_over"]
    assert SignUp.objects.get(pk=waiting["id"]).machine_reason == "collides"
    Shift.objects.filter(pk=shift.pk).update(capacity=2)
    tasks.offer_freed_places()
    assert kinds_told(busy) == ["passed_over"]
    SignUp.objects.filter(pk=elsewhere.pk).update(status="withdrawn", ended_at=timezone.now())
    tasks.offer_freed_places()
    assert states(shift) == ["withdrawn", "offered", "offered"]
    assert kinds_told(busy) == ["passed_over", "place_offered"]


def test_taking_an_offer_asks_the_rules_again(api, noon):
    shift, [(holder, place), (first, waiting)] = full_shift(api, waiting=1)
    withdraw(holder, place)
    busy = SignUp.objects.get(pk=waiting["id"]).person
    SignUpFactory(person=busy, accepted=True, shift=ShiftFactory(starts_at=shift.starts_at))
    answer = first.post(f"/api/v1/sign-ups/{waiting['id']}/take/")
    assert (answer.status_code, answer.json()["code"]) == (409, "collides")
    assert states(shift) == ["withdrawn", "offered"]


def test_accepting_a_place_gives_overlapping_offers_back_to_the_next_in_line(api, noon):
    shift, [(holder, place), (first, waiting), (_second, _row)] = full_shift(api)
    withdraw(holder, place)
    assert ask(first, ShiftFactory(starts_at=shift.starts_at))["status"] == "accepted"
    assert SignUp.objects.get(pk=waiting["id"]).status == "withdrawn"
    assert states(shift) == ["withdrawn", "withdrawn", "offered"]
    assert Shift.objects.get(pk=shift.pk).taken_count == 1


def test_a_greater_capacity_is_offered(api, noon):
    shift, _people = full_shift(api, waiting=3)
    Shift.objects.filter(pk=shift.pk).update(capacity=3)
    assert len(waiting_list.offer_freed_places(shift)) == 2
    assert states(shift) == ["accepted", "offered", "offered", "waitlisted"]


def test_in_review_mode_the_list_is_the_coordinators(api, noon):
    shift = ShiftFactory(capacity=1, taken_count=1, mission__reviewed_sign_ups=True)
    organizer = api.as_(OrganizationMembershipFactory(organization=shift.mission.organization).person)
    rows = [ask(api.as_(UserFactory()), shift) for _one in range(3)]
    assert {row["status"] for row in rows} == {"waitlisted"}
    Shift.objects.filter(pk=shift.pk).update(taken_count=0)
    tasks.offer_freed_places()
    assert states(shift) == ["waitlisted"] * 3
    assert organizer.post(f"/api/v1/sign-ups/{rows[1]['id']}/accept/").json()["status"] == "accepted"
    full = organizer.post(f"/api/v1/sign-ups/{rows[0]['id']}/accept/")
    assert (full.status_code, full.json()["code"]) == (409, "full")


def test_in_instant_mode_a_coordinator_does_not_reorder_the_list(api, noon):
    shift, [_holder, (_first, waiting)] = full_shift(api, waiting=1)
    organizer = api.as_(OrganizationMembershipFactory(organization=shift.mission.organization).person)
    answer = organizer.post(f"/api/v1/sign-ups/{waiting['id']}/accept/")
    assert (answer.status_code, answer.json()["code"]) == (409, "list_offers_by_itself")


def test_a_removed_place_goes_on_and_its_person_does_not_come_back(api, noon):
    student = enrolled_student().student
    shift = ShiftFactory(capacity=1)
    place = ask(api.as_(student), shift)
    ask(api.as_(UserFactory()), shift)
    organizer = api.as_(OrganizationMembershipFactory(organization=shift.mission.organization).person)
    path = f"/api/v1/sign-ups/{place['id']}/remove/"
    assert organizer.post(path, {"reason": " "}).json()["code"] == "reason_needed"
    removed = organizer.post(path, {"reason": "Le groupe est complet."}).json()
    assert (removed["status"], removed["reason"]) == ("removed", "Le groupe est complet.")
    assert states(shift) == ["removed", "offered"]
    again = api.as_(student).post(f"/api/v1/shifts/{shift.pk}/sign-up/")
    assert (again.status_code, again.json()["code"]) == (409, "already_signed_up")
    told = OutboxMessage.objects.get(kind="sign_up_removed").body
    assert "Le groupe est complet." not in told
    assert "Lisez le motif dans l’application." in told


def test_nothing_is_removed_or_withdrawn_once_the_shift_runs(api):
    shift = ShiftFactory(running=True)
    person = UserFactory()
    place = ask(api.as_(person), shift)
    organizer = api.as_(OrganizationMembershipFactory(organization=shift.mission.organization).person)
    removed = organizer.post(f"/api/v1/sign-ups/{place['id']}/remove/", {"reason": "Non."})
    assert (removed.status_code, removed.json()["code"]) == (409, "started")


# --- How long an offer lives --------------------------------------------------------------------------------------
DAY = MONDAY + timedelta(days=10)


@pytest.mark.parametrize(("offered", "start", "end"), [
    # 24 waking hours: 9 today, 14 tomorrow, 1 the day after.
    ((MONDAY, "12:00"), (DAY, "14:00"), (MONDAY + timedelta(days=2), "08:00")),
    # From a night: the clock starts in the morning.
    ((MONDAY, "23:00"), (DAY, "14:00"), (MONDAY + timedelta(days=2), "17:00")),
    ((MONDAY, "21:00"), (DAY, "14:00"), (MONDAY + timedelta(days=2), "17:00")),
    ((MONDAY, "06:59"), (DAY, "14:00"), (MONDAY + timedelta(days=1), "17:00")),
    # Within 24 h of the start, 2 h; across the evening they end in the morning.
    ((MONDAY, "12:00"), (MONDAY, "18:00"), (MONDAY, "14:00")),
    ((MONDAY, "12:00"), (MONDAY + timedelta(days=1), "12:00"), (MONDAY, "14:00")),
    ((MONDAY, "20:00"), (MONDAY + timedelta(days=1), "14:00"), (MONDAY + timedelta(days=1), "08:00")),
    # At the latest 30 min before the start.
    ((MONDAY, "12:00"), (MONDAY, "13:00"), (MONDAY, "12:30")),
    ((MONDAY, "20:00"), (MONDAY + timedelta(days=1), "08:00"), (MONDAY + timedelta(days=1), "07:30")),
    # The shift starts before the night is over: the clock runs.
    ((MONDAY, "22:00"), (MONDAY + timedelta(days=1), "06:00"), (MONDAY + timedelta(days=1), "00:00")),
    ((MONDAY, "20:00"), (MONDAY + timedelta(days=1), "06:00"), (MONDAY, "22:00")),
    # The night in which winter time begins is an hour longer and no part of it counts.
    ((date(2026, 10, 24), "20:00"), (date(2026, 11, 5), "14:00"), (date(2026, 10, 26), "16:00")),
])  # fmt: skip
def test_an_offer_lives_24_waking_hours_or_2_and_ends_30_min_before_the_start(nights, offered, start, end):
    shift = ShiftFactory.build(starts_at=at(*start))
    assert waiting_list.end_of_offer(shift, at(*offered), quiet_hours.of_deployment()) == at(*end)


@pytest.mark.parametrize(("starts", "passes"), [("06:30", True), ("07:30", True), ("07:31", False), ("14:00", False)])
def test_an_offer_passes_the_night_when_it_would_be_over_in_the_morning(api, nights, starts, passes):
    with time_machine.travel(at(MONDAY, "22:00"), tick=False):
        _shift, [(holder, place), _waiting] = full_shift(
            api, waiting=1, starts_at=at(MONDAY + timedelta(days=1), starts)
        )
        withdraw(holder, place)
        expansion.expand_due()
        offered = Delivery.objects.get(message__kind="place_offered")
        assert offered.due_at == at(MONDAY, "22:00") if passes else at(MONDAY + timedelta(days=1), "07:00")


def test_from_30_min_before_the_start_nothing_is_offered_and_a_full_shift_is_full(api, noon):
    shift, [(holder, place), _waiting] = full_shift(api, waiting=1, starts_at=at(MONDAY, "12:31"))
    noon.move_to(at(MONDAY, "12:01"))
    withdraw(holder, place)
    assert states(shift) == ["withdrawn", "waitlisted"]
    newcomer = api.as_(UserFactory())
    assert newcomer.get(f"/api/v1/shifts/{shift.pk}/eligibility/").json()["reason"] == "full"
    noon.move_to(shift.starts_at)
    tasks.expire_sign_ups()
    assert states(shift) == ["withdrawn", "expired"]
    assert ask(api.as_(UserFactory()), shift)["status"] == "accepted"


@pytest.mark.parametrize(("days", "starts", "end"), [
    (1, "16:00", "15:30"),
    (2, "08:30", "08:00"),  # when it was to end
    (2, "09:00", "08:00"),  # still 24 waking hours from when it was made
])  # fmt: skip
def test_a_shift_that_moves_takes_its_offers_along_and_says_until_when(api, nights, noon, days, starts, end):
    later = MONDAY + timedelta(days=9)
    shift, [(holder, place), (_first, waiting)] = full_shift(api, waiting=1, starts_at=at(later, "14:00"))
    withdraw(holder, place)
    assert SignUp.objects.get(pk=waiting["id"]).offer_expires_at == at(MONDAY + timedelta(days=2), "08:00")
    organizer = api.as_(OrganizationMembershipFactory(organization=shift.mission.organization).person)
    day = MONDAY + timedelta(days=days)
    moved = {"starts_at": at(day, starts).isoformat(), "ends_at": at(day, "18:00").isoformat()}
    assert organizer.patch(f"/api/v1/shifts/{shift.pk}/", moved, HTTP_IF_MATCH="*").status_code == 200
    row = SignUp.objects.get(pk=waiting["id"])
    assert (row.status, row.offer_expires_at) == ("offered", at(day, end))
    told = OutboxMessage.objects.get(kind="shift_changed", recipient=row.person)
    hour, _colon, minute = end.partition(":")
    clock = f"{int(hour)}\u00a0h" + (f"\u00a0{minute}" if minute != "00" else "")
    assert f"avant le {day.day} novembre 2026 à {clock}" in told.body
    noon.move_to(at(day, end))
    late = api.as_(row.person).post(f"/api/v1/sign-ups/{waiting['id']}/take/")
    assert (late.status_code, late.json()["code"]) == (409, "offer_lapsed")


def test_an_offer_lapses_at_once_when_its_shift_moves_into_the_next_half_hour(api, noon):
    shift, [(holder, place), (_first, waiting)] = full_shift(api, waiting=1, starts_at=at(MONDAY, "20:00"))
    withdraw(holder, place)
    organizer = api.as_(OrganizationMembershipFactory(organization=shift.mission.organization).person)
    moved = {"starts_at": at(MONDAY, "12:29").isoformat(), "ends_at": at(MONDAY, "19:00").isoformat()}
    moved["accept_losses"] = True
    assert organizer.patch(f"/api/v1/shifts/{shift.pk}/", moved, HTTP_IF_MATCH="*").json()["places_left"] == 1
    row = SignUp.objects.get(pk=waiting["id"])
    assert (row.status, kinds_told(row.person)) == ("lapsed", ["place_offered", "offer_lapsed"])


def test_an_offer_stands_when_its_mission_takes_nobody_else_in(api, noon):
    shift, [(holder, place), (first, waiting), (_second, behind)] = full_shift(api, waiting=2)
    withdraw(holder, place)
    organizer = api.as_(OrganizationMembershipFactory(organization=shift.mission.organization).person)
    assert organizer.post(f"/api/v1/missions/{shift.mission_id}/close/").json()["status"] == "closed"
    assert first.post(f"/api/v1/sign-ups/{waiting['id']}/take/").json()["status"] == "accepted"
    assert SignUp.objects.get(pk=behind["id"]).status == "waitlisted"


# --- Jobs ---------------------------------------------------------------------------------------------------------
def test_an_undecided_sign_up_reminds_the_organisers_at_7_days_and_expires_at_14(api, noon):
    shift = ShiftFactory(mission__reviewed_sign_ups=True, starts_at=at(MONDAY + timedelta(days=40), "14:00"))
    organizer = OrganizationMembershipFactory(organization=shift.mission.organization).person
    person = UserFactory()
    ask(api.as_(person), shift)
    for days, kinds in ((6, ["sign_up_received"]), (7, ["sign_up_received", "sign_up_undecided"])):
        noon.move_to(at(MONDAY + timedelta(days=days), "12:00"))
        for _twice in range(2):
            tasks.remind_of_sign_ups()
            assert kinds_told(organizer) == kinds
    for days, state in ((13, "pending"), (14, "expired")):
        noon.move_to(at(MONDAY + timedelta(days=days), "12:00"))
        tasks.expire_sign_ups()
        assert states(shift) == [state]
    assert kinds_told(person) == ["sign_up_expired"]


def test_at_the_start_whatever_waits_expires_and_who_asks_later_may_wait_until_the_end(api, noon):
    shift = ShiftFactory(capacity=2, mission__reviewed_sign_ups=True, starts_at=at(MONDAY, "14:00"))
    ask(api.as_(UserFactory()), shift)
    SignUpFactory(shift=shift, waitlisted=True)
    noon.move_to(at(MONDAY, "13:59"))
    tasks.expire_sign_ups()
    assert states(shift) == ["pending", "waitlisted"]
    noon.move_to(at(MONDAY, "14:00"))
    tasks.expire_sign_ups()
    assert states(shift) == ["expired", "expired"]
    assert ask(api.as_(UserFactory()), shift)["status"] == "pending"
    tasks.expire_sign_ups()
    assert states(shift)[-1] == "pending"
    noon.move_to(shift.ends_at)
    tasks.expire_sign_ups()
    assert states(shift) == ["expired"] * 3


@pytest.mark.parametrize(("start", "kinds"), [
    ((DAY, "14:00"), ["place_offered", "offer_lapses_soon"]),
    ((MONDAY, "18:00"), ["place_offered"]),  # it lives two hours: it is its own reminder
])  # fmt: skip
def test_an_offer_that_lives_long_reminds_two_hours_before_its_end(api, noon, start, kinds):
    _shift, [(holder, place), (_first, waiting)] = full_shift(api, waiting=1, starts_at=at(*start))
    withdraw(holder, place)
    row = SignUp.objects.get(pk=waiting["id"])
    noon.move_to(row.offer_expires_at - timedelta(hours=2, seconds=1))
    tasks.remind_of_sign_ups()
    assert kinds_told(row.person) == ["place_offered"]
    noon.move_to(row.offer_expires_at - timedelta(hours=2))
    for _twice in range(2):
        tasks.remind_of_sign_ups()
    assert kinds_told(row.person) == kinds
