"""A class whose teacher is its organiser too: signed up, confirmed and decided by one person, in a bulk, marked so."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.core.management import call_command

from common.models import uuid7
from engagement.models import HourEntry
from missions.models import Attendance
from tests.support.factories import (
    ClassReferentFactory,
    EnrolmentFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
)
from tests.support.world import API

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 11, 18, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MORNING - HOUR, tick=False) as traveller:
        yield traveller


@pytest.fixture
def s(api, clock):
    """A class of three, another student of it who came alone, and the teacher who led the hour."""
    referent = ClassReferentFactory()
    class_group, teacher = referent.class_group, referent.membership.person
    shift = ShiftFactory(mission__organization__kind="school", starts_at=MORNING, ends_at=MORNING + HOUR)
    OrganizationMembershipFactory(organization=shift.mission.organization, person=teacher)
    led = api.as_(teacher)
    alone = EnrolmentFactory(class_group=class_group).student
    assert api.as_(alone).post(f"{API}shifts/{shift.pk}/sign-up/").status_code == 201
    students = [EnrolmentFactory(class_group=class_group).student for _one in range(3)]
    signed_up = led.post(f"{API}shifts/{shift.pk}/sign-up-class/", {"class_group": str(class_group.pk)}).json()
    assert signed_up["signed_up_count"] == 3
    clock.move_to(MORNING + 2 * HOUR)
    led = api.as_(teacher)  # the token of three hours ago is over
    places = {row.sign_up.person_id: row for row in Attendance.objects.filter(sign_up__shift=shift)}
    body = {"confirmations": [{"attendance": str(row.pk), "minutes": 60} for row in places.values()]}
    confirmed = led.post(f"{API}attendances/bulk-confirm/", body).json()["results"]
    assert [one["status"] for one in confirmed] == ["confirmed"] * 4
    entries = {entry.record.person_id: entry for entry in HourEntry.objects.select_related("record")}
    for person in (alone, *students):
        assert api.as_(person).post(f"{API}hour-entries/{entries[person.pk].pk}/submit/").status_code == 200
    return SimpleNamespace(
        led=led,
        teacher=teacher,
        phone=api.as_(students[0]),
        of_class=[entries[student.pk] for student in students],
        of_alone=entries[alone.pk],
        places=places,
        class_group=class_group,
    )


def act(client, entry, verb, **body):
    answer = client.post(f"{API}hour-entries/{entry.pk}/{verb}/", body)
    return answer.status_code, answer.json().get("code", answer.json().get("status"))


def bulk(client, entries, verb="approve", **more):
    body = [{"entry": str(entry.pk), "verb": verb, **more} for entry in entries]
    results = client.post(f"{API}hour-entries/bulk-decisions/", {"decisions": body}).json()["results"]
    return [one["code"] or one["status"] for one in results]


def marks(client, entry):
    """Of the decisions and of the moves of the school, as a reader gets them."""
    decisions = client.get(f"{API}hour-entries/{entry.pk}/").json()["decisions"]
    events = client.get(f"{API}hour-entries/{entry.pk}/events/").json()
    moves = [one["facts"] for one in events if one["facts"]["verb"] in ("approve", "return", "reject", "revoke")]
    return [one["class_session"] for one in decisions], [one.get("class_session", False) for one in moves]


def test_who_led_a_class_session_decides_on_it_in_a_bulk_and_the_decision_says_so(s):
    assert act(s.led, s.of_class[0], "approve") == (409, "attested_by_you")
    assert bulk(s.led, [*s.of_class, s.of_alone]) == ["approved"] * 3 + ["attested_by_you"]
    assert marks(s.led, s.of_class[0]) == marks(s.phone, s.of_class[0]) == ([True], [True])
    s.of_alone.refresh_from_db()
    assert s.of_alone.status == "submitted"
    call_command("verify_ledger")


def test_the_other_decisions_of_the_bulk_are_its_leaders_too_and_marked(s):
    assert bulk(s.led, s.of_class[:1], "return", reason="Dis ce que tu as fait.") == ["returned"]
    assert act(s.phone, s.of_class[0], "submit") == (200, "submitted")
    assert bulk(s.led, s.of_class[:1]) == ["approved"]
    assert act(s.led, s.of_class[0], "revoke", reason="Parti à mi-temps.") == (409, "attested_by_you")
    assert bulk(s.led, s.of_class[:1], "revoke", reason="Parti à mi-temps.") == ["revoked"]
    assert marks(s.phone, s.of_class[0]) == ([True] * 3, [True] * 3)


def test_a_colleagues_decision_on_a_class_session_is_an_ordinary_one(api, s):
    colleague = ClassReferentFactory(class_group=s.class_group).membership.person
    assert bulk(api.as_(colleague), [s.of_class[0], s.of_alone]) == ["approved"] * 2
    assert act(api.as_(colleague), s.of_class[1], "approve") == (200, "approved")
    for entry in (s.of_class[0], s.of_class[1]):
        assert marks(s.led, entry) == ([False], [False])


def test_hours_whose_place_on_the_list_was_taken_back_are_of_no_session(s):
    entry, place = s.of_class[0], s.places[s.of_class[0].record.person_id]
    assert s.led.post(f"{API}attendances/{place.pk}/reopen/", {"reason": "Erreur."}).status_code == 200
    assert bulk(s.led, [entry, s.of_class[1]]) == ["attested_by_you", "approved"]


def test_other_hours_for_the_same_mission_are_of_no_session_when_its_leader_attests_them(s):
    times = {"started_at": (MORNING - 24 * HOUR).isoformat(), "ended_at": (MORNING - 23 * HOUR).isoformat()}
    entry_id = str(uuid7())
    mission = str(s.of_class[0].mission_id)
    assert s.phone.put(f"{API}hour-entries/{entry_id}/", {"mission": mission, **times}).status_code == 201
    entry = HourEntry.objects.get(pk=entry_id)
    assert act(s.phone, entry, "submit") == (200, "submitted")
    assert act(s.led, entry, "confirm") == (200, "submitted")
    assert bulk(s.led, [entry, s.of_class[0]]) == ["attested_by_you", "approved"]
