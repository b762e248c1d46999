"""Attendances confirmed all at once: the ledger gets what it gets one by one, in as many queries for 100 as for 10."""

import random
from datetime import timedelta
from pprint import pformat

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.models import Change
from common.reading import ReadFile
from engagement.models import Attestation, EngagementOption, HourEntry, Record, RecordEvent
from engagement.services import evidence
from missions.models import Attendance, AttendanceEvent
from notifications.models import OutboxMessage
from tests.support.attending import HOUR, MINUTE, NOON
from tests.support.factories import (
    PICTURE,
    AttendanceFactory,
    CheckInFactory,
    EngagementOptionFactory,
    EnrolmentFactory,
    GuardianFactory,
    OrganizationFactory,
    OrganizationMembershipFactory,
    RecordFactory,
    ShiftFactory,
    UserFactory,
    enrolled_student,
)
from tests.support.gate import BULK
from tests.support.world import API

pytestmark = pytest.mark.django_db

MORNING = NOON.replace(hour=8, minute=0, second=0)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def boss():
    """A coordinator whose own child may be among those who came."""
    return OrganizationMembershipFactory(organization=OrganizationFactory(), person__email="parent.boss@example.org")


@pytest.fixture
def shifts(boss):
    """Two shifts of two hours, one after the other."""
    return [
        ShiftFactory(
            mission__organization=boss.organization,
            starts_at=MORNING + 2 * number * HOUR,
            mission__title=f"Tri {number}",
        )
        for number in range(2)
    ]


def attended(shift, person, minutes=50):
    place = AttendanceFactory(sign_up__shift=shift, sign_up__person=person, status="checked_out")
    CheckInFactory(attendance=place, occurred_at=shift.starts_at)
    CheckInFactory(attendance=place, direction="out", occurred_at=shift.starts_at + minutes * MINUTE)
    return place


def confirm(client, places, minutes=None):
    body = {"confirmations": [{"attendance": str(place.pk), "minutes": minutes} for place in places]}
    answer = client.post(f"{API}attendances/bulk-confirm/", body)
    assert answer.status_code == 200, answer.json()
    return [(one["status"], one["code"]) for one in answer.json()["results"]]


def confirm_one_by_one(client, places, minutes=None):
    told = []
    for place in places:
        answer = client.post(f"{API}attendances/{place.pk}/confirm/", {"minutes": minutes}).json()
        told.append((None, answer["code"]) if "code" in answer else (answer["status"], None))
    return told


# --- The same as one by one --------------------------------------------------------------------------------------
def someone(kind):
    """A person of one of the kinds that the ledger tells apart."""
    if kind == "citizen":
        return UserFactory()
    if kind == "with_passport":
        return RecordFactory().person
    if kind == "child_of_boss":
        return GuardianFactory(email="parent.boss+lycee@example.org").student
    enrolment = enrolled_student()
    if kind == "student_of_a_school_that_chose":
        EngagementOptionFactory(
            school=enrolment.class_group.school, school_year=enrolment.class_group.school_year, target_minutes=90
        )
    return enrolment.student


KINDS = ["citizen", "with_passport", "child_of_boss", "student", "student_of_a_school_that_chose"]
PASTS = ["fresh", "fresh", "short", "both_shifts", "reopened", "reopened_and_submitted", "reopened_with_evidence"]


def show(entry, sha256):
    """Evidence as its author adds it, once its reader has read it."""
    file = ReadFile(kind="image/jpeg", content=ContentFile(PICTURE), size=len(PICTURE), sha256=sha256)
    evidence.add_evidence(entry, file, actor=entry.record.person)


def lived(drawn, shifts, client, api):
    """The attendances to confirm of somebody of that kind with that past."""
    kind, past, minutes = drawn
    person = someone(kind)
    places = [attended(shift, person, minutes) for shift in (shifts if past == "both_shifts" else shifts[:1])]
    if past == "short":
        return [attended(shifts[1], person, 5), *places]
    if past.startswith("reopened") and kind != "child_of_boss":
        assert confirm(client, places) == [("confirmed", None)]
        entry = HourEntry.objects.get(attendance=places[0])
        if past == "reopened_with_evidence":
            show(entry, f"{minutes:064x}")
        if past == "reopened_and_submitted":
            assert api.as_(person).post(f"{API}hour-entries/{entry.pk}/submit/").status_code == 200
        reopened = client.post(f"{API}attendances/{places[0].pk}/reopen/", {"reason": "Erreur."})
        assert reopened.status_code == 200
    return places


