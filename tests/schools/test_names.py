"""A student's name is the school's, found however it is spelt; one that is only like a line is looked at, over HTTP."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import User
from notifications import relay
from schools.models import Enrolment, RosterLine
from tests.support.factories import (
    PASSWORD,
    ClassReferentFactory,
    EnrolmentFactory,
    RosterLineFactory,
    StaffMembershipFactory,
    years_ago,
)

pytestmark = pytest.mark.django_db

EDIT = {"HTTP_IF_MATCH": "*"}

API = "/api/v1/"
BORN = years_ago(15)


@pytest.fixture
def referent():
    later = timezone.now() + timedelta(days=9)
    return ClassReferentFactory(class_group__join_code="ABCD2345", class_group__join_code_expires_at=later)


@pytest.fixture
def teacher(api, referent):
    return api.as_(referent.membership.person)


@pytest.fixture
def expect(referent):
    def line(first_name, last_name, birth_date=BORN):
        return RosterLineFactory(
            class_group=referent.class_group, first_name=first_name, last_name=last_name, birth_date=birth_date
        )

    return line


def join(api, first_name, last_name, birth_date=BORN, status=202, **facts):
    """The enrolment of somebody who joins, or the refusal's code."""
    email = facts.pop("email", f"p{User.objects.count()}@example.org")
    body = {"join_code": "ABCD2345", "email": email, "password": PASSWORD, "first_name": first_name}
    body |= {"last_name": last_name, "birth_date": birth_date.isoformat(), **facts}
    answer = api.post(f"{API}classes/join/", body)
    assert answer.status_code == status, answer.content
    return Enrolment.objects.get(student__email=email) if status == 202 else answer.json()["code"]


def name_of(enrolment):
    student = User.objects.get(pk=enrolment.student_id)
    return student.first_name, student.last_name


def admit(client, enrolment, **body):
    answer = client.post(f"{API}enrolments/{enrolment.pk}/admit/", body)
    return answer.status_code, answer.json().get("code")


@pytest.mark.parametrize("typed", ["𝓩𝓸é", "Ｚｏé", "Ⓩⓞé", "ℤoé"])
def test_no_student_dresses_their_civil_name_in_other_letters(api, expect, typed):
    expect("Zoe", "MARTIN")
    enrolment = join(api, typed, "ＭＡＲＴＩＮ")
    assert (enrolment.status, name_of(enrolment)) == ("active", ("Zoé", "MARTIN"))


def test_a_list_without_accents_ligatures_or_bars_expects_those_who_have_them(api, expect):
    people = [
        ("LAETITIA", "LE GOFF", "Lætitia", "Legoff"), ("THI", "DO", "Thị", "Đỗ"),
        ("LUKASZ", "WAJDA", "Łukasz", "Wajda"),
        ("SOREN", "HOEG", "Søren", "Hoeg"), ("ISIK", "YILDIZ", "Işık", "Yıldız"),
        ("FATOU", "N'DIAYE", "Fatou", "NDIAYE"),
        ("JEAN PIERRE", "STRAUSS", "jean-pierre", "Strauß"), ("ANNE", "DE LA  TOUR", "Anne", "Delatour"),
    ]  # fmt: skip
    for number, (first, last, typed_first, typed_last) in enumerate(people):
        born = BORN + timedelta(days=number)
        expect(first, last, born)
        assert join(api, typed_first, typed_last, born).status == "active", typed_last


def test_the_accented_spelling_wins_and_everything_else_is_the_lists(api, expect):
    cases = {
        ("Mathis", "Évrard", "mathis", "evrard"): ("Mathis", "Évrard"),
        ("ZOE", "MULLER", "Zoé", "Müller"): ("ZOÉ", "MÜLLER"),
        ("Laetitia", "Muller", "lætitia", "muller"): ("Lætitia", "Muller"),
        ("Anne-Marie", "O'Brien", "anne marie", "OBRIEN"): ("Anne-Marie", "O'Brien"),
    }
    for number, ((first, last, typed_first, typed_last), kept) in enumerate(cases.items()):
        born = BORN + timedelta(days=number)
        expect(first, last, born)
        assert name_of(join(api, typed_first, typed_last, born)) == kept


