"""Schools hear of hours that wait: teachers of what is new, once a day at most, managers of what has waited long."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from engagement import tasks
from engagement.models import EngagementOption, HourEntry, Record
from notifications import digests, expansion, relay
from notifications.models import Notification, OutboxMessage
from tests.support.factories import (
    ClassReferentFactory,
    EnrolmentFactory,
    HourEntryFactory,
    StaffMembershipFactory,
    enrolled_student,
    record_of,
)
from tests.support.world import API

pytestmark = pytest.mark.django_db

TUESDAY = datetime(2026, 11, 17, 9, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(TUESDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def enrolment():
    referent = ClassReferentFactory(class_group__name="2nde 4", membership__person__language="en")
    return EnrolmentFactory(class_group=referent.class_group)


@pytest.fixture
def teacher(enrolment):
    return enrolment.class_group.referents.get().membership.person


@pytest.fixture
def manager(enrolment):
    return StaffMembershipFactory(school=enrolment.class_group.school, manager=True, person__language="en").person


def hand_in(enrolment, **facts):
    record = Record.objects.filter(person=enrolment.student).first() or record_of(enrolment)
    return HourEntryFactory(record=record, **{"submitted": True, **facts})


def told(clock, moment, kind="hours_waiting"):
    """The titles of what has been written by then, if the job runs twice at that moment."""
    clock.move_to(moment)
    for _time in range(2):
        tasks.tell_of_waiting_hours()
    return list(OutboxMessage.objects.filter(kind=kind).order_by("pk").values_list("title", flat=True))


def test_a_teacher_hears_once_a_day_of_all_that_waits(clock, enrolment, teacher):
    for _one in range(3):
        hand_in(enrolment)
    other = ClassReferentFactory(membership=enrolment.class_group.referents.get().membership, class_group__name="1re 2")
    hand_in(EnrolmentFactory(class_group=other.class_group))
    assert told(clock, TUESDAY + HOUR) == ["4 entries wait for your decision"]
    message = OutboxMessage.objects.get()
    assert (message.recipient, message.body) == (teacher, "• 1re 2: 1\n• 2nde 4: 3")
    clock.move_to(TUESDAY + 2 * HOUR)
    hand_in(enrolment)
    assert len(told(clock, TUESDAY + 3 * HOUR)) == 1
    assert told(clock, TUESDAY + DAY)[-1] == "5 entries wait for your decision"


def test_the_same_hours_are_told_of_again_on_mondays_alone(clock, enrolment, teacher):
    hand_in(enrolment)
    said = [len(told(clock, TUESDAY + days * DAY)) for days in range(7)]
    assert said == [1, 1, 1, 1, 1, 1, 2]


def test_nobody_hears_of_what_waits_for_somebody_else_or_for_nobody(clock, enrolment, teacher):
    record = record_of(enrolment)
    EngagementOption.objects.filter(pk=record.option_id).update(is_attestation_required=True)
    for status in ("draft", "returned"):
        HourEntryFactory(record=record, status=status, submitted_at=TUESDAY)
    HourEntryFactory(record=record, approved=True)
    hand_in(enrolment, attestation_status="requested", attested_minutes=None)
    ClassReferentFactory()
    assert told(clock, TUESDAY) == []
    hand_in(enrolment)
    assert told(clock, TUESDAY) == ["1 entry waits for your decision"]


def test_hours_that_come_back_are_new(clock, enrolment, teacher, api):
    entry = hand_in(enrolment, reflection="Le tri.")
    assert len(told(clock, TUESDAY)) == 1
    clock.move_to(TUESDAY + DAY)
    assert api.as_(teacher).post(f"{API}hour-entries/{entry.pk}/return/", {"reason": "Trop court."}).status_code == 200
    assert api.as_(enrolment.student).post(f"{API}hour-entries/{entry.pk}/submit/").status_code == 200
    assert len(told(clock, TUESDAY + DAY)) == 2


def test_the_digest_says_it_and_not_once_all_is_decided(clock, nights, api, enrolment, teacher, mailoutbox):
    hand_in(enrolment)
    told(clock, TUESDAY)
    expansion.expand_due()
    clock.move_to(TUESDAY + 22 * HOUR)
    digests.send_digests()
    relay.run()
    (mail,) = mailoutbox
    assert "1 entry waits for your decision" in mail.body
    hand_in(enrolment)
    told(clock, TUESDAY + 25 * HOUR)
    expansion.expand_due()
    for entry in HourEntry.objects.all():
        assert api.as_(teacher).post(f"{API}hour-entries/{entry.pk}/approve/").status_code == 200
    mailoutbox.clear()
    clock.move_to(TUESDAY + 46 * HOUR)
    digests.send_digests()
    relay.run()
    assert [mail for mail in mailoutbox if teacher.email in mail.to] == []
    assert not Notification.objects.filter(recipient=teacher, digest_due_at__isnull=False).exists()


def test_a_manager_hears_of_what_has_waited_for_more_than_ten_days(clock, enrolment, teacher, manager):
    hand_in(enrolment)
    long = "hours_waiting_long"
    assert told(clock, TUESDAY + 10 * DAY - HOUR, long) == []
    assert told(clock, TUESDAY + 10 * DAY, long) == ["1 entry has waited for more than 10 days"]
    message = OutboxMessage.objects.get(kind=long)
    assert message.recipient == manager
    assert "2nde 4: 1" in message.body
    assert enrolment.student.last_name not in message.title + message.body
    assert len(told(clock, TUESDAY + 11 * DAY, long)) == 1
    assert len(told(clock, TUESDAY + 13 * DAY, long)) == 2


def test_a_manager_hears_no_more_once_it_is_decided(clock, api, enrolment, teacher, manager, mailoutbox):
    entry = hand_in(enrolment)
    told(clock, TUESDAY + 10 * DAY)
    expansion.expand_due()
    assert api.as_(teacher).post(f"{API}hour-entries/{entry.pk}/approve/").status_code == 200
    clock.move_to(TUESDAY + 12 * DAY)
    digests.send_digests()
    relay.run()
    assert [mail for mail in mailoutbox if manager.email in mail.to] == []


def test_hours_of_a_year_that_is_long_over_wait_for_nobody(clock, enrolment, teacher):
    hand_in(enrolment)
    year = enrolment.class_group.school_year
    clock.move_to(datetime(year.ends_on.year, 12, 2, tzinfo=UTC))
    assert told(clock, datetime(year.ends_on.year, 12, 2, tzinfo=UTC)) == []
    assert len(told(clock, datetime(year.ends_on.year, 11, 28, tzinfo=UTC))) == 1


def test_as_many_queries_for_many_as_for_one(clock, manager, enrolment, assert_constant_queries):
    def tell():
        OutboxMessage.objects.all().delete()
        tasks.tell_of_waiting_hours()

    def grow():
        for _one in range(3):
            other = enrolled_student()
            StaffMembershipFactory(school=other.class_group.school, manager=True)
            hand_in(other, submitted_at=TUESDAY - 12 * DAY)

    hand_in(enrolment, submitted_at=TUESDAY - 12 * DAY)
    assert_constant_queries(tell, grow=grow)
