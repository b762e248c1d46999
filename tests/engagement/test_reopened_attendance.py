"""The organiser's word and the ledger: confirmed one by one or in bulk, taken back, given again."""

from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.db import connection

from engagement.chain import verify_chain
from engagement.models import HourEntry, RecordEvent
from missions.models import Attendance, AttendanceEvent
from missions.services import attendances
from notifications.models import OutboxMessage
from tests.support.attending import HOUR, MINUTE, NOON, SECOND, organizer_of, refusal, running_place
from tests.support.factories import (
    CheckInFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    UserFactory,
    enrolled_student,
)
from tests.support.races import answering, at_once, meet_after, without_row_locks
from tests.support.world import API

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def attended(minutes=50, **facts):
    """Somebody who came an hour ago and left `minutes` later."""
    place = running_place(status="checked_out", **facts)
    came = place.sign_up.shift.starts_at
    CheckInFactory(attendance=place, occurred_at=came)
    CheckInFactory(attendance=place, direction="out", occurred_at=came + minutes * MINUTE)
    return place


@pytest.fixture
def enrolment():
    return enrolled_student()


@pytest.fixture
def place(enrolment):
    return attended(sign_up__person=enrolment.student)


@pytest.fixture
def organizer(api, place):
    return api.as_(organizer_of(place))


@pytest.fixture
def student(api, enrolment):
    return api.as_(enrolment.student)


@pytest.fixture
def teacher(api, enrolment):
    return api.as_(enrolment.class_group.referents.get().membership.person)


def say(client, place, verb, **body):
    return client.post(f"{API}attendances/{place.pk}/{verb}/", body)


def reopen(client, place, reason="Je me suis trompée de personne."):
    return say(client, place, "reopen", reason=reason)


def entry_of(place):
    return HourEntry.objects.get(attendance=place)


# --- Taken back --------------------------------------------------------------------------------------------------


def test_reopening_takes_the_attestation_back_and_leaves_the_draft(place, organizer, student):
    say(organizer, place, "confirm")
    answer = reopen(organizer, place)
    assert (answer.status_code, answer.json()["status"], answer.json()["minutes"]) == (200, "checked_out", None)
    entry = entry_of(place)
    assert (entry.status, entry.attestation_status, entry.attested_minutes) == ("draft", "none", None)
    assert entry.claimed_minutes == 50
    event = entry.events.order_by("sequence").last()
    assert (event.facts["verb"], event.text) == ("reset", "Je me suis trompée de personne.")
    verify_chain(entry.record)
    told = OutboxMessage.objects.get(kind="attendance_reopened")
    assert (told.recipient, "Je me suis trompée de personne." in told.body) == (place.sign_up.person, False)


def test_what_was_submitted_stays_submitted_and_is_attested_no_more(place, organizer, student):
    say(organizer, place, "confirm")
    student.post(f"{API}hour-entries/{entry_of(place).pk}/submit/")
    assert reopen(organizer, place).status_code == 200
    assert (entry_of(place).status, entry_of(place).attestation_status) == ("submitted", "none")


@pytest.mark.parametrize(("verb", "is_decided"), [("approve", True), ("reject", True), ("return", False)])
def test_what_the_school_decided_on_is_not_reopened(place, organizer, student, teacher, verb, is_decided):
    say(organizer, place, "confirm")
    entry = entry_of(place)
    student.post(f"{API}hour-entries/{entry.pk}/submit/")
    body = {} if verb == "approve" else {"reason": "À revoir."}
    assert teacher.post(f"{API}hour-entries/{entry.pk}/{verb}/", body).status_code == 200
    assert refusal(reopen(organizer, place)) == ((409, "decided_by_school") if is_decided else (200, None))
    place.refresh_from_db()
    assert place.status == ("confirmed" if is_decided else "checked_out")
    assert (entry_of(place).attestation_status == "confirmed") is is_decided
    assert AttendanceEvent.objects.filter(verb="reopen").exists() is not is_decided


