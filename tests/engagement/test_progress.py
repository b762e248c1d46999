"""Where a student stands: what counts after caps, what waits, what is expected so far, for one and for a class."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from engagement.models import EngagementOption, HourEntry
from engagement.progress import expected_minutes
from tests.support.factories import (
    ClassGroupFactory,
    ClassReferentFactory,
    EngagementOptionFactory,
    EnrolmentFactory,
    HourEntryFactory,
    MissionFactory,
    RecordFactory,
    StaffMembershipFactory,
)
from tests.support.world import API

pytestmark = pytest.mark.django_db

# The 91st day of the school year 2026-2027, at noon in Paris.
NOW = datetime(2026, 11, 30, 11, tzinfo=UTC)


@pytest.fixture(autouse=True)
def a_day_in_november():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def student():
    """An enrolment since the first day, with its record under an option of 3,640 minutes: 10 a day, roughly."""
    enrolment = EnrolmentFactory(activated_at=datetime(2026, 9, 1, 6, tzinfo=UTC))
    option = EngagementOptionFactory(
        school=enrolment.class_group.school,
        school_year=enrolment.class_group.school_year,
        target_minutes=3650,
    )
    enrolment.record = RecordFactory(person=enrolment.student, option=option)
    return enrolment


def approve(record, minutes, *, domain="sante", days_ago=3, **traits):
    started_at = NOW - timedelta(days=days_ago)
    return HourEntryFactory(
        record=record,
        mission=MissionFactory(domain=domain),
        started_at=started_at,
        ended_at=started_at + timedelta(minutes=720),
        claimed_minutes=min(minutes, 720),
        attested_minutes=min(minutes, 720),
        approved=True,
        **{"approved_minutes": minutes, **traits},
    )


def progress(api, person):
    return api.as_(person).get(f"{API}me/progress/").json()["records"][0]


def change(option, **rules):
    EngagementOption.objects.filter(pk=option.pk).update(**rules)


def test_what_is_expected_is_the_share_of_the_days_that_have_passed(api, student):
    mine = progress(api, student.student)
    # 90 whole days of 365.
    assert (mine["target_minutes"], mine["expected_minutes"]) == (3650, 900)
    assert mine["deadline_on"] == "2027-08-31"


@pytest.mark.parametrize(
    ("approved", "pending", "days_ago", "status"),
    [
        (3650, 0, 3, "complete"),
        (900, 0, 3, "on_track"),
        (500, 400, 3, "on_track"),
        (630, 0, 3, "behind"),
        (629, 0, 3, "at_risk"),
        (630, 0, 43, "at_risk"),
        (900, 0, 43, "on_track"),
    ],
)
def test_on_track_behind_at_risk_and_complete(api, student, approved, pending, days_ago, status):
    approve(student.record, approved, days_ago=days_ago)
    if pending:
        HourEntryFactory(
            record=student.record,
            submitted=True,
            claimed_minutes=pending,
            attested_minutes=None,
            attestation_status="none",
        )
    mine = progress(api, student.student)
    assert (mine["status"], mine["counted_minutes"], mine["pending_minutes"]) == (status, approved, pending)


def test_who_has_given_nothing_yet_is_at_risk_only_after_six_weeks(api, student):
    student.activated_at = NOW - timedelta(days=20)
    student.save()
    assert progress(api, student.student)["status"] == "at_risk"  # 0 is below 0.7 of anything
    with time_machine.travel(datetime(2026, 9, 1, 7, tzinfo=UTC)):
        assert progress(api, student.student)["status"] == "on_track"


def test_a_cap_bounds_what_counts_of_a_domain_and_what_may_still_count(api, student):
    change(student.record.option, domain_caps={"sport": 300})
    approve(student.record, 250, domain="sport")
    approve(student.record, 250, domain="sport", days_ago=5)
    approve(student.record, 100, domain="sante", days_ago=7)
    HourEntryFactory(record=student.record, mission=MissionFactory(domain="sport"), submitted=True)
    mine = progress(api, student.student)
    assert (mine["counted_minutes"], mine["pending_minutes"], mine["waiting_count"]) == (400, 0, 1)
    assert mine["by_domain"] == [
        {"domain": "sante", "counted_minutes": 100, "approved_minutes": 100, "cap_minutes": None},
        {"domain": "sport", "counted_minutes": 300, "approved_minutes": 500, "cap_minutes": 300},
    ]


def test_changed_rules_are_followed_at_once_and_lose_nothing(api, student):
    manager = StaffMembershipFactory(school=student.class_group.school, manager=True).person
    approve(student.record, 500, domain="sport")
    path = f"{API}engagement-options/{student.record.option.pk}/"
    client = api.as_(manager)
    tag = client.get(path)["ETag"]
    rules = {"target_minutes": 400, "domain_caps": [{"domain": "sport", "minutes": 100}], "deadline_on": "2027-06-15"}
    changed = client.patch(path, rules, HTTP_IF_MATCH=tag)
    assert changed.status_code == 200
    assert changed.json()["domain_caps"] == rules["domain_caps"]
    mine = progress(api, student.student)
    assert (mine["target_minutes"], mine["counted_minutes"], mine["deadline_on"]) == (400, 100, "2027-06-15")
    client.patch(path, {"domain_caps": []}, HTTP_IF_MATCH=changed["ETag"])
    assert progress(api, student.student)["counted_minutes"] == 500


@pytest.mark.parametrize(
    ("rules", "pointer"),
    [
        ({"deadline_on": "2026-08-31"}, "/deadline_on"),
        ({"deadline_on": "2027-09-01"}, "/deadline_on"),
        ({"domain_caps": [{"domain": "sport", "minutes": 1}, {"domain": "sport", "minutes": 2}]}, "/domain_caps"),
        ({"domain_caps": [{"domain": "magie", "minutes": 1}]}, "/domain_caps/0/domain"),
        ({"domain_caps": [{"domain": "sport", "minutes": -1}]}, "/domain_caps/0/minutes"),
        ({"target_minutes": 0}, "/target_minutes"),
    ],
)
def test_rules_that_cannot_be_are_refused_and_say_where(api, student, rules, pointer):
    manager = StaffMembershipFactory(school=student.class_group.school, manager=True).person
    path = f"{API}engagement-options/{student.record.option.pk}/"
    answer = api.as_(manager).patch(path, rules, HTTP_IF_MATCH="*")
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_school_that_chose_nothing_has_the_regions_rules(api, settings):
    settings.OPTION_DEADLINE = "06-15"
    settings.OPTION_ATTESTATION_REQUIRED = True
    manager = StaffMembershipFactory(manager=True)
    answer = api.as_(manager.person).post(
        f"{API}engagement-options/", {"school": str(manager.school.pk), "target_minutes": 600}
    )
    assert answer.status_code == 201
    chosen = answer.json()
    assert (chosen["target_minutes"], chosen["deadline_on"], chosen["is_attestation_required"]) == (
        600,
        "2027-06-15",
        True,
    )


def test_who_arrives_in_the_middle_of_the_year_is_expected_what_falls_on_their_days(api, student):
    student.activated_at = datetime(2026, 11, 20, 8, tzinfo=UTC)
    student.save()
    assert progress(api, student.student)["expected_minutes"] == 100


def test_expectation_never_passes_the_target_and_is_never_negative(student):
    option = student.record.option
    came = datetime(2026, 9, 1, tzinfo=UTC)
    assert expected_minutes(option, came, datetime(2028, 1, 1, tzinfo=UTC)) == 3650
    assert expected_minutes(option, came, datetime(2026, 8, 1, tzinfo=UTC)) == 0
    option.deadline_on = date(2026, 11, 29)
    assert expected_minutes(option, came, NOW) == 3650


def test_hours_from_before_the_student_came_count_or_not_as_the_option_says(api, student):
    student.activated_at = NOW - timedelta(days=10)
    student.save()
    approve(student.record, 60, days_ago=20)
    approve(student.record, 30, days_ago=2)
    assert progress(api, student.student)["counted_minutes"] == 90
    change(student.record.option, counts_before_enrolment=False)
    assert progress(api, student.student)["counted_minutes"] == 30


def test_who_changes_school_keeps_the_record_and_carries_its_hours_where_the_new_option_lets_them_count(api, student):
    approve(student.record, 120)
    new_class = ClassGroupFactory(school_year=student.class_group.school_year)
    EnrolmentFactory(class_group=new_class, student=student.student, activated_at=NOW - timedelta(days=2))
    option = EngagementOptionFactory(school=new_class.school, school_year=new_class.school_year)
    approve(RecordFactory(person=student.student, option=option), 45, days_ago=1)

    def both():
        rows = api.as_(student.student).get(f"{API}me/progress/").json()["records"]
        return [(row["counted_minutes"], row["carried_minutes"]) for row in rows]

    # The newest record first. Hours after the student had left are no affair of the former school.
    assert both() == [(165, 120), (120, 0)]
    change(option, counts_before_enrolment=False)
    assert both()[0] == (45, 0)


def test_who_changes_class_keeps_record_and_standing_and_is_the_new_teachers_to_decide_on(api, student):
    approve(student.record, 600)
    former = ClassReferentFactory(class_group=student.class_group)
    new = ClassReferentFactory(
        class_group=ClassGroupFactory(school=former.class_group.school, school_year=former.class_group.school_year)
    )
    before = progress(api, student.student)
    waiting = HourEntryFactory(record=student.record, submitted=True)
    ended = api.as_(former.membership.person).post(f"{API}enrolments/{student.pk}/end/")
    assert ended.status_code == 200, ended.json()
    EnrolmentFactory(class_group=new.class_group, student=student.student, activated_at=NOW)
    after = progress(api, student.student)
    assert after["record"] == before["record"] == str(student.record.pk)
    assert (after["counted_minutes"], after["expected_minutes"]) == (600, before["expected_minutes"])

    def standing(referent):
        path = f"{API}classes/{referent.class_group.pk}/progress/"
        return [
            (one["record"], one["counted_minutes"], one["expected_minutes"])
            for one in api.as_(referent.membership.person).get(path).json()["students"]
        ]

    assert standing(new) == [(str(student.record.pk), 600, before["expected_minutes"])]
    assert standing(former) == []
    decide = f"{API}hour-entries/{waiting.pk}/approve/"
    assert api.as_(former.membership.person).post(decide, {}).status_code == 404
    assert api.as_(new.membership.person).post(decide, {}).status_code == 200


def test_a_student_without_any_hour_stands_in_the_class_like_the_others(api):
    referent = ClassReferentFactory()
    enrolment = EnrolmentFactory(class_group=referent.class_group, activated_at=NOW)
    row = api.as_(referent.membership.person).get(f"{API}classes/{referent.class_group.pk}/progress/").json()
    assert row["target_minutes"] == 36 * 60
    assert [(one["student"], one["record"], one["counted_minutes"], one["status"]) for one in row["students"]] == [
        (str(enrolment.student_id), None, 0, "on_track")
    ]
    assert (row["on_track_count"], row["complete_count"]) == (1, 0)
    assert not EngagementOption.objects.exists(), "to read writes nothing"


def test_a_student_sees_the_option_from_the_first_day_on(api):
    enrolment = EnrolmentFactory(activated_at=datetime(2026, 9, 1, 6, tzinfo=UTC))
    year, school = enrolment.class_group.school_year, enrolment.class_group.school
    (mine,) = api.as_(enrolment.student).get(f"{API}me/progress/").json()["records"]
    assert (mine["record"], mine["kind"], mine["school_year_label"]) == (None, "option", "2026-2027")
    assert (mine["target_minutes"], mine["counted_minutes"], mine["status"]) == (36 * 60, 0, "at_risk")
    option = EngagementOptionFactory(school=school, school_year=year, target_minutes=3650)
    mine = progress(api, enrolment.student)
    assert (mine["record"], mine["target_minutes"], mine["expected_minutes"]) == (None, 3650, 900)
    record = RecordFactory(person=enrolment.student, option=option)
    assert [row["record"] for row in api.as_(enrolment.student).get(f"{API}me/progress/").json()["records"]] == [
        str(record.pk)
    ]


def test_who_waits_for_a_teacher_or_has_left_has_no_option_to_stand_under(api):
    for traits in ({"status": "requested", "activated_at": None}, {"status": "ended", "ended_at": NOW}):
        student = EnrolmentFactory(**traits).student
        assert api.as_(student).get(f"{API}me/progress/").json()["records"] == [], traits


def test_a_class_is_read_in_a_constant_number_of_queries(api, student, assert_constant_queries):
    teacher = ClassReferentFactory(class_group=student.class_group).membership.person
    client = api.as_(teacher)

    def grow():
        for _student in range(5):
            enrolment = EnrolmentFactory(class_group=student.class_group)
            approve(RecordFactory(person=enrolment.student, option=student.record.option), 60)

    path = f"{API}classes/{student.class_group.pk}/progress/"
    assert_constant_queries(lambda: client.get(path), grow=grow)
    assert len(client.get(path).json()["students"]) == 6


def test_a_class_of_35_takes_six_queries_beside_the_sign_in(api, student, django_assert_max_num_queries):
    teacher = ClassReferentFactory(class_group=student.class_group).membership.person
    for _student in range(34):
        enrolment = EnrolmentFactory(class_group=student.class_group)
        approve(RecordFactory(person=enrolment.student, option=student.record.option), 60)
    client = api.as_(teacher)
    # One more finds session and person.
    with django_assert_max_num_queries(7):
        assert len(client.get(f"{API}classes/{student.class_group.pk}/progress/").json()["students"]) == 35


def test_an_option_that_wants_attestation_approves_nothing_without(api, student):
    change(student.record.option, is_attestation_required=True)
    teacher = ClassReferentFactory(class_group=student.class_group).membership.person
    bare = HourEntryFactory(record=student.record, submitted=True, attestation_status="none", attested_minutes=None)
    attested = HourEntryFactory(record=student.record, submitted=True)
    client = api.as_(teacher)
    refused = client.post(f"{API}hour-entries/{bare.pk}/approve/", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "attestation_needed")
    assert client.post(f"{API}hour-entries/{attested.pk}/approve/", {}).status_code == 200
    assert client.post(f"{API}hour-entries/{bare.pk}/return/", {"reason": "Faites attester."}).status_code == 200


def test_an_option_that_wants_attestation_approves_no_more_than_is_attested(api, student):
    client = api.as_(ClassReferentFactory(class_group=student.class_group).membership.person)
    given = {"minutes": 90, "reason": "Elle y était, je l'ai vue."}

    def approval(**facts):
        entry = HourEntryFactory(record=student.record, submitted=True, attested_minutes=60)
        answer = client.post(f"{API}hour-entries/{entry.pk}/approve/", {**given, **facts}).json()
        return answer.get("code") or answer["approved_minutes"]

    assert approval() == 90
    change(student.record.option, is_attestation_required=True)
    assert [approval(), approval(minutes=60), approval(minutes=None)] == ["minutes_impossible", 60, 60]


def test_a_draft_that_only_its_author_knows_moves_no_teachers_table(api, student):
    student.activated_at = NOW - timedelta(days=50)
    student.save()
    approve(student.record, 60, days_ago=50)
    change(student.record.option, target_minutes=400)
    teacher = api.as_(ClassReferentFactory(class_group=student.class_group).membership.person)

    def line():
        return teacher.get(f"{API}classes/{student.class_group_id}/progress/").json()["students"][0]

    before = line()
    draft = HourEntryFactory(
        record=student.record,
        started_at=NOW - timedelta(days=2),
        attestation_status="none",
        attested_minutes=None,
    )
    assert line() == before
    HourEntry.objects.filter(pk=draft.pk).update(status="submitted", submitted_at=NOW)
    assert line()["last_entry_on"] == str((NOW - timedelta(days=2)).date())
