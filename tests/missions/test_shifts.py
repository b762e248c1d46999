"""Shifts: week by week over the change of clocks, copied, moved, made larger, cancelled."""

from datetime import date, datetime, time, timedelta

import pytest
import time_machine

from common import paris
from missions.models import Attendance, Shift, SignUp
from missions.services import shifts
from missions.services.shifts import weekly_times
from notifications.models import OutboxMessage
from tests.support.attending import HOUR, NOON
from tests.support.factories import (
    AttendanceFactory,
    CheckInFactory,
    ConsentFactory,
    EnrolmentFactory,
    GuardianFactory,
    MissionFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
    afternoon,
)

pytestmark = pytest.mark.django_db
URL = "/api/v1/shifts/"


@pytest.fixture
def mission():
    return MissionFactory()


@pytest.fixture
def coordinator(mission):
    return OrganizationMembershipFactory(organization=mission.organization).person


@pytest.fixture
def client(api, coordinator):
    return api.as_(coordinator)


def at(day, clock):
    return paris.instant(day, time.fromisoformat(clock))


def clocks(times):
    """Paris wall times of each pair, with its elapsed minutes."""
    return [
        (f"{start.astimezone(paris.PARIS):%d/%m %H:%M}", f"{end.astimezone(paris.PARIS):%H:%M}", minutes)
        for start, end in times
        for minutes in [paris.elapsed_minutes(start, end)]
    ]


def told(kind):
    return {message.recipient or message.address for message in OutboxMessage.objects.filter(kind=kind)}


def student(**facts):
    return EnrolmentFactory(student=UserFactory(aged_17=True, **facts)).student


# --- Weeks -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("first", [date(2026, 3, 21), date(2026, 10, 17)])
def test_each_week_has_the_same_wall_clock_across_the_change_of_time(first):
    times = weekly_times(at(first, "14:00"), at(first, "16:30"), first + timedelta(weeks=2))
    assert [row[1:] for row in clocks(times)] == [("16:30", 150)] * 3
    assert {row[0][-5:] for row in clocks(times)} == {"14:00"}


def test_a_night_over_the_change_lasts_what_it_lasts():
    spring = weekly_times(at(date(2026, 3, 21), "23:00"), at(date(2026, 3, 22), "05:00"), date(2026, 3, 28))
    autumn = weekly_times(at(date(2026, 10, 17), "23:00"), at(date(2026, 10, 18), "05:00"), date(2026, 10, 24))
    assert clocks(spring) == [("21/03 23:00", "05:00", 360), ("28/03 23:00", "05:00", 300)]
    assert clocks(autumn) == [("17/10 23:00", "05:00", 360), ("24/10 23:00", "05:00", 420)]


def test_a_time_that_the_clock_skips_is_an_hour_later_and_never_ends_before_it_starts():
    sunday = date(2026, 3, 22)
    assert clocks(weekly_times(at(sunday, "02:30"), at(sunday, "04:30"), date(2026, 3, 29))) == [
        ("22/03 02:30", "04:30", 120),
        ("29/03 03:30", "04:30", 60),
    ]
    assert clocks(weekly_times(at(sunday, "02:30"), at(sunday, "03:15"), date(2026, 3, 29))) == [
        ("22/03 02:30", "03:15", 45),
        ("29/03 03:30", "04:15", 45),
    ]


def test_a_series_is_made_whole_and_answers_with_its_repeats(client, mission):
    start = afternoon(7)
    until = paris.day_of(start) + timedelta(weeks=3, days=6)
    body = {
        "mission": str(mission.pk),
        "starts_at": start.isoformat(),
        "ends_at": (start + timedelta(hours=2)).isoformat(),
        "capacity": 5,
        "minimum": 2,
        "weekly_until": str(until),
    }
    made = client.post(URL, body)
    assert made.status_code == 201
    assert len(made.json()["repeats"]) == 3
    rows = Shift.objects.order_by("starts_at")
    assert [(row.capacity, row.minimum) for row in rows] == [(5, 2)] * 4
    hours = {row.starts_at.astimezone(paris.PARIS).time() for row in rows}
    assert len(hours) == 1


def test_a_series_with_one_impossible_shift_makes_none(client, mission):
    """Twelve hours by the clock are thirteen in the night on which winter comes."""
    with time_machine.travel(datetime(2026, 10, 1, 12, tzinfo=paris.PARIS)):
        coordinator = OrganizationMembershipFactory(organization=mission.organization).person
        with pytest.raises(shifts.ShiftImpossible):
            shifts.add_shifts(
                mission,
                starts_at=at(date(2026, 10, 17), "18:00"),
                ends_at=at(date(2026, 10, 18), "06:00"),
                capacity=5,
                weekly_until=date(2026, 10, 31),
                actor=coordinator,
            )
    assert not Shift.objects.exists()


