"""A shift under its minimum is told, three days before, to people nearby who asked to hear of it: few, and seldom."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from missions import tasks
from missions.models import Shift
from notifications import push, relay
from notifications.models import OutboxMessage
from schools.models import Commune
from tests.support.attending import HOUR, SECOND
from tests.support.factories import (
    DeviceFactory,
    EnrolmentFactory,
    MissionFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

START = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)
THREE_DAYS = timedelta(hours=72)
PREFERENCES = "/api/v1/notification-preferences/"
HERE = {"latitude": 48.936, "longitude": 2.357}  # Saint-Denis
BONDY, MELUN = (48.902, 2.483), (48.540, 2.660)  # 10 km and 50 km from there


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(START - timedelta(days=4), tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def communes():
    for code, (latitude, longitude) in {"93066": tuple(HERE.values()), "93010": BONDY, "77288": MELUN}.items():
        Commune.objects.create(
            code=code, name=code, name_key=code, department_code=code[:2], latitude=latitude, longitude=longitude
        )


def needing(minimum=3, **facts):
    mission = MissionFactory(**{**HERE, "commune_code": "93066", **facts})
    return ShiftFactory(mission=mission, starts_at=START, minimum=minimum, capacity=10)


@pytest.fixture
def pushed(monkeypatch, settings):
    """What leaves for phones."""
    settings.FCM_CREDENTIALS_FILE = "/nowhere.json"
    sent = []
    monkeypatch.setattr(push, "send", sent.append)
    return sent


def who_asked(api, near="93010", **facts):
    person = UserFactory(**facts)
    DeviceFactory(person=person)
    client = api.as_(person)
    asked = {"hears_of_needs": True, "near_commune_code": near}
    assert client.patch(PREFERENCES, asked, HTTP_IF_MATCH='"1"').status_code == 200
    return person


def called(clock, moment=START - THREE_DAYS):
    """Who has been called by then, if the job runs twice at that moment."""
    clock.move_to(moment)
    for _time in range(2):
        tasks.call_for_volunteers()
    rows = OutboxMessage.objects.filter(kind="volunteers_needed").order_by("created_at", "pk")
    return [row.recipient for row in rows]


def test_it_is_off_until_one_asks_for_it(api, clock):
    needing()
    read = api.as_(UserFactory()).get(PREFERENCES).json()
    assert (read["hears_of_needs"], read["near_commune_code"]) == (False, "")
    assert called(clock) == []


def test_people_nearby_who_asked_are_called_once_three_days_before(api, clock):
    shift = needing()
    near, at_the_place = who_asked(api), who_asked(api, near="93066")
    who_asked(api, near="77288")
    assert called(clock, START - THREE_DAYS - SECOND) == []
    assert called(clock) == [near, at_the_place]
    message = OutboxMessage.objects.filter(recipient=near).get()
    assert message.data == {"shift": str(shift.pk), "mission": str(shift.mission_id)}


def test_without_a_commune_it_is_that_of_ones_school(api, clock):
    needing()
    student = who_asked(api, near="", aged_17=True)
    EnrolmentFactory(student=student, class_group__school__commune_code="93010")
    other = who_asked(api, near="", aged_17=True)
    EnrolmentFactory(student=other, class_group__school__commune_code="77288")
    assert called(clock) == [student]


def test_nobody_is_called_who_could_not_come(api, clock):
    shift = needing(min_age=18)
    who_asked(api, aged_17=True)
    SignUpFactory(shift=shift, person=who_asked(api), accepted=True)
    Shift.objects.filter(pk=shift.pk).update(taken_count=1)
    may = who_asked(api)
    assert called(clock) == [may]


@pytest.mark.parametrize(
    "facts", [{"minimum": None}, {"is_remote": True, "latitude": None, "longitude": None}]
)
def test_a_shift_that_needs_nobody_or_is_nowhere_calls_nobody(api, clock, facts):
    needing(**facts)
    who_asked(api)
    assert called(clock) == []


def test_nobody_is_called_more_than_twice_a_week(api, clock):
    person = who_asked(api)
    for _number in range(3):
        needing()
    assert called(clock) == [person, person]
    later = START + timedelta(days=8)
    for _number in range(3):
        row = needing()
        Shift.objects.filter(pk=row.pk).update(starts_at=later, ends_at=later + 2 * HOUR)
    assert called(clock, later - THREE_DAYS) == [person] * 4


def test_three_are_called_for_each_place_that_is_missing_the_least_told_first(api, clock):
    first = needing(minimum=1)
    people = [who_asked(api) for _number in range(5)]
    assert called(clock) == people[:3]
    other = needing(minimum=1)
    assert [person for person in called(clock) if person in people[3:]] == people[3:]
    assert OutboxMessage.objects.filter(subject_id=other.pk).count() == 3
    assert OutboxMessage.objects.filter(subject_id=first.pk).count() == 3


def test_a_clock_that_was_off_catches_up_within_half_a_day(api, clock):
    needing()
    person = who_asked(api)
    assert called(clock, START - THREE_DAYS + 12 * HOUR + SECOND) == []
    assert called(clock, START - THREE_DAYS + 11 * HOUR) == [person]


@pytest.mark.parametrize("over", ["filled", "cancelled", "signed up"])
def test_a_call_that_is_over_by_the_time_it_would_leave_is_not_sent(api, clock, pushed, over):
    shift = needing()
    person = who_asked(api)
    assert called(clock) == [person]
    if over == "filled":
        Shift.objects.filter(pk=shift.pk).update(taken_count=3)
    elif over == "cancelled":
        manager = OrganizationMembershipFactory(organization=shift.mission.organization).person
        cancelled = api.as_(manager).post(f"/api/v1/shifts/{shift.pk}/cancel/", {"reason": "Orage"})
        assert cancelled.status_code == 200
    else:
        SignUpFactory(shift=shift, person=person)
    relay.run()
    assert pushed == []


def test_a_call_is_pushed_to_the_phone(api, clock, pushed):
    shift = needing()
    who_asked(api)
    called(clock)
    relay.run()
    assert [(one.data["kind"], one.opens) for one in pushed] == [("volunteers_needed", f"shifts/{shift.pk}/")]
