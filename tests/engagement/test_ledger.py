"""The chain of events: every move is appended, nothing can be rewritten unseen, and races leave one truth."""

from collections import Counter
from functools import partial

import pytest
from django.db import IntegrityError, connection
from django.db.models import ProtectedError

from engagement import chain, ledger
from engagement.models import Decision, HourEntry, Record, RecordEvent
from engagement.services import decisions, erasure
from schools.models import ClassReferent
from tests.support.factories import HourEntryFactory, enrolled_student, record_of
from tests.support.races import at_once, seeded, without_row_locks

pytestmark = pytest.mark.django_db

only_postgres = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")


@pytest.fixture
def enrolment():
    return enrolled_student()


@pytest.fixture
def record(enrolment):
    return record_of(enrolment)


@pytest.fixture
def student(api, enrolment):
    return api.as_(enrolment.student)


@pytest.fixture
def teacher(api, enrolment):
    return api.as_(ClassReferent.objects.get(class_group=enrolment.class_group).membership.person)


def act(client, entry, verb, **body):
    """A verb on an entry; answers (status, code or the entry's state)."""
    answer = client.post(f"/api/v1/hour-entries/{entry.pk}/{verb}/", body)
    return answer.status_code, answer.json().get("code", answer.json().get("status"))


def sequences(record):
    return list(RecordEvent.objects.filter(record=record).order_by("sequence").values_list("sequence", flat=True))


@pytest.fixture
def lived(record, student, teacher):
    """The record of an entry with a whole life behind it: seven events."""
    entry = HourEntryFactory(record=record)
    url = f"/api/v1/hour-entries/{entry.pk}/"
    student.patch(url, {"reflection": "J'ai appris à accueillir."}, HTTP_IF_MATCH='"1"')
    for client, verb, reason in [
        (student, "submit", ""), (student, "withdraw", ""), (student, "submit", ""), (teacher, "return", "Précise."),
        (student, "submit", ""), (teacher, "approve", ""),
    ]:  # fmt: skip
        assert act(client, entry, verb, **({"reason": reason} if client is teacher else {}))[0] == 200
    record.refresh_from_db()
    return record


def test_each_move_appends_one_event_to_its_record(lived, student):
    entry = HourEntry.objects.get()
    events = student.get(f"/api/v1/hour-entries/{entry.pk}/events/").json()
    assert [(one["facts"]["verb"], one["facts"]["status"]) for one in events] == [
        ("edit", "draft"), ("submit", "submitted"), ("withdraw", "draft"), ("submit", "submitted"),
        ("return", "returned"), ("submit", "submitted"), ("approve", "approved"),
    ]  # fmt: skip
    assert [one["previous_hash"] for one in events] == ["", *[one["hash"] for one in events[:-1]]]
    assert (lived.event_count, lived.head_hash) == (7, events[-1]["hash"])
    assert sequences(lived) == list(range(1, 8))
    assert events[-1]["facts"]["approved_minutes"] == 90
    chain.verify_chain(lived)


def broken_at(record):
    record.refresh_from_db()
    with pytest.raises(chain.ChainBroken) as found:
        chain.verify_chain(record)
    return found.value.sequence


@pytest.mark.parametrize(
    "rewritten",
    [{"claimed_minutes": 900}, {"approved_minutes": 91}, {"verb": "reject"}, {"actor": None}, {"at": "2020-01-01"}],
)
def test_a_rewritten_fact_breaks_the_chain_where_it_was_rewritten(lived, rewritten):
    event = lived.events.get(sequence=4)
    event.facts = {**event.facts, **rewritten}
    event.save()
    assert broken_at(lived) == 4


def test_a_fact_rewritten_with_its_own_hash_breaks_the_next_event(lived):
    event = lived.events.get(sequence=4)
    event.facts = {**event.facts, "claimed_minutes": 900}
    event.hash = chain.event_hash(event.previous_hash, event.facts)
    event.save()
    assert broken_at(lived) == 5


def test_a_rewritten_text_or_salt_breaks_the_chain(lived):
    event = lived.events.get(sequence=5)
    assert event.text == "Précise."
    RecordEvent.objects.filter(pk=event.pk).update(text="Parfait.")
    assert broken_at(lived) == 5
    RecordEvent.objects.filter(pk=event.pk).update(text=event.text, salt="0" * 32)
    assert broken_at(lived) == 5


def test_a_text_slipped_in_where_none_was_breaks_the_chain(lived):
    lived.events.filter(sequence=7).update(text="Bravo, et dix heures de plus.")
    assert broken_at(lived) == 7
    lived.events.filter(sequence=7).update(text="")
    lived.events.filter(sequence=5).update(text="Parfait.", salt="")
    assert broken_at(lived) == 5


def test_a_cut_tail_a_missing_middle_and_a_missing_head_are_found(lived):
    kept = list(lived.events.order_by("sequence"))
    for sequence, found in ((7, 7), (4, 4), (1, 1)):
        RecordEvent.objects.filter(record=lived, sequence=sequence).delete()
        assert broken_at(lived) == found
        RecordEvent.objects.bulk_create([kept[sequence - 1]])
    chain.verify_chain(lived)
    lived.events.all().delete()
    assert broken_at(lived) == 1