def test_a_passport_counts_a_confirmation_until_it_is_taken_back(api, organizer):
    citizen = attended(sign_up__shift__mission__organization=OrganizationMembershipFactory().organization)
    boss = api.as_(organizer_of(citizen))
    counted = lambda: api.as_(citizen.sign_up.person).get(f"{API}me/progress/").json()["records"][0]  # noqa: E731
    say(boss, citizen, "confirm")
    assert counted()["counted_minutes"] == 50
    reopen(boss, citizen)
    assert counted()["counted_minutes"] == 0


def test_confirming_again_attests_the_same_entry_with_the_new_minutes(place, organizer):
    say(organizer, place, "confirm")
    first = entry_of(place)
    reopen(organizer, place)
    assert say(organizer, place, "confirm", minutes=30).json()["minutes"] == 30
    entry = entry_of(place)
    assert (entry.pk, entry.attestation_status, entry.attested_minutes) == (first.pk, "confirmed", 30)
    assert (entry.claimed_minutes, entry.version) == (30, 3)
    verify_chain(entry.record)
    assert [event.verb for event in place.events.order_by("pk")] == ["confirm", "reopen", "confirm"]


def test_confirming_again_leaves_what_the_author_submitted_as_claimed(place, organizer, student):
    say(organizer, place, "confirm")
    student.post(f"{API}hour-entries/{entry_of(place).pk}/submit/")
    reopen(organizer, place)
    say(organizer, place, "confirm", minutes=30)
    entry = entry_of(place)
    assert (entry.status, entry.claimed_minutes, entry.attested_minutes) == ("submitted", 50, 30)


@pytest.mark.parametrize("reason", ["", "   ", None])
def test_reopening_needs_a_reason(place, organizer, reason):
    say(organizer, place, "confirm")
    assert reopen(organizer, place, reason).status_code == 400


@pytest.mark.parametrize(
    ("verb", "before", "kind"),
    [
        ("no-show", "expected", "marked_no_show"),
        ("no-show", "checked_in", "marked_no_show"),
        ("excuse", "expected", "excused"),
        ("excuse", "checked_in", "excused"),
    ],
)
def test_no_show_and_excuse_are_told_and_taken_back_to_where_it_stood(api, verb, before, kind):
    place = running_place(status=before)
    if before == "checked_in":
        CheckInFactory(attendance=place)
    organizer = api.as_(organizer_of(place))
    assert say(organizer, place, verb).json()["status"] == {"no-show": "no_show", "excuse": "excused"}[verb]
    assert OutboxMessage.objects.get(kind=kind).recipient == place.sign_up.person
    assert reopen(organizer, place).json()["status"] == before
    assert not HourEntry.objects.exists()


@pytest.mark.parametrize("verb", ["confirm", "no-show", "excuse"])
def test_no_word_is_said_before_the_shift_starts(api, verb):
    place = running_place(sign_up__shift__starts_at=NOON + SECOND)
    body = {"minutes": 60} if verb == "confirm" else {}
    assert refusal(say(api.as_(organizer_of(place)), place, verb, **body)) == (409, "not_started")


@pytest.mark.parametrize("verb", ["no-show", "excuse", "reopen"])
def test_nobody_speaks_of_their_own_attendance_nor_of_another_organisations(api, place, verb):
    body = {"reason": "Moi."}
    place.sign_up.person = organizer_of(place)
    place.sign_up.save()
    assert refusal(say(api.as_(place.sign_up.person), place, verb, **body)) == (409, "own_attendance")
    assert say(api.as_(OrganizationMembershipFactory().person), place, verb, **body).status_code == 404


# --- What counts -------------------------------------------------------------------------------------------------


def test_two_shifts_in_a_row_never_overlap_in_a_passport(api):
    person, start = UserFactory(), NOON.replace(second=0) - 4 * HOUR
    membership = OrganizationMembershipFactory()
    facts = {"sign_up__person": person, "sign_up__shift__mission__organization": membership.organization}
    first = running_place(**facts, sign_up__shift__starts_at=start, status="checked_out")
    second = running_place(**facts, sign_up__shift__starts_at=start + 2 * HOUR, status="checked_out")
    for place, came, left in ((first, 0, 145), (second, 100, 240)):
        CheckInFactory(attendance=place, occurred_at=start + came * MINUTE)
        CheckInFactory(attendance=place, direction="out", occurred_at=start + left * MINUTE)
    for order in ((first, second), (second, first)):
        organizer = api.as_(membership.person)
        confirmed = {place.pk: say(organizer, place, "confirm").json() for place in order}
        assert confirmed[first.pk]["left_at"] == confirmed[second.pk]["arrived_at"]
        assert sum(one["minutes"] for one in confirmed.values()) == 240
        entries = HourEntry.objects.order_by("started_at")
        assert entries[0].ended_at <= entries[1].started_at
        for place in order:
            reopen(organizer, place)