def written(places):
    """Everything the confirmations left, without ids: what two crowds with one past must have in common."""
    told = []
    for place in places:
        place = Attendance.objects.get(pk=place.pk)
        person = place.sign_up.person
        facts = ("status", "minutes", "arrived_at", "left_at", "confirmed_at", "confirmed_by_id")
        row = {name: getattr(place, name) for name in facts}
        moves = AttendanceEvent.objects.filter(attendance=place).order_by("pk")
        row["moves"] = list(moves.values_list("verb", "minutes"))
        names = [
            *(
                "title",
                "domain",
                "status",
                "attestation_status",
                "started_at",
                "ended_at",
                "claimed_minutes",
                "version",
            ),
            *("attested_minutes", "mission", "record__option__target_minutes", "record__event_count"),
        ]
        row["entries"] = list(HourEntry.objects.filter(attendance=place).values(*names))
        attestations = Attestation.objects.filter(entry__attendance=place).order_by("pk")
        row["attestations"] = list(attestations.values_list("verb", "minutes", "attested_by"))
        events = RecordEvent.objects.filter(record__person=person).order_by("record", "sequence")
        ids = {str(pk): number for number, pk in enumerate(events.values_list("entry", flat=True).distinct())}
        names = ["record", "person", "option", "entry", "attendance", "actor", "rows"]
        names += ["text_commitment", "details_commitment"]
        hidden = dict.fromkeys(names)
        row["events"] = [({**one.facts, **hidden}, ids[str(one.entry_id)], one.text, one.details) for one in events]
        records = Record.objects.filter(person=person).order_by("pk")
        row["records"] = list(records.values_list("option__target_minutes"))
        messages = OutboxMessage.objects.filter(recipient=person).order_by("kind", "body")
        row["messages"] = list(messages.values_list("kind", "title", "body", "channels", "is_urgent"))
        changes = Change.objects.filter(person=person).exclude(kind="settings")
        row["changes"] = sorted(changes.values_list("kind", "is_removed"))
        told.append(row)
    return told


def difference(in_bulk, alone):
    """What two rows of `written` do not have in common, in full: pytest cuts it short."""
    return pformat({name: (in_bulk[name], alone[name]) for name in in_bulk if in_bulk[name] != alone[name]}, width=200)


@pytest.mark.parametrize("seed", range(6 if BULK else 2))
def test_a_bulk_writes_what_single_confirmations_write(api, boss, shifts, seed):
    """A property over crowds of every kind and past, in any order."""
    fate = random.Random(seed)
    drawn = [(fate.choice(KINDS), fate.choice(PASTS), fate.randrange(15, 115)) for _one in range(9)]
    client = api.as_(boss.person)
    crowds = [[place for one in drawn for place in lived(one, shifts, client, api)] for _way in range(2)]
    order = list(range(len(crowds[0])))
    fate.shuffle(order)
    together, singly = ([crowd[index] for index in order] for crowd in crowds)
    minutes = fate.choice([None, None, 20])
    assert confirm(client, together, minutes) == confirm_one_by_one(client, singly, minutes)
    for in_bulk, alone in zip(written(together), written(singly), strict=True):
        assert in_bulk == alone, difference(in_bulk, alone)
    call_command("verify_ledger")


def test_a_crowd_of_every_kind_and_past_is_confirmed_at_once(api, boss, shifts):
    client = api.as_(boss.person)
    crowd = [(kind, past, 50) for kind in KINDS for past in PASTS]
    places = [lived(one, shifts, client, api) for one in crowd]
    results = confirm(client, [place for theirs in places for place in theirs])
    expected = []
    for (kind, _past, _minutes), theirs in zip(crowd, places, strict=True):
        expected += [(None, "family_attestation") if kind == "child_of_boss" else ("confirmed", None)] * len(theirs)
    assert results == expected
    assert not HourEntry.objects.filter(record__person__guardians__isnull=False).exists()
    call_command("verify_ledger")