def test_swapped_events_are_found(lived):
    second, third = lived.events.get(sequence=2), lived.events.get(sequence=3)
    RecordEvent.objects.filter(pk=second.pk).update(sequence=99)
    RecordEvent.objects.filter(pk=third.pk).update(sequence=2)
    RecordEvent.objects.filter(pk=second.pk).update(sequence=3)
    assert broken_at(lived) == 2


def test_an_event_moved_to_another_entry_is_found(lived):
    other = HourEntryFactory(record=lived)
    lived.events.filter(sequence=3).update(entry=other)
    assert broken_at(lived) == 3


@pytest.mark.parametrize("changes", [{"head_hash": "0" * 64}, {"event_count": 6}, {"event_count": 8}])
def test_a_changed_head_is_found(lived, changes):
    Record.objects.filter(pk=lived.pk).update(**changes)
    assert broken_at(lived) == 8


def test_the_chain_still_verifies_once_texts_and_salts_are_erased(lived):
    assert lived.events.exclude(text="").count() == 5
    erasure.erase_ledger(lived.person, why=erasure.Why.REQUEST, actor=None)
    lived.refresh_from_db()
    assert not lived.events.exclude(text="", details={}, salt="").exists()
    chain.verify_chain(lived)


def test_two_texts_alike_have_different_commitments(lived):
    said = [event.facts["text_commitment"] for event in lived.events.filter(text__startswith="J'ai")]
    assert len(said) == len(set(said)) == 4


@pytest.mark.django_db(transaction=True)
def test_the_chain_grows_only_in_a_transaction(record):
    with pytest.raises(RuntimeError):
        ledger.append_event(record, HourEntryFactory(record=record), "edit", actor=None)
    assert sequences(record) == []


def test_nothing_submitted_is_ever_deleted(lived, student, enrolment):
    entry = HourEntry.objects.get()
    refused = student.delete(f"/api/v1/hour-entries/{entry.pk}/")
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    for row in (entry, lived, enrolment.student):
        with pytest.raises(ProtectedError):
            row.delete()
    chain.verify_chain(lived)


# --- Races -----------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_fifty_decisions_at_once_on_one_entry_make_one_transition(api, teacher, record):
    chance = seeded()
    entry = HourEntryFactory(record=record, submitted=True)
    calls = [
        partial(act, teacher, entry, chance.choice(["approve", "return", "reject"]), reason="Vu.") for _one in range(50)
    ]
    answers = Counter(at_once(calls))
    assert answers.pop((409, "wrong_state")) == 49
    ((status, state),) = answers
    entry.refresh_from_db()
    assert (status, entry.status) == (200, state)
    assert Decision.objects.filter(entry=entry).count() == RecordEvent.objects.filter(entry=entry).count() == 1
    record.refresh_from_db()
    chain.verify_chain(record)


@only_postgres
@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_control_without_locks_decisions_at_once_collide(monkeypatch, teacher, enrolment, record):
    """All have looked before one writes: each decides, and the chain's unique number alone stops all but one."""
    without_row_locks(monkeypatch)
    person = ClassReferent.objects.get().membership.person
    entry = HourEntryFactory(record=record, submitted=True)
    ruling = decisions.Ruling(entry.pk, "approve")
    answers = at_once([partial(decisions.decide, ruling, actor=person) for _one in range(4)], meet_before=HourEntry)
    assert Counter(type(answer) for answer in answers) == {HourEntry: 1, IntegrityError: 3}


@pytest.mark.django_db(transaction=True)
def test_submits_withdrawals_and_decisions_at_once_leave_one_unbroken_sequence(api, student, teacher, record):
    chance = seeded()
    entries = HourEntryFactory.create_batch(8, record=record)
    moves = [(student, "submit"), (student, "submit"), (student, "withdraw"), (teacher, "approve"), (teacher, "return")]
    calls = []
    for _move in range(120):
        client, verb = chance.choice(moves)
        body = {"reason": "Vu."} if client is teacher else {}
        calls.append(partial(act, client, chance.choice(entries), verb, **body))
    answers = at_once(calls)
    # 404: a draft is its author's alone, and no teacher's to decide.
    assert {status for status, _code in answers} <= {200, 404, 409}, answers
    moved = sum(status == 200 for status, _code in answers)
    record.refresh_from_db()
    assert sequences(record) == list(range(1, moved + 1))
    chain.verify_chain(record)
    for entry in entries:
        last = RecordEvent.objects.filter(entry=entry).order_by("-sequence").first()
        entry.refresh_from_db()
        assert last is None or last.facts["status"] == entry.status


def test_an_entry_submitted_while_a_bulk_decision_starts_is_decided_or_not_found_never_a_crash(
    monkeypatch, student, teacher, record, enrolment
):
    """The bulk reads records, then entries: what becomes decidable between the two is for the next bulk."""
    entry = HourEntryFactory(record=record)
    person = ClassReferent.objects.get().membership.person
    lock_records = ledger.lock_records

    def lock_then_submit(ids):
        locked = lock_records(ids)
        HourEntry.objects.filter(pk=entry.pk).update(status="submitted", submitted_at=entry.started_at)
        return locked

    monkeypatch.setattr(ledger, "lock_records", lock_then_submit)
    (outcome,) = decisions.decide_many([decisions.Ruling(entry.pk, "approve")], actor=person)
    assert (outcome.entry, outcome.error.code) == (None, "not_found")
