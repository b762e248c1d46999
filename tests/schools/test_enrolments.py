"""A student's place in a class: admitted with open eyes, ended, asked for again, corrected, erased, over HTTP."""

from datetime import date, timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import BirthDateChange, User
from consents.models import Consent, Guardian
from notifications import relay
from notifications.models import Notification, OutboxMessage
from schools import tasks
from schools.models import Enrolment, RosterLine
from tests.support.factories import (
    PASSWORD,
    ClassGroupFactory,
    ClassReferentFactory,
    EngagementOptionFactory,
    EnrolmentFactory,
    GuardianFactory,
    HourEntryFactory,
    OrganizationMembershipFactory,
    RecordFactory,
    RosterLineFactory,
    SignUpFactory,
    StaffMembershipFactory,
    UserFactory,
    enrolled_student,
    years_ago,
)

pytestmark = pytest.mark.django_db

ENROLMENTS = "/api/v1/enrolments/"


@pytest.fixture
def referent():
    later = timezone.now() + timedelta(days=90)
    return ClassReferentFactory(class_group__join_code="ABCD2345", class_group__join_code_expires_at=later)


@pytest.fixture
def teacher(api, referent):
    return api.as_(referent.membership.person)


def join(api, **changes):
    body = {
        "join_code": "ABCD2345",
        "email": "ines@example.org",
        "password": PASSWORD,
        "first_name": "INES",
        "last_name": "ba",
        "birth_date": years_ago(15).isoformat(),
        **changes,
    }
    answer = api.post("/api/v1/classes/join/", body)
    assert answer.status_code == 202, answer.json()
    return Enrolment.objects.filter(student__email=body["email"]).first()


def url(row, verb=""):
    return f"{ENROLMENTS}{row.pk}/{verb}/" if verb else f"{ENROLMENTS}{row.pk}/"


# --- Admitted with open eyes -----------------------------------------------------------------------------------
@pytest.fixture
def expected(referent):
    """The roster line of Inès Bâ, 15; she says that she is 19."""
    return RosterLineFactory(class_group=referent.class_group)


@pytest.fixture
def waiting(api, expected):
    return join(api, birth_date=years_ago(19).isoformat())


def test_who_answers_for_the_class_sees_the_declared_birth_date_and_the_line_of_that_name(teacher, expected, waiting):
    RosterLineFactory(
        class_group=expected.class_group, first_name="Autre", last_name="Diop", birth_date=years_ago(16)
    )
    seen = teacher.get(url(waiting)).json()
    assert seen["declared_birth_date"] == years_ago(19).isoformat()
    assert [(line["id"], line["birth_date"]) for line in seen["roster_lines"]] == [
        (str(expected.pk), years_ago(15).isoformat())
    ]
    assert teacher.get(ENROLMENTS).json()["results"][0] == seen


def test_nobody_else_sees_either(api, waiting):
    own = api.as_(waiting.student)
    for row in (own.get(url(waiting)).json(), own.get(ENROLMENTS).json()["results"][0]):
        assert (row["declared_birth_date"], row["roster_lines"]) == (None, [])
    fellow = EnrolmentFactory(class_group=waiting.class_group).student
    assert api.as_(fellow).get(url(waiting)).status_code == 404


def test_once_admitted_nobody_sees_a_birth_date_any_more(teacher, waiting):
    admitted = teacher.post(url(waiting, "admit"), {"roster_line": None}).json()
    assert admitted["status"] == "active"
    for row in (admitted, teacher.get(url(waiting)).json()):
        assert (row["declared_birth_date"], row["roster_lines"]) == (None, [])


def test_a_false_adult_is_not_waved_through_without_looking_at_the_line_of_that_name(teacher, waiting):
    refused = teacher.post(url(waiting, "admit"))
    assert (refused.status_code, refused.json()["code"]) == (409, "roster_line_undecided")
    waiting.refresh_from_db()
    assert waiting.status == "requested"


def test_admitting_as_the_expected_student_brings_the_birth_date_and_the_guardian(teacher, expected, waiting):
    admitted = teacher.post(url(waiting, "admit"), {"roster_line": str(expected.pk)}).json()
    assert (admitted["status"], admitted["student"]["is_minor"]) == ("active", True)
    expected.refresh_from_db()
    assert expected.enrolment == waiting
    assert Guardian.objects.get(student=waiting.student).email == "parent@example.org"
    assert Consent.objects.get().student == waiting.student
    assert BirthDateChange.objects.get().person == waiting.student


