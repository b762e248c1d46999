"""Organisers are reminded of attendances to confirm: one, three and seven days after the shift, then no more."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from missions import tasks
from notifications import digests, expansion, relay
from notifications.models import Delivery, OutboxMessage, Preference
from organizations.states import OrganizationRole
from tests.support.attending import HOUR, SECOND, organizer_of
from tests.support.factories import AttendanceFactory, OrganizationFactory, OrganizationMembershipFactory, ShiftFactory
from tests.support.world import API

pytestmark = pytest.mark.django_db

END = datetime(2026, 11, 25, 16, 0, tzinfo=UTC)  # a Wednesday, 17:00 in Paris
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(END - 2 * HOUR, tick=False) as traveller:
        yield traveller


def shift_that_ends(at=END, **facts):
    return ShiftFactory(starts_at=at - 2 * HOUR, ends_at=at, **facts)


def reminders(clock, moment):
    """How many have been written by then, if the job runs twice at that moment."""
    clock.move_to(moment)
    for _time in range(2):
        tasks.remind_to_confirm()
    return OutboxMessage.objects.filter(kind="attendances_to_confirm").count()


@pytest.mark.parametrize("status", ["expected", "checked_in", "checked_out"])
def test_organisers_are_reminded_after_one_three_and_seven_days(clock, status):
    place = AttendanceFactory(status=status, sign_up__shift=shift_that_ends())
    coordinator = organizer_of(place)
    said = [(DAY, 1), (2 * DAY, 1), (3 * DAY, 2), (5 * DAY, 2), (7 * DAY, 3), (10 * DAY, 3)]
    assert reminders(clock, END + DAY - SECOND) == 0
    assert [reminders(clock, END + after) for after, _count in said] == [count for _after, count in said]
    message = OutboxMessage.objects.first()
    assert message.recipient == coordinator
    assert message.data == {"shift": str(place.sign_up.shift_id), "mission": str(place.sign_up.shift.mission_id)}
    assert place.sign_up.person.first_name not in message.title + message.body


def test_one_reminder_for_a_shift_however_many_wait(clock):
    shift = shift_that_ends(capacity=20)
    for _one in range(3):
        place = AttendanceFactory(sign_up__shift=shift)
    organizer_of(place)
    assert reminders(clock, END + DAY) == 1


@pytest.mark.parametrize("status", ["no_show", "excused", "voided"])
def test_nobody_is_reminded_of_what_is_said(clock, status):
    organizer_of(AttendanceFactory(status=status, sign_up__shift=shift_that_ends()))
    organizer_of(AttendanceFactory(confirmed=True, sign_up__shift=shift_that_ends()))
    assert reminders(clock, END + DAY) == 0


def test_a_clock_that_was_off_catches_up_and_what_is_long_over_is_left_out(clock):
    organizer_of(AttendanceFactory(sign_up__shift=shift_that_ends()))
    assert reminders(clock, END + DAY + 20 * HOUR) == 1
    assert reminders(clock, END + 6 * DAY) == 1
    assert reminders(clock, END + 30 * DAY) == 1


def test_the_hour_is_the_one_on_the_wall_where_the_deployment_is(clock, settings):
    settings.LOCAL_TIME_ZONE = "Europe/Paris"
    end = datetime(2026, 10, 24, 15, 0, tzinfo=UTC)  # 17:00; the clocks go back in the night
    organizer_of(AttendanceFactory(sign_up__shift=shift_that_ends(end)))
    assert reminders(clock, end + DAY) == 0
    assert reminders(clock, end + DAY + HOUR) == 1


def test_a_unit_without_members_is_answered_for_by_the_managers_above_it(clock):
    parent = OrganizationFactory()
    unit = OrganizationFactory(parent=parent)
    manager = OrganizationMembershipFactory(organization=parent, role=OrganizationRole.MANAGER).person
    OrganizationMembershipFactory(organization=parent, role=OrganizationRole.COORDINATOR)
    AttendanceFactory(sign_up__shift=shift_that_ends(mission__organization=unit))
    assert reminders(clock, END + DAY) == 1
    assert OutboxMessage.objects.get().recipient == manager


def test_it_goes_by_mail_and_not_once_all_is_said(clock, api, mailoutbox):
    first, second = (AttendanceFactory(sign_up__shift=shift_that_ends()) for _one in range(2))
    coordinators = [organizer_of(place) for place in (first, second)]
    reminders(clock, END + DAY)
    answer = api.as_(coordinators[0]).post(f"{API}attendances/{first.pk}/confirm/", {"minutes": 60})
    assert answer.status_code == 200, answer.json()
    relay.run()
    to_coordinators = [mail.to[0] for mail in mailoutbox if mail.to[0] in {person.email for person in coordinators}]
    assert to_coordinators == [coordinators[1].email]
    assert Delivery.objects.get(last_error="obsolete").address == coordinators[0].email


def test_a_weekly_digest_names_a_shift_once(clock, mailoutbox):
    place = AttendanceFactory(sign_up__shift=shift_that_ends())
    Preference.objects.create(person=organizer_of(place), digest="weekly")
    for days in (1, 3):
        reminders(clock, END + days * DAY)
        expansion.expand_due()
    clock.move_to(END + 7 * DAY - HOUR)
    digests.send_digests()
    relay.run()
    (mail,) = mailoutbox
    assert mail.body.count(place.sign_up.shift.mission.title) == 1


def test_as_many_queries_for_many_as_for_one(clock, assert_constant_queries):
    def remind():
        OutboxMessage.objects.all().delete()
        tasks.remind_to_confirm()

    def grow(count=4):
        clock.move_to(END - 2 * HOUR)
        for _one in range(count):
            organizer_of(AttendanceFactory(sign_up__shift=shift_that_ends()))
        clock.move_to(END + DAY)

    grow(1)
    assert_constant_queries(remind, grow=grow)
