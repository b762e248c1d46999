"""A phone follows its person's own data: everything once, then each change, none skipped, none of anybody else's."""

import json
import threading
from datetime import timedelta
from queue import Queue
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.renderers import JSONRenderer

from accounts.models import User
from common.changes import forget_old_changes, note_change
from common.models import Change, uuid7
from engagement import notices
from engagement.api import sync
from engagement.models import Attestation, Contest, Decision, HourEntry
from missions.services import sign_ups
from notifications import outbox, relay
from tests.support.access_matrix import TABLE
from tests.support.factories import (
    AttendanceFactory,
    CertificateFactory,
    CheckInFactory,
    HourEntryFactory,
    RecordFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
    afternoon,
    enrolled_student,
    record_of,
)
from tests.support.following import SYNC, Phone, phone_of
from tests.support.gate import one_of_each, room_of
from tests.support.patience import PATIENCE_SECONDS, join, wait_for
from tests.support.races import comes_to_wait
from tests.support.world import World, calls

pytestmark = pytest.mark.django_db


def test_the_first_reading_holds_all_of_ones_own_and_nothing_of_others(api):
    place = SignUpFactory(accepted=True)
    SignUpFactory(accepted=True)
    entry = HourEntryFactory(record__person=place.person)
    HourEntryFactory()
    phone = phone_of(api, place.person)
    phone.follow()
    assert set(phone.kept) == {
        ("settings", str(place.person.pk)),
        ("sign_up", str(place.pk)),
        ("record", str(entry.record.pk)),
        ("hour_entry", str(entry.pk)),
    }
    kept = phone.kept["sign_up", str(place.pk)]
    assert kept["mission_detail"]["title"] == place.shift.mission.title
    assert kept["shift_detail"]["id"] == str(place.shift.pk)


def test_a_long_first_reading_comes_in_pages_that_repeat_and_skip_nothing(api):
    person = UserFactory()
    record = RecordFactory(person=person)
    HourEntryFactory.create_batch(205, record=record)
    SignUpFactory.create_batch(3, person=person)
    phone = phone_of(api, person)
    told = phone.follow()
    assert len(told) == len(phone.kept) == 205 + 3 + 2


def test_what_changes_while_everything_is_read_comes_after_it(api):
    person = UserFactory()
    entries = HourEntryFactory.create_batch(205, record=RecordFactory(person=person))
    phone = phone_of(api, person)
    first = phone.client.get(SYNC).json()
    assert first["has_more"]
    with transaction.atomic():
        note_change(person.pk, "hour_entry", entries[0].pk)
    late = SignUpFactory(person=person)
    phone.cursor = first["cursor"]
    told = phone.follow()
    assert [change["id"] for change in told[-2:]] == [str(entries[0].pk), str(late.pk)]


def test_a_place_asked_for_and_given_up_is_followed_oldest_change_first(api):
    person = UserFactory(email_verified_at=afternoon(-30), birth_date="1990-01-01")
    shift = ShiftFactory(mission__sign_up_mode="instant")
    phone = phone_of(api, person)
    phone.follow()
    place = sign_ups.sign_up(shift, actor=person)
    assert {(change["kind"], change["id"]) for change in phone.follow()} >= {
        ("sign_up", str(place.pk)),
        ("attendance", str(place.attendance.pk)),
    }
    assert phone.kept["sign_up", str(place.pk)]["status"] == "accepted"
    sign_ups.withdraw_sign_up(place, actor=person)
    phone.follow()
    assert phone.kept["sign_up", str(place.pk)]["status"] == "withdrawn"
    assert phone.kept["attendance", str(place.attendance.pk)]["status"] == "voided"
    relay.run()
    assert [change["kind"] for change in phone.follow()].count("notification") >= 1
    assert phone.follow() == []


WRITES = sorted(key for key in TABLE if not key.startswith("GET"))
# Whose data the calls of the world may move.
WATCHED = ("student", "other_student", "citizen", "neighbour", "newcomer")