def test_somebody_else_of_that_name_is_admitted_by_saying_so(teacher, expected, waiting):
    assert teacher.post(url(waiting, "admit"), {"roster_line": None}).status_code == 200
    expected.refresh_from_db()
    assert expected.enrolment is None
    assert User.objects.get(pk=waiting.student_id).birth_date == years_ago(19)


def test_a_line_of_another_class_or_claimed_already_is_refused(teacher, expected, waiting):
    foreign = RosterLineFactory()
    claimed = RosterLineFactory(
        class_group=expected.class_group,
        first_name="Prise",
        enrolment=EnrolmentFactory(class_group=expected.class_group),
    )
    for line in (foreign, claimed):
        answer = teacher.post(url(waiting, "admit"), {"roster_line": str(line.pk)})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/roster_line")


def test_the_list_costs_the_same_however_many_wait(teacher, referent, assert_constant_queries):
    def grow():
        for number in range(5):
            RosterLineFactory(class_group=referent.class_group, first_name=f"N{number}")
            EnrolmentFactory(class_group=referent.class_group, requested=True)

    grow()
    assert_constant_queries(lambda: teacher.get(ENROLMENTS), grow=lambda: RosterLine.objects.all().delete() and grow())


# --- Ended, and asked for again --------------------------------------------------------------------------------
def test_the_end_closes_the_class_at_the_next_request_and_the_record_stays_readable_to_both_schools(api, teacher):
    former = Enrolment.objects.filter(student=enrolled_student().student).get()
    teacher = api.as_(former.class_group.referents.get().membership.person)
    option = EngagementOptionFactory(school=former.class_group.school, school_year=former.class_group.school_year)
    record = RecordFactory(person=former.student, option=option)
    entry = HourEntryFactory(record=record, submitted=True)
    student = api.as_(former.student)
    assert len(student.get("/api/v1/classes/").json()["results"]) == 1
    ended = teacher.post(url(former, "end")).json()
    assert (ended["status"], bool(ended["ended_at"])) == ("ended", True)
    assert student.get("/api/v1/classes/").json()["results"] == []
    present = enrolled_student(student=former.student)
    new_teacher = api.as_(present.class_group.referents.get().membership.person)
    for reader in (teacher, new_teacher, student):
        assert reader.get(f"/api/v1/records/{record.pk}/").status_code == 200
        assert reader.get(f"/api/v1/hour-entries/{entry.pk}/").status_code == 200
    # An entry handed in there waits for nobody else.
    assert new_teacher.post(f"/api/v1/hour-entries/{entry.pk}/approve/", {}).status_code == 404
    assert teacher.post(f"/api/v1/hour-entries/{entry.pk}/approve/", {}).status_code == 200
    colleague = StaffMembershipFactory(school=former.class_group.school).person
    assert api.as_(colleague).get(f"/api/v1/records/{record.pk}/").status_code == 404
    relay.run()
    assert Notification.objects.filter(recipient=former.student, kind="enrolment_ended").count() == 1


def test_in_another_class_of_the_school_only_who_answers_there_decides(api):
    former = enrolled_student()
    teacher = api.as_(former.class_group.referents.get().membership.person)
    option = EngagementOptionFactory(school=former.class_group.school, school_year=former.class_group.school_year)
    entry = HourEntryFactory(record=RecordFactory(person=former.student, option=option), submitted=True)
    teacher.post(url(former, "end"))
    room = ClassGroupFactory(school=former.class_group.school, school_year=former.class_group.school_year)
    EnrolmentFactory(class_group=room, student=former.student)
    colleague = api.as_(ClassReferentFactory(class_group=room).membership.person)
    assert teacher.post(f"/api/v1/hour-entries/{entry.pk}/approve/", {}).status_code == 404
    assert colleague.post(f"/api/v1/hour-entries/{entry.pk}/approve/", {}).status_code == 200