def test_a_series_has_an_end_within_a_year_and_not_before_its_start(client, mission):
    start = afternoon(7)
    body = {
        "mission": str(mission.pk),
        "starts_at": start.isoformat(),
        "ends_at": (start + timedelta(hours=2)).isoformat(),
        "capacity": 5,
    }
    first = paris.day_of(start)
    for until in (first + timedelta(weeks=53), date(9999, 12, 31), first - timedelta(days=1), date(1, 1, 1)):
        answer = client.post(URL, {**body, "weekly_until": str(until) if until.year > 1 else "0001-01-01"})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/weekly_until")
    assert len(client.post(URL, {**body, "weekly_until": str(first + timedelta(weeks=52))}).json()["repeats"]) == 52


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"capacity": 0}, "/capacity"),
        ({"capacity": 501}, "/capacity"),
        ({"minimum": 0}, "/minimum"),
        ({"minimum": 6}, "/minimum"),
        ({"hours": 12 + 1 / 3600}, "/ends_at"),
        ({"hours": 0}, "/ends_at"),
        ({"days": -3}, "/starts_at"),
        ({"days": 800}, "/starts_at"),
    ],
)
def test_an_impossible_shift_says_what_is_wrong(client, mission, wrong, pointer):
    start = afternoon(wrong.get("days", 7))
    end = start + timedelta(hours=wrong.get("hours", 2))
    body = {"mission": str(mission.pk), "starts_at": start.isoformat(), "ends_at": end.isoformat(), "capacity": 5}
    answer = client.post(URL, {**body, **{name: wrong[name] for name in wrong.keys() & {"capacity", "minimum"}}})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


def test_a_shift_of_twelve_hours_for_500_people_is_possible(client, mission):
    times = {"starts_at": afternoon(7, 5).isoformat(), "ends_at": afternoon(7, 17).isoformat()}
    answer = client.post(URL, {"mission": str(mission.pk), **times, "capacity": 500, "minimum": 500})
    assert (answer.status_code, answer.json()["capacity"]) == (201, 500)


def test_a_copy_is_as_long_and_as_large_at_another_time(client, mission):
    shift = ShiftFactory(mission=mission, capacity=7, minimum=3, taken_count=1)
    later = afternoon(30)
    made = client.post(f"{URL}{shift.pk}/copy/", {"starts_at": later.isoformat()})
    row = Shift.objects.get(pk=made.json()["id"])
    assert (row.starts_at, row.ends_at - row.starts_at) == (later, shift.ends_at - shift.starts_at)
    assert (row.capacity, row.minimum, row.taken_count, made.json()["repeats"]) == (7, 3, 0, [])
    weekly = {"starts_at": later.isoformat(), "weekly_until": str(paris.day_of(later) + timedelta(weeks=1))}
    assert len(client.post(f"{URL}{shift.pk}/copy/", weekly).json()["repeats"]) == 1


# --- Edits -----------------------------------------------------------------------------------------------------
def test_an_edit_needs_the_version_that_was_read(client, mission):
    shift = ShiftFactory(mission=mission)
    path = f"{URL}{shift.pk}/"
    tag = client.get(path)["ETag"]
    assert client.patch(path, {"capacity": 12}).status_code == 428
    assert client.patch(path, {"capacity": 12}, HTTP_IF_MATCH=tag).json()["capacity"] == 12
    assert client.patch(path, {"capacity": 13}, HTTP_IF_MATCH=tag).status_code == 412


def test_the_capacity_never_falls_under_what_is_taken(client, mission):
    shift = ShiftFactory(mission=mission, capacity=3, taken_count=2, minimum=2)
    path = f"{URL}{shift.pk}/"
    refused = client.patch(path, {"capacity": 1, "minimum": None}, HTTP_IF_MATCH="*")
    assert (refused.status_code, refused.json()["code"]) == (409, "capacity_under_taken")
    assert client.patch(path, {"capacity": 1}, HTTP_IF_MATCH="*").json()["errors"][0]["pointer"] == "/minimum"
    assert client.patch(path, {"capacity": 2}, HTTP_IF_MATCH="*").json()["places_left"] == 0
    assert not OutboxMessage.objects.exists()


