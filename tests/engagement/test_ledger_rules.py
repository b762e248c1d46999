"""The rules of the ledger: what may be claimed and submitted, who decides and how, what a confirmation prefills."""

import threading
import uuid
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from functools import partial
from types import SimpleNamespace

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from engagement.models import HourEntry, Record
from engagement.services import entries
from engagement.states import STANDING_HOUR_ENTRY, HourEntryStatus
from missions.models import CheckIn
from notifications.models import OutboxMessage
from schools.models import ClassReferent
from schools.services.classes import ensure_school_year
from tests.support.factories import (
    AttendanceFactory,
    ClassGroupFactory,
    EngagementOptionFactory,
    EnrolmentFactory,
    HourEntryFactory,
    OrganizationMembershipFactory,
    RecordFactory,
    UserFactory,
    enrolled_student,
    record_of,
)
from tests.support.patience import PATIENCE_SECONDS, wait_for
from tests.support.queries import sql_of
from tests.support.races import answering, at_once, without_row_locks

pytestmark = pytest.mark.django_db

DAY = datetime(2026, 11, 18, 9, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def clock():
    """Two days after DAY, in the middle of a school year, whenever the suite runs."""
    with time_machine.travel(DAY + timedelta(days=2)):
        yield


@pytest.fixture
def school(api):
    """A student with a record and a teacher who answers for the class."""
    enrolment = enrolled_student()
    teacher = ClassReferent.objects.get(class_group=enrolment.class_group).membership.person
    return SimpleNamespace(
        enrolment=enrolment,
        record=record_of(enrolment),
        teacher=teacher,
        as_teacher=api.as_(teacher),
        as_student=api.as_(enrolment.student),
    )


def act(client, entry, verb, **body):
    answer = client.post(f"/api/v1/hour-entries/{entry.pk}/{verb}/", body)
    return answer.status_code, answer.json().get("code", answer.json().get("status"))


def bulk(client, *rulings):
    """Each ruling is (entry or id, verb, other members); answers the results."""
    body = [{"entry": str(getattr(entry, "pk", entry)), "verb": verb, **more} for entry, verb, more in rulings]
    answer = client.post("/api/v1/hour-entries/bulk-decisions/", {"decisions": body})
    assert answer.status_code == 200, answer.json()
    return answer.json()["results"]


# --- Deciding --------------------------------------------------------------------------------------------------
def test_a_bulk_decides_what_it_can_and_says_for_each_entry_what_became_of_it(school):
    submitted = HourEntryFactory.create_batch(5, record=school.record, submitted=True)
    foreign = HourEntryFactory(record=record_of(enrolled_student()), submitted=True)
    draft = HourEntryFactory(record=school.record)
    results = bulk(
        school.as_teacher,
        (submitted[0], "approve", {}),
        (foreign, "approve", {}),
        (submitted[1], "reject", {}),
        (submitted[2], "return", {"reason": "Précise le lieu."}),
        (submitted[0], "reject", {"reason": "Deux fois."}),
        (draft, "approve", {}),
        (uuid.uuid4(), "approve", {}),
        (submitted[3], "approve", {"minutes": 91}),
        (submitted[4], "approve", {"minutes": 60, "reason": "Pause déjeuner."}),
    )
    assert [one["code"] or one["status"] for one in results] == [
        "approved", "not_found", "reason_needed", "returned", "wrong_state",
        "not_found", "not_found", "minutes_impossible", "approved",
    ]  # fmt: skip
    assert [one["approved_minutes"] for one in results if one["status"] == "approved"] == [90, 60]
    assert OutboxMessage.objects.filter(kind__in=["approved", "partly_approved", "returned"]).count() == 3
    statuses = [HourEntry.objects.get(pk=entry.pk).status for entry in submitted]
    assert statuses == ["approved", "submitted", "returned", "submitted", "approved"]


def test_a_refused_decision_of_a_bulk_says_what_to_mend(school):
    entry = HourEntryFactory(record=school.record, submitted=True)
    rulings = [(entry, "reject", {}), (entry, "approve", {"minutes": 91})]
    for (_entry, verb, more), result in zip(rulings, bulk(school.as_teacher, *rulings), strict=True):
        alone = school.as_teacher.post(f"/api/v1/hour-entries/{entry.pk}/{verb}/", more).json()
        assert result["detail"] == " ".join(error["detail"] for error in alone["errors"])
        assert result["detail"] == alone["detail"]


def test_each_of_two_decisions_on_one_entry_answers_what_it_did(school):
    entry = HourEntryFactory(record=school.record, submitted=True)
    results = bulk(school.as_teacher, (entry, "approve", {}), (entry, "revoke", {"reason": "Erreur."}))
    assert [(one["status"], one["approved_minutes"]) for one in results] == [("approved", 90), ("revoked", None)]


def test_a_bulk_of_many_entries_asks_as_many_queries_as_one_of_few(school, assert_constant_queries):
    waiting = HourEntryFactory.create_batch(3 + 3 + 30, record=school.record, submitted=True)
    size = [3]

    def decide():
        taken = [waiting.pop() for _entry in range(size[0])]
        assert all(one["status"] == "approved" for one in bulk(school.as_teacher, *[(e, "approve", {}) for e in taken]))

    assert_constant_queries(decide, grow=lambda: size.__setitem__(0, 30))


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite takes fewer values a statement")
def test_a_bulk_of_500_entries_of_many_students_takes_20_statements_at_most(school):
    waiting = HourEntryFactory.create_batch(20, record=school.record, submitted=True)
    for size in range(1, 25):
        enrolment = EnrolmentFactory(class_group=school.enrolment.class_group)
        waiting += HourEntryFactory.create_batch(size * 8 // 5, record=record_of(enrolment), submitted=True)
    rulings = [(entry, "approve", {}) for entry in waiting[:500]]
    with CaptureQueriesContext(connection) as asked:
        assert all(one["status"] == "approved" for one in bulk(school.as_teacher, *rulings))
    statements = [sql for sql in sql_of(asked) if "SAVEPOINT" not in sql]
    assert len(rulings) > 450
    assert len(statements) <= 20, "\n".join(one[:200] for one in statements)


@pytest.mark.parametrize(("count", "status"), [(0, 400), (500, 200), (501, 400)])
def test_a_bulk_holds_1_to_500_decisions(school, count, status):
    body = [{"entry": str(uuid.uuid4()), "verb": "approve"} for _entry in range(count)]
    answer = school.as_teacher.post("/api/v1/hour-entries/bulk-decisions/", {"decisions": body})
    assert answer.status_code == status


@pytest.mark.parametrize(("verb", "body"), [
    ("reject", {}), ("reject", {"reason": "  "}), ("return", {}), ("approve", {"minutes": 89}),
])  # fmt: skip
def test_a_return_a_rejection_and_a_partial_approval_need_a_reason(school, verb, body):
    entry = HourEntryFactory(record=school.record, submitted=True)
    assert act(school.as_teacher, entry, verb, **body) == (400, "reason_needed")
    assert act(school.as_teacher, entry, verb, **{**body, "reason": "Parce que."})[0] == 200


@pytest.mark.parametrize(("minutes", "expected"), [(None, 80), (80, 80), (1, 1)])
def test_a_whole_approval_counts_what_is_claimed_and_attested(school, minutes, expected):
    entry = HourEntryFactory(record=school.record, submitted=True, attested_minutes=80)
    body = {} if minutes is None else {"minutes": minutes}
    assert act(school.as_teacher, entry, "approve", reason="Vu.", **body) == (200, "approved")
    entry.refresh_from_db()
    assert (entry.claimed_minutes, entry.attested_minutes, entry.approved_minutes) == (90, 80, expected)


def test_nobody_decides_on_their_own_hours(api, school):
    EnrolmentFactory(class_group=school.enrolment.class_group, student=school.teacher)
    own = HourEntryFactory(record=RecordFactory(person=school.teacher, option=school.record.option), submitted=True)
    assert act(school.as_teacher, own, "approve") == (409, "own_entry")


def test_nobody_decides_on_hours_they_attested_themselves(school):
    attendance = AttendanceFactory(confirmed=True, confirmed_by=school.teacher)
    entry = HourEntryFactory(record=school.record, submitted=True, attendance=attendance)
    assert act(school.as_teacher, entry, "approve") == (409, "attested_by_you")
    assert bulk(school.as_teacher, (entry, "approve", {}))[0]["code"] == "attested_by_you"


def test_only_those_who_answer_for_the_students_class_of_that_year_decide(api, school):
    entry = HourEntryFactory(record=school.record, submitted=True)
    stranger = ClassReferent.objects.get(class_group=enrolled_student().class_group).membership.person
    assert act(api.as_(stranger), entry, "approve") == (404, "not_found")
    assert act(school.as_student, entry, "approve") == (403, "permission_denied")
    passport = HourEntryFactory(record=RecordFactory(person=school.enrolment.student), submitted=True)
    assert act(school.as_teacher, passport, "approve") == (404, "not_found")


# --- Claiming and submitting -----------------------------------------------------------------------------------
def entry_at(record, start, minutes=60, **facts):
    return HourEntryFactory(
        record=record, started_at=start, ended_at=start + minutes * MINUTE, claimed_minutes=minutes, **facts
    )


@pytest.mark.parametrize("standing", ["submitted", "approved"])
@pytest.mark.parametrize(("offset", "status"), [(-60, 200), (-59, 409), (0, 409), (30, 409), (59, 409), (60, 200)])
def test_two_standing_entries_of_a_person_never_cover_the_same_time(school, standing, offset, status):
    other = entry_at(
        RecordFactory(person=school.enrolment.student), DAY, status=standing, submitted_at=DAY,
        approved_minutes=60 if standing == "approved" else None,
    )  # fmt: skip
    entry = entry_at(school.record, DAY + offset * MINUTE)
    answer = school.as_student.post(f"/api/v1/hour-entries/{entry.pk}/submit/")
    assert answer.status_code == status
    if status == 409:
        assert (answer.json()["code"], answer.json()["conflicting_entry"]) == ("overlaps", str(other.pk))


def test_drafts_returned_and_rejected_entries_and_those_of_others_stand_in_nobodys_way(school):
    entry_at(school.record, DAY)
    entry_at(school.record, DAY, status="returned", submitted_at=DAY)
    entry_at(school.record, DAY, status="rejected", submitted_at=DAY)
    entry_at(record_of(enrolled_student()), DAY, submitted=True)
    assert act(school.as_student, entry_at(school.record, DAY), "submit") == (200, "submitted")


@pytest.mark.django_db(transaction=True)
def test_two_overlapping_entries_submitted_at_once_leave_one(school):
    for day in range(8):
        start = DAY - timedelta(days=day)
        pair = [entry_at(school.record, start), entry_at(school.record, start + 30 * MINUTE)]
        answers = at_once([partial(act, school.as_student, entry, "submit") for entry in pair])
        assert sorted(answers) == [(200, "submitted"), (409, "overlaps")]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_control_without_locks_the_database_refuses_the_second_of_two_that_both_looked(monkeypatch, school):
    without_row_locks(monkeypatch)
    elsewhere = RecordFactory(person=school.enrolment.student, option=EngagementOptionFactory())
    # Handed in once and taken back: they stay in their two schools' records, whose chains then never meet.
    first, second = (entry_at(record, DAY, submitted_at=DAY) for record in (school.record, elsewhere))
    looked, is_handed_in, look = threading.Barrier(2), threading.Event(), entries.ensure_alone

    def look_and_wait(entry, detail):
        look(entry, detail)
        looked.wait(PATIENCE_SECONDS)
        if entry.pk == second.pk:
            wait_for(is_handed_in)

    def hand_in_first():
        answer = school.as_student.post(f"/api/v1/hour-entries/{first.pk}/submit/")
        is_handed_in.set()
        return answer

    monkeypatch.setattr(entries, "ensure_alone", look_and_wait)
    hand_in_second = partial(answering(school.as_student).post, f"/api/v1/hour-entries/{second.pk}/submit/")
    taken, refused = at_once([hand_in_first, hand_in_second])
    assert taken.status_code == 200
    assert (refused.status_code, refused.json()["code"]) == (409, "overlaps")
    assert refused.json()["conflicting_entry"] == str(first.pk)
    assert HourEntry.objects.standing().filter(started_at=DAY).get() == first
    assert second.events.count() == 0


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite holds no exclusion")
@pytest.mark.parametrize("status", HourEntryStatus)
@pytest.mark.parametrize("offset", [-60, -59, 0, 59, 60])
def test_the_database_refuses_what_the_rule_refuses_and_nothing_else(school, status, offset):
    entry_at(RecordFactory(person=school.enrolment.student), DAY, submitted=True)
    entry_at(RecordFactory(), DAY + offset * MINUTE, submitted=True)
    facts = {"status": status, "submitted_at": DAY, "approved_minutes": 60 if status == "approved" else None}
    entry = entry_at(school.record, DAY + offset * MINUTE)
    is_refused = status in STANDING_HOUR_ENTRY and HourEntry.objects.sharing_time_with(entry).exists()
    assert is_refused == (status in ("submitted", "approved") and abs(offset) < 60)
    with pytest.raises(IntegrityError) if is_refused else nullcontext(), transaction.atomic():
        HourEntry.objects.filter(pk=entry.pk).update(**facts)


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite holds no key of two columns")
def test_the_database_holds_an_entry_and_its_record_to_one_person(school):
    entry = entry_at(school.record, DAY)

    @transaction.atomic
    def give_to_another():
        HourEntry.objects.filter(pk=entry.pk).update(person=UserFactory())
        connection.check_constraints()

    with pytest.raises(IntegrityError, match="hour_entry_is_of_its_records_person"):
        give_to_another()


def edit(client, entry, match='"1"', **changes):
    answer = client.patch(f"/api/v1/hour-entries/{entry.pk}/", changes, HTTP_IF_MATCH=match)
    return answer.status_code, answer.json().get("code"), answer.json().get("claimed_minutes")


@pytest.mark.parametrize(("length", "break_minutes", "claimed"), [
    (90, 0, 90), (90, 75, 15), (90, 76, None), (15, 0, 15), (14, 0, None), (720, 0, 720), (721, 0, None),
    (780, 60, 720), (60, 60, None),
])  # fmt: skip
def test_an_entry_is_15_to_720_minutes_after_its_break(school, length, break_minutes, claimed):
    entry = HourEntryFactory(record=school.record)
    times = {"started_at": DAY.isoformat(), "ended_at": (DAY + length * MINUTE).isoformat()}
    answer = edit(school.as_student, entry, break_minutes=break_minutes, **times)
    assert answer == ((200, None, claimed) if claimed else (400, "minutes_impossible", None))


def test_hours_are_edited_only_by_their_author_in_draft_and_returned_and_never_over_a_newer_version(api, school):
    entry = HourEntryFactory(record=school.record)
    assert edit(school.as_student, entry, '"7"', reflection="!")[:2] == (412, "stale")
    assert act(school.as_student, entry, "submit")[0] == 200
    assert edit(school.as_student, entry, '"2"', reflection="!")[:2] == (409, "wrong_state")
    assert edit(school.as_teacher, entry, '"2"', reflection="!")[0] == 404
    assert act(school.as_teacher, entry, "return", reason="Précise.")[0] == 200
    assert edit(school.as_student, entry, '"3"', reflection="Voilà.")[0] == 200


def test_the_times_of_an_attendance_are_shortened_and_never_stretched(school):
    entry = entry_at(school.record, DAY, attendance=AttendanceFactory(confirmed=True))
    early = (DAY - MINUTE).isoformat()
    assert edit(school.as_student, entry, started_at=early)[:2] == (400, "outside_attendance")
    assert edit(school.as_student, entry, started_at=(DAY + 20 * MINUTE).isoformat()) == (200, None, 40)


def test_hours_of_an_attendance_that_were_shortened_by_a_typo_can_be_put_right(school):
    attendance = AttendanceFactory(confirmed=True, arrived_at=DAY, minutes=60)
    entry = entry_at(school.record, DAY, attendance=attendance)
    assert edit(school.as_student, entry, "*", ended_at=(DAY + 20 * MINUTE).isoformat()) == (200, None, 20)
    stretched = edit(school.as_student, entry, "*", ended_at=(DAY + 61 * MINUTE).isoformat())
    assert stretched[:2] == (400, "outside_attendance")
    assert edit(school.as_student, entry, "*", ended_at=(DAY + 60 * MINUTE).isoformat()) == (200, None, 60)


@pytest.mark.parametrize(("days", "expected"), [(60, (200, "submitted")), (60.001, (409, "too_late"))])
def test_hours_are_first_submitted_within_60_days(school, days, expected):
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        entry = entry_at(school.record, now - timedelta(days=days) - HOUR)
        assert act(school.as_student, entry, "submit") == expected


def test_hours_that_are_not_over_are_not_submitted_but_a_clock_may_run_a_minute_ahead(school):
    with time_machine.travel(timezone.now(), tick=False):
        future = entry_at(school.record, timezone.now() - HOUR + timedelta(seconds=61))
        assert act(school.as_student, future, "submit") == (409, "in_the_future")
        ahead = entry_at(school.record, timezone.now() - HOUR + MINUTE)
        assert act(school.as_student, ahead, "submit") == (200, "submitted")


# --- What a confirmation prefills ------------------------------------------------------------------------------
def confirmed(api, person, starts_at, *, came=None, left=None, hours=2, **body):
    """A shift that is over, its attendance confirmed over HTTP; answers the entry, None when there is none."""
    place = AttendanceFactory(
        sign_up__person=person, sign_up__shift__starts_at=starts_at, sign_up__shift__ends_at=starts_at + hours * HOUR
    )
    for direction, at in (("in", came), ("out", left)):
        if at:
            CheckIn.objects.create(attendance=place, direction=direction, occurred_at=at, sent_at=at, received_at=at)
    organizer = OrganizationMembershipFactory(organization=place.sign_up.shift.mission.organization).person
    answer = api.as_(organizer).post(f"/api/v1/attendances/{place.pk}/confirm/", body)
    assert answer.status_code == 200, answer.json()
    return HourEntry.objects.filter(attendance=place).first()


def test_a_students_hours_go_to_the_option_of_the_school_year_they_were_given_in(api):
    student = UserFactory(aged_17=True)
    years = [ensure_school_year(day) for day in (date(2025, 10, 1), date(2026, 10, 1))]
    classes = [ClassGroupFactory(school_year=year) for year in years]
    options = [EngagementOptionFactory(school=one.school, school_year=one.school_year) for one in classes]
    for one in classes:
        EnrolmentFactory(class_group=one, student=student)
    # 23:30 on 31 August and 00:30 on 1 September, in Paris.
    last, first = datetime(2026, 8, 31, 21, 30, tzinfo=UTC), datetime(2026, 8, 31, 22, 30, tzinfo=UTC)
    assert confirmed(api, student, last, minutes=30).record.option == options[0]
    assert confirmed(api, student, first, minutes=30).record.option == options[1]


def test_a_school_without_an_option_gets_the_regions_defaults_and_a_citizen_the_passport(api, settings):
    settings.OPTION_TARGET_MINUTES = 1234
    enrolment = enrolled_student()
    record = confirmed(api, enrolment.student, DAY, minutes=60).record
    assert (record.option.school, record.option.target_minutes) == (enrolment.class_group.school, 1234)
    citizen = UserFactory()
    first = confirmed(api, citizen, DAY, minutes=60)
    second = confirmed(api, citizen, DAY + 5 * HOUR, minutes=60)
    assert first.record == second.record == Record.objects.get(person=citizen, option=None)
    progress = api.as_(citizen).get("/api/v1/me/progress/").json()["records"]
    assert [(one["kind"], one["counted_minutes"]) for one in progress] == [("passport", 120)]


@pytest.mark.parametrize(("came", "left", "expected"), [
    (0, 120, (0, 120)), (10, 100, (10, 100)), (-30, 150, (-30, 150)), (-45, 151, (-30, 150)), (10, 240, (10, 150)),
])  # fmt: skip
def test_hours_run_from_check_in_to_check_out_clipped_to_the_shift_and_30_minutes(api, came, left, expected):
    entry = confirmed(api, UserFactory(), DAY, came=DAY + came * MINUTE, left=DAY + left * MINUTE)
    assert (entry.started_at, entry.ended_at) == tuple(DAY + edge * MINUTE for edge in expected)
    assert entry.claimed_minutes == entry.attested_minutes == expected[1] - expected[0]
    assert (entry.status, entry.attestation_status) == ("draft", "confirmed")


def test_a_long_shift_gives_12_hours_at_most(api):
    entry = confirmed(api, UserFactory(), DAY, hours=12, came=DAY - 30 * MINUTE, left=DAY + 750 * MINUTE)
    assert (entry.claimed_minutes, entry.started_at) == (720, DAY - 30 * MINUTE)


@pytest.mark.parametrize(("came", "start"), [(None, 0), (20, 20), (-50, -30)])
def test_minutes_given_by_the_organiser_run_from_the_check_in_or_the_start(api, came, start):
    at = None if came is None else DAY + came * MINUTE
    entry = confirmed(api, UserFactory(), DAY, came=at, left=at and at + 15 * MINUTE, minutes=100)
    assert (entry.started_at, entry.ended_at) == (DAY + start * MINUTE, DAY + (start + 100) * MINUTE)
    assert entry.claimed_minutes == entry.attested_minutes == 100


@pytest.mark.parametrize(("minutes", "is_made"), [(14, False), (15, True)])
def test_under_15_minutes_there_is_an_attendance_and_no_entry(api, minutes, is_made):
    person = UserFactory()
    assert bool(confirmed(api, person, DAY, minutes=minutes)) is is_made
    assert OutboxMessage.objects.filter(recipient=person, kind="attested").exists() is is_made


def test_hours_submitted_in_time_and_taken_back_can_be_submitted_after_the_sixty_days(school):
    entry = entry_at(school.record, timezone.now() - timedelta(days=59))
    author = school.enrolment.student
    entries.submit_entry(entry, actor=author)
    entries.withdraw_entry(entry, actor=author)
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        assert entries.submit_entry(entry, actor=author).status == "submitted"


def moved_and_handed_in(api, school, entry, start):
    """Status and code of handing in hours that were moved to another day."""
    phone = api.as_(school.enrolment.student)
    times = {"started_at": start.isoformat(), "ended_at": (start + HOUR).isoformat()}
    assert phone.patch(f"/api/v1/hour-entries/{entry.pk}/", times, HTTP_IF_MATCH="*").status_code == 200
    return act(phone, entry, "submit")


@pytest.mark.parametrize(("days", "expected"), [
    (-59, (200, "submitted")),
    (-61, (409, "too_late")),  # it was too late for them when the first ones were handed in
    (20, (409, "too_late")),  # they had not been given then: now is their first time
    (40, (200, "submitted")),
])  # fmt: skip
def test_hours_handed_in_once_are_no_way_around_the_sixty_days(api, school, days, expected):
    entry = HourEntryFactory(record=school.record, started_at=DAY, ended_at=DAY + HOUR)
    assert act(school.as_student, entry, "submit")[0] == 200
    assert act(school.as_student, entry, "withdraw")[0] == 200
    with time_machine.travel(DAY + timedelta(days=85)):
        handed_in = timezone.now() - timedelta(days=83)
        assert moved_and_handed_in(api, school, entry, handed_in + timedelta(days=days)) == expected