@pytest.mark.parametrize("key", one_of_each(WRITES, room_of))
def test_each_move_of_the_api_reaches_the_phones_of_all_whose_data_it_moved(api, key):
    """A phone that followed holds what it would read anew, whatever was done."""
    world = World()
    call = calls(world)[key]
    phones = {name: phone_of(api, world.person(name)) for name in WATCHED}
    for phone in phones.values():
        phone.follow()
    call.send(api.as_(world.person(call.by)))
    relay.run()
    for name, phone in phones.items():
        if not User.objects.filter(pk=world.person(name).pk, is_active=True, suspended_at=None).exists():
            continue
        fresh = phone_of(api, world.person(name))
        fresh.follow()
        # A sign-in anew, for the call may have ended the phone's.
        phone.client = fresh.client
        phone.follow()
        assert phone.kept == fresh.kept, f"the phone of {name} was not told"


def test_a_cursor_is_of_the_person_it_was_given_to(api):
    first, second = phone_of(api, UserFactory()), phone_of(api, UserFactory())
    first.follow()
    answer = second.client.get(SYNC, {"cursor": first.cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")


@pytest.mark.parametrize("cursor", ["x", "é", "W10=", "bnVsbA==", "[]", "e30=", "WyJhIiwxLCIiLCIiXQ=="])
def test_a_made_up_cursor_is_refused(api, cursor):
    answer = api.as_(UserFactory()).get(SYNC, {"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")


def test_a_phone_ahead_of_a_restored_database_reads_everything_again(api):
    person = UserFactory()
    phone = phone_of(api, person)
    phone.follow()
    with transaction.atomic():
        note_change(person.pk, "hour_entry", HourEntryFactory(record__person=person).pk)
    phone.follow()
    User.objects.filter(pk=person.pk).update(change_count=0)
    answer = phone.client.get(SYNC, {"cursor": phone.cursor})
    assert (answer.status_code, answer.json()["code"]) == (410, "cursor_too_old")


def restore(person, count):
    """The person's rows as a backup has them that was taken when their count was this."""
    lost = Change.objects.filter(person=person, sequence__gt=count)
    HourEntry.objects.filter(pk__in=lost.filter(kind="hour_entry").values("object_id")).delete()
    lost.delete()
    User.objects.filter(pk=person.pk).update(change_count=count, change_floor=0)


def note_entry(record):
    entry = HourEntryFactory(record=record)
    with transaction.atomic():
        note_change(record.person_id, "hour_entry", entry.pk)
    return entry


def test_after_a_restore_and_its_command_phones_of_the_lost_time_read_everything_anew(api):
    person = UserFactory()
    record = RecordFactory(person=person)
    note_entry(record)
    before = User.objects.get(pk=person.pk).change_count
    phone = phone_of(api, person)
    phone.follow()
    of_backup, lost = phone.cursor, note_entry(record)
    phone.follow()
    restore(person, before)
    other = note_entry(record)
    # The count has come to the number that the phone has seen: nothing tells it of what was lost and what is new.
    assert phone.client.get(SYNC, {"cursor": phone.cursor}).json()["changes"] == []
    call_command("resync_phones")
    for cursor in (phone.cursor, of_backup):
        answer = phone.client.get(SYNC, {"cursor": cursor})
        assert (answer.status_code, answer.json()["code"]) == (410, "cursor_too_old")
    again = phone_of(api, person)
    again.follow()
    assert again.kept == all_of(person)
    assert ("hour_entry", str(other.pk)) in again.kept
    assert ("hour_entry", str(lost.pk)) not in again.kept
    newest = note_entry(record)
    again.follow()
    assert ("hour_entry", str(newest.pk)) in again.kept


def test_a_backup_that_is_restored_twice_lets_no_cursor_of_either_lost_time_in(api):
    person = UserFactory()
    record = RecordFactory(person=person)
    phone = phone_of(api, person)
    now = timezone.now()
    cursors = []
    for days in (0, 1, 2):
        with time_machine.travel(now + timedelta(days=days), tick=False):
            restore(person, 0)
            call_command("resync_phones")
            for cursor in cursors:
                client = api.as_(person)
                assert client.get(SYNC, {"cursor": cursor}).status_code == 410
            note_entry(record)
            phone = phone_of(api, person)
            phone.follow()
            cursors.append(phone.cursor)
            assert api.as_(person).get(SYNC, {"cursor": phone.cursor}).json()["changes"] == []


def test_a_first_reading_that_a_restore_interrupts_begins_anew(api):
    person = UserFactory()
    HourEntryFactory.create_batch(205, record=RecordFactory(person=person))
    client = api.as_(person)
    page = client.get(SYNC).json()
    assert page["has_more"]
    call_command("resync_phones")
    answer = client.get(SYNC, {"cursor": page["cursor"]})
    assert (answer.status_code, answer.json()["code"]) == (410, "cursor_too_old")


def test_after_ninety_days_a_phone_that_was_away_reads_everything_again(api):
    person = UserFactory()
    away, current = phone_of(api, person), phone_of(api, person)
    away.follow()
    entry = HourEntryFactory(record__person=person)
    with transaction.atomic():
        note_change(person.pk, "hour_entry", entry.pk)
    current.follow()
    with time_machine.travel(timezone.now() + timedelta(days=89)):
        assert forget_old_changes() == 0
    with time_machine.travel(timezone.now() + timedelta(days=91)):
        forget_old_changes()
        assert not Change.objects.filter(person=person).exists()
        assert forget_old_changes() == 0
        # Signed in anew: the sessions of ninety days ago are over.
        late = api.as_(person).get(SYNC, {"cursor": away.cursor})
        assert (late.status_code, late.json()["code"]) == (410, "cursor_too_old")
        assert api.as_(person).get(SYNC, {"cursor": current.cursor}).json()["changes"] == []
        again = Phone(api.as_(person))
        again.follow()
        assert ("hour_entry", str(entry.pk)) in again.kept


def a_life(entries: int, places: int) -> User:
    """Somebody who has something of every kind: so many hours and places, of which each third is special."""
    record = record_of(enrolled_student())
    person = record.person
    for number, entry in enumerate(HourEntryFactory.create_batch(entries, record=record, approved=True)):
        if number % 3 == 0:
            Attestation.objects.create(entry=entry, minutes=90)
            Decision.objects.create(entry=entry, verb="approve", minutes=60, reason="Vu.")
            Contest.objects.create(entry=entry, subject="partial_approval", reason="J'y étais.")
    for number, place in enumerate(SignUpFactory.create_batch(places, person=person, accepted=True)):
        if number % 3 == 0:
            CheckInFactory(attendance=AttendanceFactory(sign_up=place))
    CertificateFactory(record=record, covers=record.entries.all()[:1])
    outbox.publish(notices.attested, entry, to=person)
    relay.run()
    return User.objects.get(pk=person.pk)


def all_of(person: User) -> dict[tuple[str, str], Any]:
    """What a reading of all must hold: each kind by its own query, as single changes are read."""
    context = {"request": SimpleNamespace(user=person)}
    return {
        (kind.name, str(row.pk)): json.loads(JSONRenderer().render(kind.serializer(row, context=context).data))
        for kind in sync.KINDS
        for row in kind.own(person)
    }


def test_a_first_reading_of_200_entries_takes_nine_queries_and_nothing_new_two(api, django_assert_max_num_queries):
    phone = phone_of(api, a_life(entries=130, places=8))
    # One more finds session and person.
    # The ninth finds the evidence that each entry says.
    with django_assert_max_num_queries(1 + 9):
        page = phone.client.get(SYNC).json()
    assert {change["kind"] for change in page["changes"]} == set(sync.BY_NAME)
    assert not page["has_more"]
    phone.follow()
    with django_assert_max_num_queries(1 + 2):
        phone.follow()


@pytest.mark.parametrize(("entries", "places"), [(3, 2), (40, 190), (199, 3), (190, 30), (210, 205)])
def test_where_a_page_ends_and_what_is_read_together_changes_nothing_of_what_is_read(api, entries, places):
    person = a_life(entries, places)
    phone = phone_of(api, person)
    told = phone.follow()
    assert len(told) == len(phone.kept)
    assert phone.kept == all_of(person)


def test_a_contest_goes_with_the_entry_that_it_was_about(api):
    record = record_of(enrolled_student())
    entry = HourEntryFactory(record=record, submitted=True, attestation_status="denied", attested_minutes=None)
    Attestation.objects.create(entry=entry, verb="deny", reason="Absent.")
    phone = phone_of(api, record.person)
    assert phone.client.post(f"/api/v1/hour-entries/{entry.pk}/contest/", {"reason": "Si."}).status_code == 200
    phone.follow()
    assert ("contest", str(entry.contest.pk)) in phone.kept
    assert phone.client.post(f"/api/v1/hour-entries/{entry.pk}/withdraw/").status_code == 200
    assert phone.client.delete(f"/api/v1/hour-entries/{entry.pk}/").status_code == 204
    phone.follow()
    fresh = phone_of(api, record.person)
    fresh.follow()
    assert phone.kept == fresh.kept
    assert not [kind for kind, _id in phone.kept if kind in ("contest", "hour_entry")]


def test_more_changes_take_no_more_queries(api, assert_constant_queries):
    person = UserFactory()
    record = RecordFactory(person=person)
    phone = phone_of(api, person)
    phone.follow()
    first = phone.cursor

    def grow(count: int = 5) -> None:
        for entry in HourEntryFactory.create_batch(count, record=record):
            with transaction.atomic():
                note_change(person.pk, "hour_entry", entry.pk)

    grow(1)
    assert_constant_queries(lambda: phone.client.get(SYNC, {"cursor": first}), grow=grow)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one writer at a time")
def test_with_many_writers_at_once_a_phone_skips_nothing(api):
    """Each commits after the phone has read to the end once more since its change was noted."""
    person = UserFactory()
    phone = phone_of(api, person)
    phone.follow()
    record = RecordFactory(person=person)
    written: list[str] = []
    noted: Queue[threading.Event] = Queue()

    def write() -> None:
        for _n in range(25):
            may_commit = threading.Event()
            with transaction.atomic():
                entry = HourEntryFactory(record=record)
                note_change(person.pk, "hour_entry", entry.pk)
                noted.put(may_commit)
                wait_for(may_commit)
            written.append(str(entry.pk))
        connection.close()

    writers = [threading.Thread(target=write) for _writer in range(4)]
    for thread in writers:
        thread.start()
    seen: set[str] = set()
    for _commit in range(100):
        may_commit = noted.get(timeout=PATIENCE_SECONDS)
        seen.update(change["id"] for change in phone.follow())
        may_commit.set()
    join(*writers)
    seen.update(change["id"] for change in phone.follow())
    assert len(written) == 100
    assert set(written) - seen == set()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one writer at a time")
@pytest.mark.parametrize("is_protected", [True, False])
def test_a_change_that_commits_late_is_not_passed_by_and_is_without_the_lock(api, is_protected):
    """The control takes its numbers as a database's own sequence would, without the person's lock: the writer who
    took the first commits last, and a phone that has read the second never comes back for it."""
    person = UserFactory()
    late, early = HourEntryFactory.create_batch(2, record=RecordFactory(person=person))
    phone = phone_of(api, person)
    phone.follow()
    person.refresh_from_db()
    numbers = iter(range(person.change_count + 1, 100))
    if not is_protected:  # the count is ahead of what is committed, as a sequence is
        type(person).objects.filter(pk=person.pk).update(change_count=100)
    has_number, may_commit = threading.Event(), threading.Event()

    def note(entry: HourEntry) -> None:
        if is_protected:
            note_change(person.pk, "hour_entry", entry.pk)
            return
        facts = {"kind": "hour_entry", "object_id": entry.pk, "changed_at": timezone.now()}
        Change.objects.create(person=person, sequence=next(numbers), **facts)

    def write_slowly() -> None:
        with transaction.atomic():
            note(late)
            has_number.set()
            wait_for(may_commit)
        connection.close()

    def write_at_once() -> None:
        with transaction.atomic():
            note(early)
        connection.close()

    slow, quick = threading.Thread(target=write_slowly), threading.Thread(target=write_at_once)
    slow.start()
    wait_for(has_number)
    quick.start()
    assert comes_to_wait(quick) == is_protected
    told = phone.follow()
    may_commit.set()
    join(slow, quick)
    told += phone.follow()
    expected = [late, early] if is_protected else [early]
    assert [change["id"] for change in told] == [str(entry.pk) for entry in expected]


def test_a_removed_thing_is_told_as_removed(api):
    person = UserFactory()
    phone = phone_of(api, person)
    phone.follow()
    gone = uuid7()
    with transaction.atomic():
        note_change(person.pk, "hour_entry", gone, is_removed=True)
    assert phone.follow() == [{"kind": "hour_entry", "id": str(gone), "is_removed": True}]
