"""What leaves the house: a class as a table without formulas, written down each time, and a student's own papers."""

import csv
import io

import openpyxl
import pytest

from engagement.models import Export
from schools.models import Comment
from tests.support.factories import (
    ClassReferentFactory,
    EnrolmentFactory,
    HourEntryFactory,
    StaffMembershipFactory,
    UserFactory,
    enrolled_student,
    record_of,
)

pytestmark = pytest.mark.django_db

API = "/api/v1/"


@pytest.fixture
def enrolment():
    return enrolled_student(student=UserFactory(aged_17=True, first_name="Inès", last_name="Bâ"))


@pytest.fixture
def referent(enrolment):
    return enrolment.class_group.referents.get().membership.person


def approved(record, minutes, **facts):
    return HourEntryFactory(record=record, status="approved", approved_minutes=minutes, submitted=True, **facts)


def path_of(enrolment, file_format="csv"):
    return f"{API}classes/{enrolment.class_group_id}/export/?file_format={file_format}"


def lines_of(answer):
    assert answer.content.startswith("\ufeff".encode())
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), delimiter=";"))


def comment_on(client, enrolment, text, match='"0"'):
    return client.put(f"{API}enrolments/{enrolment.pk}/comment/", {"text": text}, HTTP_IF_MATCH=match)


# --- The class ---------------------------------------------------------------------------------------------------
def test_a_class_is_one_line_a_student_with_minutes_by_domain_standing_and_comment(api, enrolment, referent):
    record = record_of(enrolment)
    approved(record, 90, domain="sport")
    approved(record, 30, domain="sport")
    approved(record, 60, domain="humanitaire")
    HourEntryFactory(record=record, submitted=True, domain="sport", claimed_minutes=45)
    EnrolmentFactory(class_group=enrolment.class_group, student__last_name="Absent", student__first_name="Léo")
    client = api.as_(referent)
    assert comment_on(client, enrolment, "Très investie.").status_code == 200
    answer = client.get(path_of(enrolment))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="classe.csv"'
    assert answer["Cache-Control"] == "no-store"
    absent, present = lines_of(answer)
    assert (absent["Nom"], absent["Comptées (minutes)"], absent["Appréciation"]) == ("Absent", "0", "")
    assert present["Nom"] == "Bâ"
    assert present["Prénom"] == "Inès"
    assert present["Sport (minutes)"] == "120"
    assert present["Humanitaire (minutes)"] == "60"
    assert present["Comptées (minutes)"] == "180"
    assert present["En attente (minutes)"] == "45"
    assert present["Situation"] in ("Dans les temps", "En retard", "À risque")
    assert present["Appréciation"] == "Très investie."
    assert not [name for name in present if "Animaux" in name], "only domains that somebody gave hours to"


def test_the_workbook_says_the_same(api, enrolment, referent):
    approved(record_of(enrolment), 90, domain="sport")
    client = api.as_(referent)
    answer = client.get(path_of(enrolment, "xlsx"))
    headings, values = openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True)
    (line,) = lines_of(client.get(path_of(enrolment)))
    assert ["" if value is None else str(value) for value in values] == [line[name] for name in headings]
    assert values[2] == 90, "a number is a number"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