def test_in_bulk_they_do_not_overlap_either(api):
    person, start = UserFactory(), NOON.replace(second=0) - 4 * HOUR
    membership = OrganizationMembershipFactory()
    facts = {"sign_up__person": person, "sign_up__shift__mission__organization": membership.organization}
    places = []
    for number in range(2):
        place = running_place(**facts, sign_up__shift__starts_at=start + 2 * HOUR * number, status="checked_out")
        came, left = start + 2 * HOUR * number - 25 * MINUTE, start + 2 * HOUR * (number + 1) + 25 * MINUTE
        CheckInFactory(attendance=place, occurred_at=came)
        CheckInFactory(attendance=place, direction="out", occurred_at=min(left, NOON))
        places.append(place)
    assert confirm_all(api.as_(membership.person), places) == [("confirmed", None)] * 2
    rows = Attendance.objects.order_by("arrived_at")
    assert rows[0].left_at <= rows[1].arrived_at


@pytest.mark.parametrize(("minutes", "expected"), [(60, (200, None)), (61, (400, "minutes_impossible"))])
def test_the_organisers_minutes_do_not_end_in_the_future(api, minutes, expected):
    place = running_place()
    assert refusal(say(api.as_(organizer_of(place)), place, "confirm", minutes=minutes)) == expected


# --- In bulk -----------------------------------------------------------------------------------------------------


def confirm_all(client, places, minutes=None):
    body = {"confirmations": [{"attendance": str(place.pk), "minutes": minutes} for place in places]}
    results = client.post(f"{API}attendances/bulk-confirm/", body).json()["results"]
    assert [one["attendance"] for one in results] == [str(place.pk) for place in places]
    return [(one["status"], one["code"]) for one in results]


def test_a_bulk_confirms_each_by_itself_and_answers_in_order(api, place, organizer):
    shift = place.sign_up.shift
    good = attended(sign_up__shift=shift)
    without = running_place(sign_up__shift=shift)
    voided = running_place(sign_up__shift=shift, status="voided")
    foreign = attended()
    own = attended(sign_up__shift=shift, sign_up__person=organizer_of(place))
    assert confirm_all(organizer, [without, good, voided, foreign, place, good]) == [
        (None, "minutes_needed"),
        ("confirmed", None),
        (None, "wrong_state"),
        (None, "not_found"),
        ("confirmed", None),
        (None, "wrong_state"),
    ]
    assert confirm_all(api.as_(own.sign_up.person), [own]) == [(None, "own_attendance")]
    assert HourEntry.objects.count() == 2
    assert AttendanceEvent.objects.count() == 2


def test_a_bulk_gives_what_single_confirmations_give(api):
    """A property over many kinds of attendance: one call for all, or one for each, tell and write the same."""
    shift = running_place().sign_up.shift
    together, alone = (
        [
            attended(minutes=50, sign_up__shift=shift),
            attended(minutes=5, sign_up__shift=shift),
            *(running_place(status=status, sign_up__shift=shift) for status in ("checked_in", "no_show", "excused")),
        ]
        for _way in range(2)
    )
    organizer = api.as_(OrganizationMembershipFactory(organization=shift.mission.organization).person)
    for minutes in (None, 20):
        in_bulk = confirm_all(organizer, together, minutes)
        singly = []
        for place in alone:
            answer = say(organizer, place, "confirm", minutes=minutes).json()
            singly.append((None, answer["code"]) if "code" in answer else (answer["status"], None))
        assert in_bulk == singly
    facts = ("status", "minutes", "hour_entry__attested_minutes", "hour_entry__claimed_minutes")
    rows = [
        list(Attendance.objects.filter(pk__in=[place.pk for place in places]).order_by("pk").values_list(*facts))
        for places in (together, alone)
    ]
    assert rows[0] == rows[1]