def test_two_attendances_of_one_person_make_one_chain(api, boss, shifts):
    person = someone("student")
    confirm(api.as_(boss.person), [attended(shift, person) for shift in reversed(shifts)])
    record = Record.objects.get(person=person)
    assert list(record.events.order_by("sequence").values_list("entry__title", flat=True)) == ["Tri 1", "Tri 0"]
    assert record.event_count == 2
    call_command("verify_ledger")


def test_who_is_of_the_family_is_refused_and_stops_nobody(api, boss, shifts):
    child, other = someone("child_of_boss"), someone("citizen")
    places = [attended(shifts[0], child), attended(shifts[0], other), attended(shifts[1], child)]
    refused = (None, "family_attestation")
    assert confirm(api.as_(boss.person), places) == [refused, ("confirmed", None), refused]
    assert [Attendance.objects.get(pk=place.pk).status for place in places] == [
        "checked_out",
        "confirmed",
        "checked_out",
    ]
    assert AttendanceEvent.objects.count() == 1
    assert not Record.objects.filter(person=child).exists()


# --- As many queries for 100 as for 10 ---------------------------------------------------------------------------
def crowd_of(count, shift, is_mixed):
    """Students of as many schools, half of which have not chosen their option, and citizens."""
    people = [someone(KINDS[3 + number % 2]) if is_mixed and number % 3 else UserFactory() for number in range(count)]
    return [attended(shift, person) for person in people]


@pytest.mark.parametrize("is_mixed", [False, True])
def test_a_hundred_confirmed_at_once_take_hardly_more_queries_than_ten(api, boss, shifts, is_mixed):
    client = api.as_(boss.person)
    taken = {}
    for count in (1, 10, 100):
        places = crowd_of(count, shifts[0], is_mixed)
        with CaptureQueriesContext(connection) as queries:
            assert confirm(client, places) == [("confirmed", None)] * count
        taken[count] = len(queries)
    assert HourEntry.objects.count() == 111
    # SQLite takes a wide statement in parts.
    assert taken[100] <= taken[10] + 10, taken


def test_a_hundred_attested_again_take_hardly_more_queries_than_ten(api, boss, shifts):
    client = api.as_(boss.person)
    taken = {}
    for count in (10, 100):
        places = crowd_of(count, shifts[0], is_mixed=True)
        confirm(client, places)
        for place in places:
            client.post(f"{API}attendances/{place.pk}/reopen/", {"reason": "Erreur."})
        with CaptureQueriesContext(connection) as queries:
            assert confirm(client, places, 30) == [("confirmed", None)] * count
        taken[count] = len(queries)
    assert set(HourEntry.objects.values_list("attested_minutes", "version")) == {(30, 3)}
    assert taken[100] <= taken[10] + 10, taken


def test_the_options_of_many_schools_are_made_with_the_regions_rules(api, boss, shifts):
    enrolments = [enrolled_student() for _one in range(3)]
    classmate = EnrolmentFactory(class_group=enrolments[0].class_group)
    people = [one.student for one in (*enrolments, classmate)]
    confirm(api.as_(boss.person), [attended(shifts[0], person) for person in people])
    options = EngagementOption.objects.filter(school__in=[one.class_group.school_id for one in enrolments])
    assert Record.objects.filter(option__in=options).count() == 4
    assert set(options.values_list("target_minutes", flat=True)) == {36 * 60}
    assert options.count() == 3


def test_a_student_who_changed_class_has_the_hours_in_the_newest(api, boss, shifts):
    first = enrolled_student()
    newest = enrolled_student(student=first.student, activated_at=NOON + timedelta(seconds=1))
    confirm(api.as_(boss.person), [attended(shifts[0], first.student)])
    assert Record.objects.get().option.school == newest.class_group.school