def test_a_greater_capacity_is_offered_to_who_waits(client, mission):
    shift = ShiftFactory(mission=mission, capacity=1, taken_count=1)
    first, second = (SignUpFactory(shift=shift, waitlisted=True) for _one in range(2))
    client.patch(f"{URL}{shift.pk}/", {"capacity": 2}, HTTP_IF_MATCH="*")
    assert dict(SignUp.objects.values_list("pk", "status")) == {first.pk: "offered", second.pk: "waitlisted"}
    assert client.get(f"{URL}{shift.pk}/").json()["places_left"] == 0


def moved(shift, **by):
    """Whatever it costs anybody: tests/missions/test_losses.py is about being asked first."""
    start = shift.starts_at + timedelta(**by)
    times = {"starts_at": start.isoformat(), "ends_at": (start + (shift.ends_at - shift.starts_at)).isoformat()}
    return {**times, "accept_losses": True}


def test_a_new_time_removes_who_no_longer_fits_and_tells_everybody(client, mission):
    shift = ShiftFactory(mission=mission, taken_count=3)
    minor, busy, adult = student(), UserFactory(), UserFactory()
    guardian = GuardianFactory(student=minor)
    for person in (minor, busy, adult):
        AttendanceFactory(sign_up__shift=shift, sign_up__person=person)
    other = ShiftFactory(starts_at=shift.starts_at + timedelta(hours=8), taken_count=1)
    AttendanceFactory(sign_up__shift=other, sign_up__person=busy)
    answer = client.patch(f"{URL}{shift.pk}/", moved(shift, hours=8), HTTP_IF_MATCH="*")
    assert (answer.status_code, answer.json()["places_left"]) == (200, 9)
    left = SignUp.objects.filter(shift=shift, status="removed")
    assert dict(left.values_list("person", "machine_reason")) == {minor.pk: "night", busy.pk: "collides"}
    assert told("sign_up_removed") == {minor, busy}
    assert told("guardian_told_of_loss") == {guardian.email}
    assert told("shift_changed") == {adult}
    assert set(Attendance.objects.filter(sign_up__in=left).values_list("status", flat=True)) == {"voided"}


def test_guardians_of_minors_who_stay_read_what_when_and_where(client, mission):
    shift = ShiftFactory(mission=mission, taken_count=1)
    minor = student(last_name="Zéphyrin")
    guardian = GuardianFactory(student=minor)
    AttendanceFactory(sign_up__shift=shift, sign_up__person=minor)
    client.patch(f"{URL}{shift.pk}/", moved(shift, days=1), HTTP_IF_MATCH="*")
    letter = OutboxMessage.objects.get(address=guardian.email)
    assert mission.title in letter.body
    assert "Saint-Denis" in letter.body
    assert "Zéphyrin" not in letter.body + letter.title


def test_a_freed_place_goes_to_who_waits_in_the_same_edit(client, mission):
    shift = ShiftFactory(mission=mission, capacity=1, taken_count=1)
    minor = student()
    GuardianFactory(student=minor)
    AttendanceFactory(sign_up__shift=shift, sign_up__person=minor)
    waiting = SignUpFactory(shift=shift, waitlisted=True)
    client.patch(f"{URL}{shift.pk}/", moved(shift, hours=8), HTTP_IF_MATCH="*")
    waiting.refresh_from_db()
    shift.refresh_from_db()
    assert (waiting.status, shift.taken_count) == ("offered", 1)


def test_who_asked_and_no_longer_fits_is_declined_with_the_reason(client):
    mission = MissionFactory(reviewed_sign_ups=True)
    coordinator = OrganizationMembershipFactory(organization=mission.organization).person
    shift = ShiftFactory(mission=mission, starts_at=afternoon(7, 7))
    asking = SignUpFactory(shift=shift, person=student())
    longer = {"ends_at": shift.starts_at + timedelta(hours=9)}
    shifts.edit_shift(shift, longer, expected=None, accept_losses=True, actor=coordinator)
    asking.refresh_from_db()
    assert (asking.status, asking.machine_reason) == ("declined", "daily_limit")


