"""People are reminded of their shifts a day and two hours before: once, in time, and not in their sleep."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from missions import tasks
from missions.models import Shift
from notifications import expansion, push, relay
from notifications.models import Delivery, OutboxMessage, Preference
from tests.support.attending import HOUR, MINUTE, SECOND
from tests.support.factories import AttendanceFactory, DeviceFactory, SignUpFactory
from tests.support.world import API

pytestmark = pytest.mark.django_db

START = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)  # a Wednesday, 15:00 in Paris
BEFORE_DAWN = datetime(2026, 11, 25, 7, 30, tzinfo=UTC)  # 8:30, two hours before which most people sleep
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(START - 7 * DAY, tick=False) as traveller:
        yield traveller


def place_on(start=START, **facts):
    """A place taken now."""
    return AttendanceFactory(sign_up__shift__starts_at=start, **facts).sign_up


def reminders(clock, moment):
    """Which have been written by then, if the job runs twice at that moment."""
    clock.move_to(moment)
    for _time in range(2):
        tasks.remind_of_shifts()
    return list(OutboxMessage.objects.order_by("created_at", "pk").values_list("kind", flat=True))


def test_a_person_is_reminded_a_day_and_two_hours_before_once_each(clock):
    place = place_on()
    assert reminders(clock, START - DAY - SECOND) == []
    assert reminders(clock, START - DAY) == ["shift_in_a_day"]
    assert reminders(clock, START - 2 * HOUR - SECOND) == ["shift_in_a_day"]
    assert reminders(clock, START - 2 * HOUR) == ["shift_in_a_day", "shift_in_two_hours"]
    assert reminders(clock, START - MINUTE) == ["shift_in_a_day", "shift_in_two_hours"]
    for message in OutboxMessage.objects.all():
        assert (message.recipient, message.expires_at) == (place.person, START)
        assert "15 h" in message.body.replace("\u00a0", " ")


def test_a_clock_that_was_off_for_two_hours_catches_up(clock):
    place_on()
    assert reminders(clock, START - DAY + 2 * HOUR) == ["shift_in_a_day"]
    assert reminders(clock, START - HOUR) == ["shift_in_a_day", "shift_in_two_hours"]


def test_a_place_taken_later_than_a_reminder_is_due_needs_none(clock):
    clock.move_to(START - 23 * HOUR)
    place_on()
    assert reminders(clock, START - 22 * HOUR) == []
    clock.move_to(START - HOUR)
    place_on()
    assert reminders(clock, START - HOUR + MINUTE) == ["shift_in_two_hours"]


def test_only_those_who_are_expected_are_reminded(clock):
    SignUpFactory(shift__starts_at=START)
    place_on(status="checked_in")
    place_on(sign_up__shift__mission__title="Maraude")
    assert reminders(clock, START - DAY) == ["shift_in_a_day"]
    assert "Maraude" in OutboxMessage.objects.get().title


def test_the_one_a_day_before_goes_by_mail_without_a_phone_and_the_one_two_hours_before_never(clock):
    place_on()
    reminders(clock, START - DAY)
    expansion.expand_due()
    assert list(Delivery.objects.values_list("channel", flat=True)) == ["mail"]
    reminders(clock, START - 2 * HOUR)
    expansion.expand_due()
    assert Delivery.objects.count() == 1


def test_whoever_was_told_the_day_before_is_left_asleep(clock, nights):
    place_on(BEFORE_DAWN)
    reminders(clock, BEFORE_DAWN - DAY)
    assert reminders(clock, BEFORE_DAWN - 2 * HOUR) == ["shift_in_a_day"]
    assert reminders(clock, BEFORE_DAWN - HOUR) == ["shift_in_a_day"]


def test_whoever_has_no_quiet_hours_then_is_told(clock, nights):
    place = place_on(BEFORE_DAWN)
    Preference.objects.create(person=place.person, quiet_from="00:00", quiet_until="00:00")
    reminders(clock, BEFORE_DAWN - DAY)
    assert reminders(clock, BEFORE_DAWN - 2 * HOUR) == ["shift_in_a_day", "shift_in_two_hours"]


def test_whoever_was_not_told_the_day_before_is_told_as_they_wake(clock, nights, settings):
    settings.FCM_CREDENTIALS_FILE = "/nowhere.json"
    clock.move_to(BEFORE_DAWN - 12 * HOUR)
    place = place_on(BEFORE_DAWN)
    DeviceFactory(person=place.person)
    assert reminders(clock, BEFORE_DAWN - 2 * HOUR) == ["shift_in_two_hours"]
    expansion.expand_due()
    assert Delivery.objects.get().due_at == datetime(2026, 11, 25, 6, 0, tzinfo=UTC)


def test_a_shift_that_was_moved_is_reminded_of_again_and_the_old_start_no_more(clock, settings, monkeypatch):
    settings.FCM_CREDENTIALS_FILE = "/nowhere.json"
    sent = []
    monkeypatch.setattr(push, "send", sent.append)
    place = place_on()
    DeviceFactory(person=place.person)
    reminders(clock, START - DAY)
    Shift.objects.update(starts_at=START + DAY, ends_at=START + DAY + HOUR)
    relay.run()
    assert not sent
    assert reminders(clock, START) == ["shift_in_a_day", "shift_in_a_day"]
    relay.run()
    assert len(sent) == 1


def test_a_reminder_of_a_place_given_up_is_not_sent(clock, api, settings, monkeypatch):
    settings.FCM_CREDENTIALS_FILE = "/nowhere.json"
    sent = []
    monkeypatch.setattr(push, "send", sent.append)
    place = place_on(sign_up__shift__taken_count=1)
    DeviceFactory(person=place.person)
    reminders(clock, START - DAY)
    assert api.as_(place.person).post(f"{API}sign-ups/{place.pk}/withdraw/").status_code == 200
    relay.run()
    assert not sent


def test_as_many_queries_for_many_as_for_one(clock, assert_constant_queries):
    def remind():
        OutboxMessage.objects.all().delete()
        tasks.remind_of_shifts()

    place_on(BEFORE_DAWN)
    place_on(BEFORE_DAWN + 22 * HOUR)
    clock.move_to(BEFORE_DAWN - 2 * HOUR)

    def grow():
        clock.move_to(START - 7 * DAY)
        for _one in range(5):
            place_on(BEFORE_DAWN)
            place_on(BEFORE_DAWN + 22 * HOUR)
        clock.move_to(BEFORE_DAWN - 2 * HOUR)

    assert_constant_queries(remind, grow=grow)
