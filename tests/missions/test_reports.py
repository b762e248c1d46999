"""Reports of danger: anyone signed in, the region at once, the school for a minor, never the reported."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from missions import tasks
from missions.models import Report
from notifications.models import OutboxMessage
from tests.support.factories import (
    AttendanceFactory,
    EnrolmentFactory,
    MissionFactory,
    OrganizationFactory,
    OrganizationMembershipFactory,
    ReportFactory,
    ShiftFactory,
    SignUpFactory,
    StaffMembershipFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
URL = "/api/v1/reports/"
TEXT = "Il propose de ramener les élèves chez eux."


@pytest.fixture
def region():
    return UserFactory(region=True)


def minor_in(school, **facts):
    return EnrolmentFactory(class_group__school=school, student=UserFactory(aged_17=True, **facts)).student


def told():
    return set(OutboxMessage.objects.filter(kind="danger_reported").values_list("recipient", flat=True))


def test_the_region_and_the_reporters_school_are_told_at_once_and_nothing_is_said_in_the_message(api, region):
    school_manager = StaffMembershipFactory(manager=True)
    teacher = StaffMembershipFactory(school=school_manager.school)
    student = minor_in(school_manager.school, first_name="Inès", last_name="Bâ")
    mission = MissionFactory()
    coordinator = OrganizationMembershipFactory(organization=mission.organization).person
    made = api.as_(student).post(URL, {"mission": str(mission.pk), "text": TEXT})
    assert made.status_code == 201
    assert set(made.json()) == {"id", "created_at", "mission", "organization", "person", "message", "text"}
    assert told() == {region.pk, school_manager.person.pk}
    for message in OutboxMessage.objects.all():
        for word in (TEXT, "Inès", "Bâ", mission.title):
            assert word not in message.title + message.body + str(message.data)
    path = f"{URL}{made.json()['id']}/"
    for person, status in ((coordinator, 404), (teacher.person, 404), (school_manager.person, 200)):
        assert api.as_(person).get(path).status_code == status
    assert api.as_(region).get(path).json()["reporter_name"] == "Inès Bâ"


def test_a_reported_minors_school_is_told_without_the_name_of_who_told(api, region):
    school_manager = StaffMembershipFactory(manager=True)
    student = minor_in(school_manager.school)
    shift = ShiftFactory()
    SignUpFactory(shift=shift, person=student)
    coordinator = OrganizationMembershipFactory(organization=shift.mission.organization).person
    made = api.as_(coordinator).post(URL, {"person": str(student.pk), "text": TEXT}).json()
    assert told() == {region.pk, school_manager.person.pk}
    seen = api.as_(school_manager.person).get(f"{URL}{made['id']}/").json()
    assert (seen["reporter"], seen["reporter_name"], seen["person"]) == (None, "", str(student.pk))
    assert api.as_(student).get(f"{URL}{made['id']}/").status_code == 404


def test_who_came_of_age_is_no_schools_to_follow(api, region):
    school_manager = StaffMembershipFactory(manager=True)
    adult = EnrolmentFactory(class_group__school=school_manager.school, student=UserFactory()).student
    api.as_(adult).post(URL, {"organization": str(OrganizationFactory().pk), "text": TEXT})
    assert told() == {region.pk}
    assert api.as_(school_manager.person).get(URL).json()["results"] == []


def test_the_reported_never_see_it_whatever_else_they_are(api, region):
    """A school's manager, and one of the region's staff, are reported: by themselves, and by what they run."""
    accused_staff, accused_manager = UserFactory(region=True), StaffMembershipFactory(manager=True)
    student = minor_in(accused_manager.school)
    organization = OrganizationFactory()
    run_by_both = MissionFactory(organization=organization)
    for person in (accused_staff, accused_manager.person):
        OrganizationMembershipFactory(organization=organization, person=person)
    rows = [
        ReportFactory(reporter=student, mission=None, person=accused_staff),
        ReportFactory(reporter=student, mission=None, person=accused_manager.person),
        ReportFactory(reporter=student, mission=run_by_both),
        ReportFactory(reporter=student, mission=None, organization=organization),
    ]
    seen = {
        person: {row["id"] for row in api.as_(person).get(f"{URL}?page_size=100").json()["results"]}
        for person in (region, accused_staff, accused_manager.person)
    }
    ids = [str(row.pk) for row in rows]
    assert seen == {region: set(ids), accused_staff: {ids[1]}, accused_manager.person: {ids[0]}}
    for verb in ("take", "close"):
        body = {"follow_up": "Rien."} if verb == "close" else None
        assert api.as_(accused_staff).post(f"{URL}{ids[0]}/{verb}/", body).status_code == 404
    api.as_(student).post(URL, {"mission": str(run_by_both.pk), "text": TEXT})
    assert told() == {region.pk}


def test_the_reporter_reads_what_they_wrote_and_nothing_of_what_became_of_it(api, region):
    reporter = UserFactory()
    row = ReportFactory(reporter=reporter, text=TEXT)
    client, staff = api.as_(reporter), api.as_(region)
    before = client.get(f"{URL}{row.pk}/").json()
    assert staff.post(f"{URL}{row.pk}/close/", {"follow_up": "Trop tôt."}).status_code == 409
    assert staff.post(f"{URL}{row.pk}/take/").json()["status"] == "taken"
    assert staff.post(f"{URL}{row.pk}/take/").status_code == 409
    closed = staff.post(f"{URL}{row.pk}/close/", {"follow_up": "La mission est suspendue."}).json()
    assert (closed["status"], closed["taken_by"]) == ("closed", str(region.pk))
    assert client.get(f"{URL}{row.pk}/").json() == before
    # Nor by asking for those in a state.
    assert client.get(f"{URL}?status=closed").json()["results"] == []
    assert [one["id"] for one in staff.get(f"{URL}?status=closed").json()["results"]] == [str(row.pk)]


def test_a_report_is_about_one_thing_that_the_reporter_can_know(api, region):
    citizen = UserFactory()
    shift = ShiftFactory(taken_count=2)
    organizer = OrganizationMembershipFactory(organization=shift.mission.organization).person
    AttendanceFactory(sign_up__shift=shift, sign_up__person=citizen)
    beside = AttendanceFactory(sign_up__shift=shift).sign_up.person
    client = api.as_(citizen)
    for known in (organizer, beside):
        assert client.post(URL, {"person": str(known.pk), "text": TEXT}).status_code == 201
    draft, hidden = MissionFactory(draft=True), OrganizationFactory(unverified=True)
    stranger, nobody = UserFactory(), "0192f5a0-0000-7000-8000-000000000000"
    for target in (
        {"mission": str(draft.pk)},
        {"organization": str(hidden.pk)},
        {"person": str(stranger.pk)},
        {"mission": nobody},
        {"organization": nobody},
        {"person": nobody},
    ):
        answer = client.post(URL, {**target, "text": TEXT})
        assert (answer.status_code, answer.json()["code"]) == (400, "target_unknown")
    two = {"mission": str(shift.mission_id), "person": str(beside.pk)}
    for target in ({}, two):
        assert client.post(URL, {**target, "text": TEXT}).json()["code"] == "one_target"
    assert api.as_(region).post(URL, {"person": str(stranger.pk), "text": TEXT}).status_code == 201


def test_one_can_report_what_one_took_part_in_after_it_has_ended(api):
    mission = MissionFactory(status="closed", ended_at=timezone.now(), organization=OrganizationFactory(suspended=True))
    person = SignUpFactory(shift__mission=mission).person
    for target in ({"mission": str(mission.pk)}, {"organization": str(mission.organization_id)}):
        assert api.as_(person).post(URL, {**target, "text": TEXT}).status_code == 201


def test_reports_of_one_person_are_throttled(api):
    mission = MissionFactory()
    client = api.as_(UserFactory())
    answers = [client.post(URL, {"mission": str(mission.pk), "text": TEXT}).status_code for _one in range(11)]
    assert answers == [201] * 10 + [429]
    assert api.as_(UserFactory()).post(URL, {"mission": str(mission.pk), "text": TEXT}).status_code == 201
    assert client.get(URL).status_code == 200


def test_a_report_sent_twice_is_one(api, region):
    mission = MissionFactory()
    client = api.as_(UserFactory())
    for _twice in range(2):
        client.post(URL, {"mission": str(mission.pk), "text": TEXT}, key="once")
    assert Report.objects.count() == OutboxMessage.objects.count() == 1


def test_a_closed_report_is_deleted_after_a_year_and_an_open_one_never():
    now = timezone.now()
    kept = ReportFactory()
    ReportFactory(status="closed", taken_at=now, closed_at=now)
    with time_machine.travel(now + timedelta(days=364, hours=23)):
        tasks.forget_closed_reports()
    assert Report.objects.count() == 2
    with time_machine.travel(now + timedelta(days=365, hours=1)):
        for _twice in range(2):
            tasks.forget_closed_reports()
    assert Report.objects.get() == kept


def test_the_list_costs_the_same_however_long(api, region, assert_constant_queries):
    client = api.as_(region)
    ReportFactory()
    assert_constant_queries(lambda: client.get(URL), grow=lambda: ReportFactory.create_batch(5))