def test_what_has_begun_can_be_longer_and_not_begin_again(client, mission):
    shift = ShiftFactory(mission=mission, running=True, taken_count=1)
    came = AttendanceFactory(sign_up__shift=shift, status="checked_in").sign_up
    path = f"{URL}{shift.pk}/"
    longer = (shift.ends_at + timedelta(minutes=30)).isoformat()
    assert client.patch(path, {"ends_at": longer}, HTTP_IF_MATCH="*").status_code == 200
    for by in ({"hours": -1}, {"days": 2}):
        answer = client.patch(path, moved(shift, **by), HTTP_IF_MATCH="*")
        assert (answer.status_code, answer.json()["code"]) == (409, "started")
    came.refresh_from_db()
    assert came.status == "accepted"
    over = ShiftFactory(mission=mission, starts_at=afternoon(-2))
    answer = client.patch(f"{URL}{over.pk}/", {"capacity": 12}, HTTP_IF_MATCH="*")
    assert (answer.status_code, answer.json()["code"]) == (409, "ended")


@pytest.mark.parametrize(
    ("starts", "by", "is_urgent"),
    [
        ({"hours": 20}, {"hours": 2}, True),
        ({"hours": 20}, {"days": 3}, True),
        ({"days": 3}, {"days": -2, "hours": -2}, True),
        ({"days": 3}, {"days": 1}, False),
    ],
)
def test_nobody_sleeps_through_a_change_of_what_starts_within_a_day(noon, client, mission, starts, by, is_urgent):
    shift = ShiftFactory(mission=mission, starts_at=NOON + timedelta(**starts), taken_count=2)
    stays, busy = UserFactory(), UserFactory()
    for person in (stays, busy):
        AttendanceFactory(sign_up__shift=shift, sign_up__person=person)
    other = ShiftFactory(starts_at=shift.starts_at + timedelta(**by), taken_count=1)
    AttendanceFactory(sign_up__shift=other, sign_up__person=busy)
    assert client.patch(f"{URL}{shift.pk}/", moved(shift, **by), HTTP_IF_MATCH="*").status_code == 200
    letters = OutboxMessage.objects.filter(kind__in=["shift_changed", "sign_up_removed"])
    assert dict(letters.values_list("kind", "is_urgent")) == {"shift_changed": is_urgent, "sign_up_removed": is_urgent}


@pytest.fixture
def noon():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def there(shift, person=None, at=NOON):
    """Somebody who has checked in."""
    facts = {"sign_up__person": person} if person else {}
    attendance = AttendanceFactory(sign_up__shift=shift, status="checked_in", **facts)
    CheckInFactory(attendance=attendance, occurred_at=at)
    return attendance


@pytest.mark.parametrize(("hours", "code"), [(10.5, "night"), (8.5, "daily_limit")])
def test_a_minor_who_is_there_is_not_kept_into_the_night_nor_over_eight_hours(noon, client, mission, hours, code):
    shift = ShiftFactory(mission=mission, starts_at=NOON - HOUR, taken_count=1)
    attendance, path = there(shift, student()), f"{URL}{shift.pk}/"
    longer = {"ends_at": (shift.starts_at + timedelta(hours=hours)).isoformat()}
    answer = client.patch(path, longer, HTTP_IF_MATCH="*")
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert client.get(path).json()["ends_at"] == f"{shift.ends_at:%Y-%m-%dT%H:%M:%SZ}"
    assert client.post(f"/api/v1/attendances/{attendance.pk}/check-out/").status_code == 200
    assert client.patch(path, longer, HTTP_IF_MATCH="*").status_code == 200


def test_who_is_there_is_not_kept_over_their_next_place(noon, client, mission):
    shift = ShiftFactory(mission=mission, starts_at=NOON - HOUR, taken_count=1)
    person, path = there(shift).sign_up.person, f"{URL}{shift.pk}/"
    AttendanceFactory(sign_up__shift__starts_at=NOON + 2 * HOUR, sign_up__person=person)
    until_the_next, into_it = ({"ends_at": (NOON + hours * HOUR).isoformat()} for hours in (2, 3))
    answer = client.patch(path, into_it, HTTP_IF_MATCH="*")
    assert (answer.status_code, answer.json()["code"]) == (409, "collides")
    assert client.patch(path, until_the_next, HTTP_IF_MATCH="*").status_code == 200


def test_a_shift_that_somebody_should_not_be_on_can_still_be_made_shorter(noon, client, mission):
    shift = ShiftFactory(mission=mission, starts_at=NOON - HOUR, ends_at=NOON + 11 * HOUR, taken_count=1)
    there(shift, student())
    shorter = {"ends_at": (NOON + 10 * HOUR).isoformat()}
    assert client.patch(f"{URL}{shift.pk}/", shorter, HTTP_IF_MATCH="*").status_code == 200


