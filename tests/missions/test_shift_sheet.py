"""The list of a shift as a table and as a page to print; the telephone of adults who allowed calls."""

import io
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from pypdf import PdfReader

from missions.models import EmergencyNumberView, ShiftListExport, SignUp
from tests.support.factories import (
    ConsentFactory,
    GuardianFactory,
    OrganizationMembershipFactory,
    ShiftFactory,
    SignUpFactory,
    UserFactory,
    enrolled_student,
)
from tests.support.world import API

pytestmark = pytest.mark.django_db
ADULTS, CHILDS, GUARDIANS = "+33611111111", "+33622222222", "+33633333333"


@pytest.fixture
def shift():
    return ShiftFactory()


@pytest.fixture
def coordinator(shift):
    return OrganizationMembershipFactory(organization=shift.mission.organization).person


@pytest.fixture
def minor(shift):
    enrolment = enrolled_student(
        student=UserFactory(aged_15=True, first_name="Inès", last_name="Bâ", phone=CHILDS)
    )
    guardian = GuardianFactory(student=enrolment.student, phone=GUARDIANS)
    ConsentFactory(guardian=guardian, granted=True)
    return SignUpFactory(
        shift=shift, person=enrolment.student, accepted=True, allows_calls=True, class_group=enrolment.class_group
    )


def sheet(api, person, shift, kind="csv"):
    answer = api.as_(person).get(f"{API}shifts/{shift.pk}/sheet/?file_format={kind}")
    assert answer.status_code == 200, answer.json()
    return answer.content.decode("utf-8-sig") if kind == "csv" else text_of(answer.content)


def text_of(pdf):
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    return " ".join(" ".join(pages).replace("\u200b", "").split())


def test_an_adult_who_allows_calls_is_called_once_accepted_until_a_day_after_and_nobody_else(api, shift, coordinator):
    adult = UserFactory(phone=ADULTS)
    made = api.as_(adult).post(f"{API}shifts/{shift.pk}/sign-up/", {"allows_calls": True})
    assert made.status_code == 201, made.json()
    quiet = UserFactory(phone=CHILDS)
    assert api.as_(quiet).post(f"{API}shifts/{shift.pk}/sign-up/").json()["allows_calls"] is False

    def phones():
        rows = api.as_(coordinator).get(f"{API}shifts/{shift.pk}/list/").json()
        return {row["person"]: row["phone"] for row in rows}

    assert phones() == {str(adult.pk): ADULTS, str(quiet.pk): ""}
    SignUp.objects.filter(person=adult).update(status="pending")
    assert phones()[str(adult.pk)] == ""
    SignUp.objects.filter(person=adult).update(status="accepted")
    with time_machine.travel(shift.ends_at + timedelta(hours=23)):
        assert phones()[str(adult.pk)] == ADULTS
    with time_machine.travel(shift.ends_at + timedelta(hours=25)):
        assert phones()[str(adult.pk)] == ""


def test_a_minors_telephone_is_shown_to_nobody_whatever_they_allowed(api, shift, coordinator, minor):
    (row,) = api.as_(coordinator).get(f"{API}shifts/{shift.pk}/list/").json()
    assert row["phone"] == ""
    assert CHILDS not in sheet(api, coordinator, shift)


def test_the_table_says_who_comes_and_holds_no_formula_and_no_emergency_number(api, shift, coordinator, minor):
    SignUpFactory(shift=shift, person=UserFactory(aged_15=True, first_name="Léa", last_name="Roy"))
    caller = UserFactory(first_name="=cmd", last_name="Z", phone=ADULTS)
    SignUpFactory(shift=shift, person=caller, accepted=True, allows_calls=True)
    with time_machine.travel(shift.starts_at):
        table = sheet(api, coordinator, shift)
    lines = table.splitlines()
    assert lines[1].startswith("'=cmd Z;")
    assert lines[2].startswith(f"Inès Bâ;A une place;{minor.class_group.name};Donné;")
    assert lines[3].startswith("Léa R.;Demande une place;;;")
    assert "Roy" not in table
    assert CHILDS not in table
    assert GUARDIANS not in table
    assert not EmergencyNumberView.objects.exists()
    export = ShiftListExport.objects.get()
    assert (export.shift, export.exported_by, export.file_format, export.line_count) == (shift, coordinator, "csv", 3)


def test_the_page_shows_emergency_numbers_around_the_shift_alone_each_reading_recorded(
    api, shift, coordinator, minor
):
    SignUpFactory(shift=shift, person=UserFactory(aged_15=True, phone=ADULTS))  # has no place yet
    before = sheet(api, coordinator, shift, "pdf")
    for word in ("Inès Bâ", "Arrivée", "Départ", "Donné"):
        assert word in before
    assert shift.mission.title in before
    assert GUARDIANS not in before
    assert not EmergencyNumberView.objects.exists()
    with time_machine.travel(shift.starts_at - timedelta(hours=23)):
        page = sheet(api, coordinator, shift, "pdf")
    assert GUARDIANS in page
    assert CHILDS in page
    assert ADULTS not in page
    view = EmergencyNumberView.objects.get()
    assert (view.sign_up, view.viewer, view.viewer_name) == (minor, coordinator, coordinator.full_name)
    with time_machine.travel(shift.ends_at + timedelta(hours=25)):
        assert GUARDIANS not in sheet(api, coordinator, shift, "pdf")
    assert ShiftListExport.objects.filter(file_format="pdf").count() == 3


def test_a_long_list_costs_as_many_queries_as_a_short_one(api, shift, coordinator, minor, assert_constant_queries):
    client = api.as_(coordinator)

    def grow():
        for _one in range(4):
            enrolment = enrolled_student(student=UserFactory(aged_15=True))
            GuardianFactory(student=enrolment.student, phone=GUARDIANS)
            SignUpFactory(shift=shift, person=enrolment.student, accepted=True, class_group=enrolment.class_group)

    with time_machine.travel(shift.starts_at):
        assert_constant_queries(lambda: client.get(f"{API}shifts/{shift.pk}/sheet/?file_format=pdf"), grow=grow)
    assert timezone.now() < shift.starts_at