@pytest.mark.parametrize("count", [0, 501])
def test_a_bulk_holds_one_to_five_hundred(organizer, place, count):
    body = {"confirmations": [{"attendance": str(place.pk)}] * count}
    assert organizer.post(f"{API}attendances/bulk-confirm/", body).status_code == 400


def test_a_bulk_that_writes_nothing_in_the_ledger_takes_a_constant_number_of_queries(
    organizer, place, assert_constant_queries
):
    shift, places = place.sign_up.shift, [place]

    def grow():
        places.extend(attended(sign_up__shift=shift) for _one in range(10))

    def call():
        assert {code for _status, code in confirm_all(organizer, places, minutes=720)} == {"minutes_impossible"}

    assert_constant_queries(call, grow=grow)


# --- At once -----------------------------------------------------------------------------------------------------


def assert_coherent(place):
    place.refresh_from_db()
    entry = HourEntry.objects.filter(attendance=place).first()
    confirmed = place.status == "confirmed"
    assert entry is None or (entry.attestation_status == "confirmed") is confirmed
    assert entry is None or (entry.attested_minutes is not None) is confirmed
    if entry is not None:
        verify_chain(entry.record)
        verbs = [event.facts["verb"] for event in RecordEvent.objects.filter(entry=entry).order_by("sequence")]
        assert verbs == (["attest_by_attendance", "reset"] * len(verbs))[: len(verbs)]
    words = [event.verb for event in place.events.order_by("pk")]
    assert len(words) == 0 or (words.count("confirm") - words.count("reopen")) == confirmed


def _confirm_and_reopen(organizers, place):
    moves = [partial(say, one, place, "confirm") for one in organizers]
    moves += [partial(reopen, one, place) for one in organizers]
    return at_once(moves * 2)


@pytest.fixture
def organizers(api, place):
    return [api.as_(organizer_of(place)) for _one in range(4)]


@pytest.mark.django_db(transaction=True)
def test_confirming_and_reopening_at_once_leave_attendance_and_ledger_agreed(organizers, place):
    for _round in range(5):
        answers = _confirm_and_reopen(organizers, place)
        assert {answer.status_code for answer in answers} <= {200, 409}
        assert_coherent(place)


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_control_without_row_locks_everybody_confirms_as_the_first(organizers, place, monkeypatch):
    without_row_locks(monkeypatch)
    meet_after(monkeypatch, attendances, "_neighbours", count=4)
    answers = at_once([partial(say, answering(one), place, "confirm") for one in organizers])
    # Under the lock the second one is told that it is confirmed already.
    assert 409 not in {answer.status_code for answer in answers}


@pytest.mark.django_db(transaction=True)
def test_a_decision_and_a_reopening_at_once_never_both_hold(place, organizer, student, teacher):
    say(organizer, place, "confirm")
    entry = entry_of(place)
    student.post(f"{API}hour-entries/{entry.pk}/submit/")
    decide = partial(teacher.post, f"{API}hour-entries/{entry.pk}/reject/", {"reason": "Non."})
    answers = at_once([decide, partial(reopen, organizer, place)])
    assert {answer.status_code for answer in answers} <= {200, 409}
    rejected, reopened = (answer.status_code == 200 for answer in answers)
    assert rejected  # unattested hours can be rejected, too
    verbs = list(entry.events.order_by("sequence").values_list("facts__verb", flat=True))
    assert verbs[2:] == (["reset", "reject"] if reopened else ["reject"])


def test_a_shift_of_a_whole_class_is_confirmed_at_once(api, enrolment):
    shift = ShiftFactory(starts_at=NOON - timedelta(hours=2))
    places = [attended(sign_up__shift=shift) for _one in range(30)]
    organizer = api.as_(OrganizationMembershipFactory(organization=shift.mission.organization).person)
    assert confirm_all(organizer, places) == [("confirmed", None)] * 30
    assert HourEntry.objects.filter(attested_minutes=50).count() == 30