def test_the_former_school_does_not_read_what_the_new_one_keeps(api):
    former = enrolled_student()
    teacher = api.as_(former.class_group.referents.get().membership.person)
    teacher.post(url(former, "end"))
    present = enrolled_student(student=former.student)
    option = EngagementOptionFactory(school=present.class_group.school, school_year=present.class_group.school_year)
    record = RecordFactory(person=former.student, option=option)
    assert teacher.get(f"/api/v1/records/{record.pk}/").status_code == 404


def test_who_was_refused_asks_again_and_the_answer_says_nothing_of_it(api, teacher):
    row = join(api)
    assert teacher.post(url(row, "refuse")).json()["status"] == "refused"
    again = join(api)
    assert (again.pk, again.status) == (row.pk, "requested")
    assert OutboxMessage.objects.filter(kind="join_waiting").count() == 1, "the first was taken back"
    assert teacher.post(url(row, "admit")).json()["status"] == "active"
    assert row.class_group.enrolments.count() == 1


def test_who_was_refused_comes_in_at_once_when_the_roster_has_learnt_their_name(api, teacher, referent):
    row = join(api)
    teacher.post(url(row, "refuse"))
    RosterLineFactory(class_group=referent.class_group)
    assert join(api).status == "active"


def test_who_left_waits_for_the_teacher_again(api, teacher, referent):
    RosterLineFactory(class_group=referent.class_group)
    row = join(api)
    assert teacher.post(url(row, "end")).json()["status"] == "ended"
    assert join(api).status == "requested"


# --- The birth date --------------------------------------------------------------------------------------------
def correct(client, row, birth_date=None, reason="Erreur de saisie"):
    facts = {"birth_date": str(birth_date or years_ago(15)), "reason": reason}
    return client.post(url(row, "change-birth-date"), facts)


def test_the_school_corrects_a_birth_date_with_a_reason_and_the_student_is_told_without_it(api, caplog):
    row = enrolled_student()
    person = row.class_group.referents.get().membership.person
    assert correct(api.as_(person), row).json()["student"]["is_minor"] is True
    assert User.objects.get(pk=row.student_id).birth_date == years_ago(15)
    change = BirthDateChange.objects.get()
    assert (change.person, change.changed_by, change.reason) == (row.student, person, "Erreur de saisie")
    (told,) = OutboxMessage.objects.filter(recipient=row.student, kind="account_birth_date_changed")
    assert "Erreur de saisie" not in told.body
    for text in (told.title + told.body + str(told.data), caplog.text):
        assert str(years_ago(15)) not in text
    assert "birth_date_changed" in caplog.text


@pytest.mark.parametrize("facts", [
    {"birth_date": "2011-02-02"}, {"birth_date": "2011-02-02", "reason": ""}, {"reason": "Erreur"},
    {"birth_date": "2999-01-01", "reason": "Erreur"}, {"birth_date": "1899-01-01", "reason": "Erreur"},
])  # fmt: skip
def test_without_a_reason_or_with_an_impossible_date_nothing_changes(api, facts):
    row = enrolled_student()
    client = api.as_(row.class_group.referents.get().membership.person)
    assert client.post(url(row, "change-birth-date"), facts).status_code == 400
    assert not BirthDateChange.objects.exists()


def test_only_a_student_of_the_school_is_corrected_and_by_the_school_alone(api, teacher):
    row = join(api)
    assert correct(teacher, row).status_code == 409
    admitted = enrolled_student()
    assert correct(teacher, admitted).status_code == 404
    assert correct(api.as_(admitted.student), admitted).status_code == 403


def test_a_student_who_turns_out_to_be_below_16_gets_the_guardian_of_the_roster(api):
    row = enrolled_student(student=UserFactory())
    RosterLineFactory(class_group=row.class_group, enrolment=row)
    assert correct(api.as_(row.class_group.referents.get().membership.person), row).status_code == 200
    assert Guardian.objects.get(student=row.student).email == "parent@example.org"
    assert Consent.objects.get().student == row.student


def test_the_region_corrects_who_is_no_schools_student_in_the_admin(admin_client, django_user_model):
    citizen, student = UserFactory(), enrolled_student().student
    page = "/admin/accounts/birthdatechange/add/"
    facts = {"birth_date": "1990-05-05", "reason": "Pièce d'identité"}
    assert admin_client.post(page, {"person": str(student.pk), **facts}).status_code == 200
    assert admin_client.post(page, {"person": str(citizen.pk), **facts}).status_code == 302
    citizen.refresh_from_db()
    student.refresh_from_db()
    assert (citizen.birth_date, student.birth_date == date(1990, 5, 5)) == (date(1990, 5, 5), False)
    assert OutboxMessage.objects.get(kind="account_birth_date_changed").recipient == citizen
    assert admin_client.get("/admin/accounts/birthdatechange/").status_code == 200