@pytest.mark.parametrize(
    ("by", "status"), [({"minutes": 30}, 200), ({"minutes": 41}, 409), ({"days": 1}, 409), ({"minutes": -10}, 200)]
)
def test_nobody_is_there_days_before_they_come(noon, client, mission, by, status):
    shift = ShiftFactory(mission=mission, starts_at=NOON + timedelta(minutes=20), taken_count=1)
    there(shift)
    answer = client.patch(f"{URL}{shift.pk}/", moved(shift, **by), HTTP_IF_MATCH="*")
    assert (answer.status_code, answer.json().get("code")) == (status, "somebody_came" if status == 409 else None)


# --- Cancellation ----------------------------------------------------------------------------------------------
def test_a_cancelled_shift_frees_everybody_and_says_why(api, client, mission):
    shift = ShiftFactory(mission=mission, taken_count=1)
    minor = student()
    guardian = GuardianFactory(student=minor)
    place = AttendanceFactory(sign_up__shift=shift, sign_up__person=minor).sign_up
    waiting = SignUpFactory(shift=shift, waitlisted=True)
    path = f"{URL}{shift.pk}/cancel/"
    assert client.post(path, {"reason": ""}).status_code == 400
    done = client.post(path, {"reason": "Salle fermée."}).json()
    assert (done["status"], done["cancel_reason"]) == ("cancelled", "Salle fermée.")
    assert set(SignUp.objects.values_list("status", flat=True)) == {"cancelled"}
    assert (told("sign_up_cancelled"), told("guardian_told_of_loss")) == ({minor, waiting.person}, {guardian.email})
    assert api.get(f"/api/v1/missions/{mission.pk}/").json()["next_shifts"] == []
    refused = api.as_(UserFactory()).post(f"{URL}{shift.pk}/sign-up/")
    assert (refused.status_code, refused.json()["code"]) == (409, "cancelled")
    assert client.post(path, {"reason": "Encore."}).status_code == 409
    assert client.patch(f"{URL}{shift.pk}/", {"capacity": 12}, HTTP_IF_MATCH="*").status_code == 409
    assert api.as_(place.person).get("/api/v1/sign-ups/").json()["results"][0]["status"] == "cancelled"


def test_who_has_come_keeps_their_place_when_the_rest_is_cancelled(client, mission):
    shift = ShiftFactory(mission=mission, running=True, taken_count=2)
    came = AttendanceFactory(sign_up__shift=shift, status="checked_in")
    missing = AttendanceFactory(sign_up__shift=shift)
    client.post(f"{URL}{shift.pk}/cancel/", {"reason": "Orage."})
    assert SignUp.objects.get(pk=came.sign_up_id).status == "accepted"
    assert SignUp.objects.get(pk=missing.sign_up_id).status == "cancelled"
    confirmed = client.post(f"/api/v1/attendances/{came.pk}/confirm/", {"minutes": 60})
    assert confirmed.status_code == 200


def test_a_stranger_moves_and_cancels_nothing(api):
    shift = ShiftFactory()
    stranger = api.as_(OrganizationMembershipFactory().person)
    assert stranger.patch(f"{URL}{shift.pk}/", {"capacity": 1}, HTTP_IF_MATCH="*").status_code == 404
    assert stranger.post(f"{URL}{shift.pk}/cancel/", {"reason": "Non."}).status_code == 404
    assert stranger.post(f"{URL}{shift.pk}/copy/", {"starts_at": afternoon(9).isoformat()}).status_code == 404


# --- Consent for this one mission ------------------------------------------------------------------------------
@pytest.mark.parametrize(("by", "stays"), [({"hours": 2}, True), ({"days": 1}, False)])
def test_a_consent_for_this_mission_lapses_when_it_moves_far_and_the_place_is_given_back(client, mission, by, stays):
    shift = ShiftFactory(mission=mission, taken_count=1)
    child = EnrolmentFactory(student=UserFactory(aged_15=True)).student
    agreed = {
        "shifts": {str(shift.pk): [shift.starts_at.isoformat(), shift.ends_at.isoformat()]},
        "place": [mission.latitude, mission.longitude],
    }
    ConsentFactory(guardian=GuardianFactory(student=child), granted=True, mission=mission, agreed_to=agreed)
    place = AttendanceFactory(sign_up__shift=shift, sign_up__person=child).sign_up
    client.patch(f"{URL}{shift.pk}/", moved(shift, **by), HTTP_IF_MATCH="*")
    place.refresh_from_db()
    assert (place.status == "accepted") is stays
