"""Days, nights, ages and minutes as Paris lives them, across both changes of time."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import paris
from engagement.models import HourEntry, RecordEvent
from engagement.services.entry_facts import MinutesImpossible, claimed_minutes
from tests.support.factories import HourEntryFactory, RecordFactory, UserFactory

SUMMER_COMES, WINTER_COMES = date(2026, 3, 29), date(2026, 10, 25)
CHANGES = [(SUMMER_COMES, 60), (WINTER_COMES, 180)]
days = st.dates(date(1990, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize(("day", "minutes"), CHANGES)
def test_from_0130_to_0330_the_clock_change_is_counted_as_elapsed_time(day, minutes):
    start, end = paris.instant(day, time(1, 30)), paris.instant(day, time(3, 30))
    assert paris.minutes_on(day, start, end) == minutes
    assert claimed_minutes(start, end, 0) == minutes


@pytest.mark.parametrize(("day", "minutes"), CHANGES)
def test_minutes_are_elapsed_even_between_two_times_that_carry_the_paris_zone(day, minutes):
    start = datetime.combine(day, time(1, 30), tzinfo=paris.PARIS)
    end = datetime.combine(day, time(3, 30), tzinfo=paris.PARIS)
    assert paris.minutes_on(day, start, end) == minutes
    assert claimed_minutes(start, end, 0) == minutes


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("started_at", "ended_at", "minutes"),
    [
        ("2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00", 60),
        ("2026-10-25T01:30:00+02:00", "2026-10-25T03:30:00+01:00", 180),
        ("2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", 60),
    ],
)
def test_the_ledger_claims_the_minutes_that_passed_whatever_the_clock_showed(api, started_at, ended_at, minutes):
    person = UserFactory()
    entry = HourEntryFactory(record=RecordFactory(person=person))
    url = f"/api/v1/hour-entries/{entry.pk}/"
    client = api.as_(person)
    answer = client.patch(url, {"started_at": started_at, "ended_at": ended_at}, HTTP_IF_MATCH='"1"')
    assert answer.status_code == 200, answer.json()
    assert answer.json()["claimed_minutes"] == minutes
    assert HourEntry.objects.get().claimed_minutes == minutes
    assert RecordEvent.objects.get().facts["claimed_minutes"] == minutes


@pytest.mark.parametrize(
    ("seconds", "break_minutes", "minutes"),
    [(15 * 60, 0, 15), (16 * 60 - 1, 0, 15), (80 * 60 + 59, 20, 60), (720 * 60 + 59, 0, 720), (750 * 60, 30, 720)],
)
def test_minutes_are_rounded_down_once_after_the_break(seconds, break_minutes, minutes):
    start = datetime(2026, 11, 1, 9, tzinfo=UTC)
    assert claimed_minutes(start, start + timedelta(seconds=seconds), break_minutes) == minutes


@pytest.mark.parametrize(
    ("seconds", "break_minutes"),
    [(15 * 60 - 1, 0), (0, 0), (-3600, 0), (721 * 60, 0), (60 * 60, 46), (60 * 60, 60), (60 * 60, 90)],
)
def test_under_15_and_over_720_minutes_are_no_entry(seconds, break_minutes):
    start = datetime(2026, 11, 1, 9, tzinfo=UTC)
    with pytest.raises(MinutesImpossible):
        claimed_minutes(start, start + timedelta(seconds=seconds), break_minutes)


@pytest.mark.parametrize(
    ("birth_date", "day", "age"),
    [
        (date(2008, 2, 29), date(2024, 2, 28), 15),
        (date(2008, 2, 29), date(2024, 2, 29), 16),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2010, 11, 23), date(2026, 11, 22), 15),
        (date(2010, 11, 23), date(2026, 11, 23), 16),
    ],
)
def test_ages_change_on_the_birthday_and_on_1_march_for_who_was_born_on_29_february(birth_date, day, age):
    assert paris.age_on(birth_date, day) == age


@given(days, st.integers(0, 120))
def test_a_birthday_is_the_first_day_of_its_age(birth_date, age):
    if birth_date.year + age > 9990:
        return
    first = paris.birthday(birth_date, age)
    assert paris.age_on(birth_date, first) == age
    assert paris.age_on(birth_date, first - timedelta(days=1)) == age - 1


@given(days)
def test_a_day_begins_at_its_midnight_and_has_23_24_or_25_hours(day):
    begins, ends = paris.midnight(day), paris.midnight(paris.next_day(day))
    assert paris.day_of(begins) == day
    assert paris.day_of(begins - timedelta(microseconds=1)) == day - timedelta(days=1)
    assert paris.day_of(ends - timedelta(microseconds=1)) == day
    assert paris.minutes_on(day, begins, ends) == (ends - begins).total_seconds() / 60
    assert (ends - begins).total_seconds() / 3600 in (23, 24, 25)


@pytest.mark.parametrize(("day", "hours"), [(SUMMER_COMES, 23), (WINTER_COMES, 25), (date(2026, 11, 23), 24)])
def test_the_days_of_the_clock_change_are_an_hour_shorter_and_longer(day, hours):
    assert paris.minutes_on(day, paris.midnight(day), paris.midnight(paris.next_day(day))) == hours * 60


def test_an_evening_in_utc_is_already_tomorrow_in_paris():
    assert paris.day_of(datetime(2026, 7, 13, 22, 0, tzinfo=UTC)) == date(2026, 7, 14)
    assert paris.day_of(datetime(2026, 12, 31, 22, 59, tzinfo=UTC)) == date(2026, 12, 31)
    assert paris.day_of(datetime(2026, 12, 31, 23, 0, tzinfo=UTC)) == date(2027, 1, 1)


@given(st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)), st.integers(1, 3000))  # noqa: DTZ001 hypothesis takes naive bounds
def test_the_minutes_of_the_days_touched_add_up_to_the_whole(start, minutes):
    end = start + timedelta(minutes=minutes)
    touched = paris.days_of(start, end)
    assert touched == sorted(set(touched))
    # Each day rounds its own part down.
    assert minutes - len(touched) <= sum(paris.minutes_on(day, start, end) for day in touched) <= minutes


def at(day, clock):
    return paris.instant(day, time.fromisoformat(clock))


@pytest.mark.parametrize(
    ("day", "start", "end", "night"),
    [
        (date(2026, 7, 14), "06:00", "22:00", False),
        (date(2026, 7, 14), "05:59", "12:00", True),
        (date(2026, 7, 14), "21:00", "22:01", True),
        (date(2026, 12, 14), "06:00", "22:00", False),
        (date(2026, 12, 14), "05:59:59", "06:01", True),
        (date(2026, 12, 14), "21:59", "22:00:01", True),
        (date(2026, 12, 14), "22:00", "23:00", True),
        (date(2026, 12, 14), "00:00", "01:00", True),
        (SUMMER_COMES, "06:00", "08:00", False),
        (SUMMER_COMES, "05:59", "08:00", True),
        (WINTER_COMES, "06:00", "08:00", False),
        (WINTER_COMES, "05:59", "08:00", True),
    ],
)
def test_night_is_from_2200_to_0600_on_the_paris_clock(day, start, end, night):
    assert paris.touches_night(at(day, start), at(day, end)) is night


def test_a_shift_over_midnight_touches_the_night_of_both_days():
    start, end = at(date(2026, 12, 14), "21:00"), at(date(2026, 12, 15), "07:00")
    assert paris.days_of(start, end) == [date(2026, 12, 14), date(2026, 12, 15)]
    assert paris.touches_night(start, end)
    assert paris.minutes_on(date(2026, 12, 14), start, end) == 180
    assert paris.minutes_on(date(2026, 12, 15), start, end) == 420


@given(st.dates(date(1950, 1, 1), date(2040, 12, 31)), days)
def test_the_latest_birth_date_parts_those_of_that_age_from_the_younger(birth_date, day):
    assert (birth_date <= paris.latest_birth_date(18, day)) is (paris.age_on(birth_date, day) >= 18)