# --- The roster vouches ----------------------------------------------------------------------------------------
def test_a_guardian_whom_the_student_named_is_verified_by_a_roster_line_of_that_address(api, teacher, referent):
    RosterLineFactory(class_group=referent.class_group, guardian_email="")
    row = join(api)
    GuardianFactory(student=row.student, email="parent@example.org", source="student", verified_at=None)
    student = {"first_name": "Inès", "last_name": "Bâ", "birth_date": str(years_ago(15))}
    lines = {"students": [{**student, "guardian_email": "Parent@example.org"}]}
    for _time in range(2):
        assert teacher.post(f"/api/v1/classes/{referent.class_group_id}/students/", lines).status_code == 201
    guardian = Guardian.objects.get(student=row.student)
    assert guardian.verified_at is not None
    assert Consent.objects.get().guardian == guardian


def test_one_named_before_the_student_is_matched_is_verified_too(teacher, expected, waiting):
    GuardianFactory(student=waiting.student, email="parent@example.org", source="student", verified_at=None)
    teacher.post(url(waiting, "admit"), {"roster_line": str(expected.pk)})
    assert Guardian.objects.get(student=waiting.student).verified_at is not None


# --- Erased ----------------------------------------------------------------------------------------------------
def after(days):
    return time_machine.travel(timezone.now() + timedelta(days=days, minutes=1), tick=False)


def erase():
    for _time in range(2):
        tasks.erase_joins_left_waiting()


def test_a_join_that_nobody_decides_for_30_days_goes_with_the_account_it_opened(api, referent):
    row = join(api)
    with after(29):
        erase()
        assert Enrolment.objects.filter(pk=row.pk).exists()
    with after(30):
        erase()
        assert not User.objects.filter(email="ines@example.org").exists()
        assert not OutboxMessage.objects.filter(kind="join_waiting").exists()
        assert join(api).status == "requested"


def test_asking_again_starts_the_30_days_anew(api, teacher):
    row = join(api)
    teacher.post(url(row, "refuse"))
    with after(20):
        join(api)
    with after(31):
        erase()
        assert Enrolment.objects.get(pk=row.pk).status == "requested"


@pytest.mark.parametrize("life", [
    lambda person: EnrolmentFactory(student=person),
    lambda person: StaffMembershipFactory(person=person),
    lambda person: OrganizationMembershipFactory(person=person),
    lambda person: SignUpFactory(person=person),
    lambda person: RecordFactory(person=person),
])  # fmt: skip
def test_who_has_another_life_keeps_the_account(api, referent, life):
    row = join(api)
    life(row.student)
    with after(30):
        erase()
    assert not Enrolment.objects.filter(pk=row.pk).exists()
    assert User.objects.filter(pk=row.student_id).exists()


def test_a_citizen_who_tried_a_class_stays_a_citizen(api, referent):
    with time_machine.travel(timezone.now() - timedelta(days=3), tick=False):
        citizen = UserFactory(email="ines@example.org", birth_date=years_ago(19))
    row = join(api, birth_date=years_ago(19).isoformat())
    with after(30):
        erase()
    assert not Enrolment.objects.filter(pk=row.pk).exists()
    assert User.objects.filter(pk=citizen.pk).exists()


def test_admitted_refused_and_ended_enrolments_are_not_touched(api, referent):
    for status in ("active", "refused", "ended"):
        dated = {"activated_at": timezone.now() if status in ("active", "ended") else None}
        dated["ended_at"] = timezone.now() if status == "ended" else None
        EnrolmentFactory(class_group=referent.class_group, status=status, **dated)
    with after(400):
        erase()
    assert Enrolment.objects.count() == 3


def test_the_setting_says_how_long(api, referent, settings):
    settings.JOIN_WAITING_DAYS = 3
    join(api)
    with after(3):
        erase()
    assert not User.objects.filter(email="ines@example.org").exists()