def test_no_cell_is_a_formula(api, enrolment, referent, start):
    name = f"{start}HYPERLINK(1)"
    type(enrolment.student).objects.filter(pk=enrolment.student_id).update(last_name=name)
    Comment.objects.create(enrolment=enrolment, text=f"{start}1+1", version=1)
    client = api.as_(referent)
    (line,) = lines_of(client.get(path_of(enrolment)))
    assert (line["Nom"], line["Appréciation"]) == (f"'{name}", f"'{start}1+1")
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(path_of(enrolment, "xlsx")).content)).active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert any(cell.value and str(cell.value).endswith("HYPERLINK(1)") for cell in cells)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_cell_is_a_formula_where_another_separator_is_read_either(api, enrolment, referent, separator):
    """A program that reads commas takes no notice of our semicolons, nor of a quotation mark that stands after one."""
    name = f"Anne{separator}=HYPERLINK(1)"
    type(enrolment.student).objects.filter(pk=enrolment.student_id).update(last_name=name)
    Comment.objects.create(enrolment=enrolment, text="Sérieuse, -2 absences\n- très à l'écoute", version=1)
    answer = api.as_(referent).get(path_of(enrolment))
    (line,) = lines_of(answer)
    assert line["Appréciation"] == "Sérieuse, -2 absences\n- très à l'écoute", "what people write is left alone"
    assert line["Nom"] == f"Anne{separator}'=HYPERLINK(1)"
    rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=separator)
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))]


def test_each_export_is_written_down_for_who_took_it_and_for_the_manager(api, enrolment, referent):
    manager = StaffMembershipFactory(school=enrolment.class_group.school, manager=True).person
    colleague = StaffMembershipFactory(school=enrolment.class_group.school).person
    api.as_(referent).get(path_of(enrolment))
    api.as_(referent).get(path_of(enrolment, "xlsx"))
    api.as_(colleague).get(path_of(enrolment))
    newest, oldest = api.as_(manager).get(f"{API}exports/").json()["results"]
    assert (oldest["file_format"], newest["file_format"], oldest["line_count"]) == ("csv", "xlsx", 1)
    assert oldest["exported_by_name"] == referent.full_name
    assert len(api.as_(referent).get(f"{API}exports/").json()["results"]) == 2
    assert api.as_(colleague).get(f"{API}exports/").json()["results"] == []
    assert Export.objects.count() == 2, "what was refused is no export"


def test_an_unknown_format_is_refused_and_nothing_written_down(api, enrolment, referent):
    answer = api.as_(referent).get(path_of(enrolment, "pdf"))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/file_format")
    assert not Export.objects.exists()


def test_a_larger_class_asks_no_more_queries(api, enrolment, referent, assert_constant_queries):
    client = api.as_(referent)
    approved(record_of(enrolment), 60)

    def grow():
        for _student in range(12):
            more = EnrolmentFactory(class_group=enrolment.class_group)
            approved(record_of(more), 60)
            Comment.objects.create(enrolment=more, text="Bien.", version=1)

    assert_constant_queries(lambda: client.get(path_of(enrolment)), grow=grow)


# --- Comments ----------------------------------------------------------------------------------------------------
def test_two_teachers_never_write_over_each_other(api, enrolment, referent):
    second = ClassReferentFactory(class_group=enrolment.class_group).membership.person
    path = f"{API}enrolments/{enrolment.pk}/comment/"
    empty = api.as_(referent).get(path)
    assert (empty.json()["text"], empty.json()["version"]) == ("", 0)
    first = comment_on(api.as_(referent), enrolment, "Régulière.", empty["ETag"])
    assert (first.status_code, first["ETag"]) == (200, '"1"')
    late = comment_on(api.as_(second), enrolment, "Irrégulière.", empty["ETag"])
    assert (late.status_code, late.json()["code"]) == (412, "stale")
    assert comment_on(api.as_(second), enrolment, "", first["ETag"]).json()["text"] == ""
    assert api.as_(referent).put(path, {"text": "Sans version."}).status_code == 428
    assert comment_on(api.as_(referent), enrolment, "x" * 501, "*").status_code == 400


def test_the_student_reads_no_comment(api, enrolment, referent):
    comment_on(api.as_(referent), enrolment, "Confidentiel jusqu'au conseil.")
    student = api.as_(enrolment.student)
    assert student.get(f"{API}enrolments/{enrolment.pk}/comment/").status_code == 403
    for path in ("enrolments/", f"enrolments/{enrolment.pk}/", "sync/", "me/progress/"):
        assert b"Confidentiel" not in student.get(f"{API}{path}").content