def test_somebody_admitted_as_a_line_of_the_list_bears_its_name(api, expect, teacher):
    line = expect("Zoé", "MÜLLER")
    waiting = join(api, "batman", "dark knight", years_ago(16))
    assert admit(teacher, waiting, roster_line=str(line.pk)) == (200, None)
    assert name_of(waiting) == ("Zoé", "MÜLLER")
    assert User.objects.get(pk=waiting.student_id).birth_date == line.birth_date


def test_the_teacher_looks_before_admitting_when_name_surname_or_birth_date_is_like_a_lines(api, expect, teacher):
    line = expect("Zoé", "Müller")
    like = [
        ("Zoe", "MULLER", years_ago(17)), ("Batman", "Knight", BORN), ("Zoé", "Mueller", years_ago(16)),
        ("Lou", "Müller-Roy", years_ago(16)), ("Zoé", "Muler", years_ago(18)),
    ]  # fmt: skip
    for number, facts in enumerate(like):
        waiting = join(api, *facts, email=f"like{number}@example.org")
        shown = teacher.get(f"{API}enrolments/{waiting.pk}/").json()["roster_lines"]
        assert [row["id"] for row in shown] == [str(line.pk)], facts
        assert admit(teacher, waiting) == (409, "roster_line_undecided"), facts
        assert admit(teacher, waiting, roster_line=None) == (200, None)
    stranger = join(api, "Batman", "Knight", years_ago(17), email="stranger@example.org")
    assert teacher.get(f"{API}enrolments/{stranger.pk}/").json()["roster_lines"] == []
    assert admit(teacher, stranger) == (200, None)


def test_a_birth_date_that_makes_nobody_a_student_is_refused_wherever_it_is_given(api, referent, teacher):
    year = referent.class_group.school_year.starts_on.year
    first = date(year, 9, 1)
    refused = [timezone.now().date(), date(1900, 1, 1), date(year - 26, 9, 1), date(year - 10, 9, 2), first]
    taken = [date(year - 26, 9, 2), date(year - 10, 9, 1)]
    manager = api.as_(StaffMembershipFactory(school=referent.class_group.school, manager=True).person)
    student = EnrolmentFactory(class_group=referent.class_group)
    for number, born in enumerate([*refused, *taken]):
        facts = {"first_name": "Inès", "last_name": f"Bâ{'x' * number}", "birth_date": born.isoformat()}
        answers = [
            api.post(f"{API}classes/join/", {**facts, "join_code": "ABCD2345", "email": f"b{number}@example.org",
                                             "password": PASSWORD}),
            teacher.post(f"{API}classes/{referent.class_group_id}/students/", {"students": [facts]}),
            manager.post(f"{API}enrolments/{student.pk}/change-birth-date/",
                         {"birth_date": born.isoformat(), "reason": "Erreur"}),
        ]  # fmt: skip
        codes = {answer.json().get("code") for answer in answers if answer.status_code == 400}
        statuses = [answer.status_code for answer in answers]
        assert (codes, statuses) == (({"birth_date_impossible"}, [400] * 3) if number < 5 else (set(), [202, 201, 200]))


@pytest.mark.parametrize("born", [years_ago(15), years_ago(16)])
def test_a_guardian_reads_the_name_of_the_roster_and_not_as_it_was_typed(api, referent, born):
    RosterLineFactory(class_group=referent.class_group, first_name="Zoé", last_name="Müller", birth_date=born,
                      guardian_email="parent@example.org")  # fmt: skip
    join(api, "Zoe", "MULLER", born)
    relay.run()
    (told,) = [message for message in mail.outbox if message.to == ["parent@example.org"]]
    assert "Zoé" in told.subject
    assert "Zoe" not in told.subject + told.body


@pytest.mark.parametrize(("wrong", "code", "field"), [
    ({"birth_date": "1900-01-01"}, "birth_date_impossible", "birth_date"),
    ({"guardian_email": "parent@example.org", "guardian_phone": "12"}, "phone_invalid", "guardian_phone"),
])  # fmt: skip
def test_a_wrong_line_of_a_roster_is_named_by_its_number(referent, teacher, wrong, code, field):
    right = {"first_name": "Inès", "last_name": "Bâ", "birth_date": BORN.isoformat()}
    lines = [right, {**right, "first_name": "Zoé", **wrong}]
    answer = teacher.post(f"{API}classes/{referent.class_group_id}/students/", {"students": lines})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"], error["pointer"]) == (400, code, f"/students/1/{field}")
    assert not RosterLine.objects.exists()


