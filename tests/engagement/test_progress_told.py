"""Students hear how far they have come: at 50, 80 and 100 %, far behind at mid-year, and as the deadline comes near."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from engagement import tasks
from engagement.models import EngagementOption, Record
from engagement.services.progress_reached import tell
from notifications import push, relay
from notifications.models import Notification, OutboxMessage
from tests.support.factories import DeviceFactory, EnrolmentFactory, HourEntryFactory, enrolled_student, record_of
from tests.support.world import API

pytestmark = pytest.mark.django_db

FEBRUARY = datetime(2027, 2, 1, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(datetime(2026, 11, 17, 9, 0, tzinfo=UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def enrolment():
    return enrolled_student(student__language="en")


@pytest.fixture
def record(enrolment):
    """Under a target of ten entries of 90 minutes."""
    record = record_of(enrolment)
    EngagementOption.objects.filter(pk=record.option_id).update(target_minutes=900)
    return record


@pytest.fixture
def sent(settings, monkeypatch):
    settings.FCM_CREDENTIALS_FILE = "/nowhere.json"
    pushes = []
    monkeypatch.setattr(push, "send", pushes.append)
    return pushes


def approve(api, record, count):
    teacher = record.person.enrolments.get().class_group.referents.get().membership.person
    rulings = [
        {"entry": str(HourEntryFactory(record=record, submitted=True).pk), "verb": "approve"} for _one in range(count)
    ]
    answer = api.as_(teacher).post(f"{API}hour-entries/bulk-decisions/", {"decisions": rulings})
    assert answer.status_code == 200, answer.json()


def decide(api, record, entry, verb):
    teacher = record.person.enrolments.get().class_group.referents.get().membership.person
    answer = api.as_(teacher).post(f"{API}hour-entries/{entry.pk}/{verb}/", {"reason": "Vu."})
    assert answer.status_code == 200, answer.json()


def told(kind="progress_reached"):
    """By now, if the job runs twice."""
    for _time in range(2):
        tasks.tell_of_progress()
    return list(OutboxMessage.objects.filter(kind=kind).order_by("pk").values_list("title", flat=True))


def test_each_share_of_the_target_is_told_once(api, record):
    approve(api, record, 4)
    assert told() == []
    approve(api, record, 1)
    assert told() == ["You have reached 50% of your hours"]
    approve(api, record, 2)
    assert len(told()) == 1
    approve(api, record, 3)
    assert told()[1:] == ["You have reached your target"]
    message = OutboxMessage.objects.filter(kind="progress_reached").last()
    assert (message.recipient_id, message.subject_id) == (record.person_id, record.pk)


def test_a_share_lost_before_it_is_sent_is_not_sent(api, record, sent):
    DeviceFactory(person=record.person)
    approve(api, record, 5)
    assert len(told()) == 1
    entry = record.entries.first()
    decide(api, record, entry, "revoke")
    assert told() == []
    approve(api, record, 1)
    assert len(told()) == 1
    # What no decision sees: the school asks for more.
    EngagementOption.objects.update(target_minutes=1000)
    relay.run()
    assert [one.data["kind"] for one in sent if one.data["kind"] == "progress_reached"] == []


def test_hours_of_a_passport_reach_no_target(api):
    HourEntryFactory(record__option=None, approved=True)
    assert told() == []


def test_who_is_far_behind_at_mid_year_hears_it_once(clock, api, record, enrolment):
    late = EnrolmentFactory(class_group=enrolment.class_group)
    nothing = EnrolmentFactory(class_group=enrolment.class_group, activated_at=FEBRUARY - 60 * DAY)
    type(enrolment).objects.filter(pk=enrolment.pk).update(activated_at=FEBRUARY - 150 * DAY)
    type(late).objects.filter(pk=late.pk).update(activated_at=FEBRUARY - 7 * DAY)
    HourEntryFactory(record=record, approved=True)  # 90 minutes, and some 378 are expected

    def behind(moment):
        clock.move_to(moment)
        for _time in range(2):
            tasks.remind_of_progress()
        return set(OutboxMessage.objects.filter(kind="behind_at_mid_year").values_list("recipient", flat=True))

    assert behind(FEBRUARY - DAY) == set()
    assert behind(FEBRUARY + DAY) == {enrolment.student_id, nothing.student_id}
    assert len(told("behind_at_mid_year")) == 2
    OutboxMessage.objects.all().delete()
    assert behind(FEBRUARY + 3 * DAY) == set()
    for _one in range(2):
        HourEntryFactory(record=record, submitted=True)
    assert behind(FEBRUARY) == {nothing.student_id}


def test_the_deadline_is_told_of_thirty_seven_and_one_days_before(clock, record):
    EngagementOption.objects.update(deadline_on=date(2027, 5, 31))
    HourEntryFactory(record=record, approved=True)
    HourEntryFactory(record=record, submitted=True)
    counts = {}
    for left in (31, 30, 29, 28, 27, 8, 7, 6, 5, 2, 1, 0):
        clock.move_to(datetime(2027, 5, 31, 9, tzinfo=UTC) - left * DAY)
        for _time in range(2):
            tasks.remind_of_progress()
        counts[left] = len(told("deadline_near"))
    assert counts == {31: 0, 30: 1, 29: 1, 28: 1, 27: 1, 8: 1, 7: 2, 6: 2, 5: 2, 2: 2, 1: 3, 0: 3}
    assert told("deadline_near")[-1] == "1 day left for your hours"
    said = OutboxMessage.objects.filter(kind="deadline_near").first().body.replace("\u00a0", " ")
    assert said == "By 31 May 2027, 15 h 00 are asked; 1 h 30 count. 1 h 30 wait for your school."


def test_a_job_that_was_off_is_late_by_a_day_or_leaves_it_out(clock, record):
    EngagementOption.objects.update(deadline_on=date(2027, 5, 31))
    clock.move_to(datetime(2027, 5, 3, 9, tzinfo=UTC))
    tasks.remind_of_progress()
    assert told("deadline_near") == ["28 days left for your hours"]
    clock.move_to(datetime(2027, 5, 27, 9, tzinfo=UTC))
    tasks.remind_of_progress()
    assert len(told("deadline_near")) == 1


def test_nobody_is_reminded_of_a_target_that_is_reached(clock, api, record, sent):
    DeviceFactory(person=record.person)
    EngagementOption.objects.update(deadline_on=date(2027, 5, 31))
    clock.move_to(datetime(2027, 5, 1, 9, tzinfo=UTC))
    tasks.remind_of_progress()
    assert len(told("deadline_near")) == 1
    for _one in range(10):
        HourEntryFactory(record=record, approved=True)
    relay.run()
    assert sent == []
    assert Notification.objects.filter(kind="deadline_near").count() == 1
    clock.move_to(datetime(2027, 5, 24, 9, tzinfo=UTC))
    tasks.remind_of_progress()
    assert len(told("deadline_near")) == 1


def test_a_decision_costs_as_many_queries_for_many_students_as_for_one(api, record, assert_constant_queries):
    def grow():
        for _one in range(3):
            other = record_of(enrolled_student())
            HourEntryFactory(record=other, approved=True)

    assert_constant_queries(lambda: tell(list(Record.objects.values_list("pk", flat=True))), grow=grow)