def test_one_name_alone_is_a_full_name(api, expect, teacher):
    expect("Suharto", "")
    for number, names in enumerate([("", "Suharto"), ("SUHARTO", "")]):
        joined = join(api, *names, email=f"one{number}@example.org")
        assert name_of(joined)[1] == ""
    assert Enrolment.objects.get(student__email="one0@example.org").status == "active"
    assert teacher.get(f"{API}enrolments/").json()["results"]
    assert join(api, "", " ", status=400, email="none@example.org") == "name_needed"
    path = f"{API}classes/{RosterLine.objects.get().class_group_id}/students/"
    added = teacher.post(path, {"students": [{"last_name": "Sukarno", "birth_date": BORN.isoformat()}]})
    assert [(row["first_name"], row["last_name"]) for row in added.json()] == [("Sukarno", "")]


def test_the_school_corrects_the_civil_name_of_its_student_and_of_the_line(api, expect, teacher):
    line = expect("Zoé", "Müller")
    joined = join(api, "Zoé", "Müller")
    path = f"{API}students/{joined.student_id}/"
    answer = teacher.patch(path, {"last_name": "Möller"}, **EDIT)
    assert (answer.status_code, answer.json()["last_name"]) == (200, "Möller")
    line.refresh_from_db()
    assert (name_of(joined), line.name_key) == (("Zoé", "Möller"), "zoemoller")
    assert teacher.patch(path, {"first_name": "", "last_name": "Suharto"}, **EDIT).json()["first_name"] == "Suharto"
    assert teacher.patch(path, {"first_name": "", "last_name": ""}, **EDIT).json()["code"] == "name_needed"
    assert teacher.patch(path, {"first_name": "Zoé@x"}, **EDIT).status_code == 400
    assert api.as_(joined.student).patch(path, {"first_name": "Autre"}, **EDIT).status_code == 403
    stranger = api.as_(ClassReferentFactory().membership.person)
    assert stranger.patch(path, {"first_name": "Autre"}, **EDIT).status_code == 404


# --- The uses of a class code -------------------------------------------------------------------------------------
def test_the_same_pupil_twice_is_one_use_of_the_code(api, referent):
    referent.class_group.capacity = 3
    referent.class_group.save()
    for email in ("typo@example.org", "right@example.org", "again@example.org"):
        join(api, "Inès" if "typo" in email else "INES", "Bâ", email=email)
    join(api, "Lou", "Roy")
    join(api, "Max", "Roy")
    assert join(api, "Noé", "Roy", status=400) == "join_code_refused"


def test_a_refused_join_gives_its_use_back_and_a_pupil_on_the_list_always_finds_a_place(api, referent, teacher, expect):
    referent.class_group.capacity = 1
    referent.class_group.save()
    stranger = join(api, "Batman", "Knight", years_ago(17))
    assert join(api, "Noé", "Roy", status=400, email="noe@example.org") == "join_code_refused"
    expect("Inès", "Bâ")
    assert join(api, "Inès", "Bâ", email="ines@example.org").status == "active"
    Enrolment.objects.filter(student__email="ines@example.org").update(status="ended", ended_at=timezone.now())
    assert teacher.post(f"{API}enrolments/{stranger.pk}/refuse/").status_code == 200
    join(api, "Noé", "Roy", email="noe@example.org")


def test_one_pupil_who_joins_again_and_again_opens_a_bounded_number_of_accounts(api, referent):
    referent.class_group.capacity = 2
    referent.class_group.save()
    for number in range(4):
        join(api, "Inès", "Bâ", email=f"n{number}@example.org")
    assert join(api, "Inès", "Bâ", status=400, email="n9@example.org") == "join_code_refused"


def test_a_class_code_is_read_as_people_type_it(api, referent):
    spellings = ["ABCD 2345", "abcd-2345", " a b c d 2 3 4 5 ", "ABCD\u20132345", "ＡＢＣＤ2345", "ABCD\u00a02345"]
    for number, typed in enumerate(spellings):
        join(api, "Inès", f"Bâ {'x' * number}", email=f"t{number}@example.org", join_code=typed)
    assert join(api, "Inès", "Bâ", status=400, join_code="ABCD 2346") == "join_code_refused"
