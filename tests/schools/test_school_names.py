"""A school's name gets its accents back: by rule from the Ministry's label, and for good by the school's manager."""

from copy import deepcopy

import pytest

from engagement.models import EngagementOption
from engagement.services import certificates
from schools.directory import read_directory
from schools.directory.names import says_no_more, shown_name
from schools.models import School
from schools.services.directory import import_directory
from tests.schools import SAMPLE
from tests.support.factories import (
    HourEntryFactory,
    SchoolFactory,
    StaffMembershipFactory,
    enrolled_student,
    record_of,
)
from tests.support.world import API


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Lycee Henri Iv", "Lycée Henri IV"),
        ("LYCEE HENRI IV", "Lycée Henri IV"),
        ("Lycée Henri IV", "Lycée Henri IV"),
        ("Lycee Eugene Delacroix (general Et Techno.)", "Lycée Eugène Delacroix (général et Techno.)"),
        ("Lycee Professionnel D'alembert", "Lycée Professionnel d'Alembert"),
        ("Lycee De L'essouriau", "Lycée de l'Essouriau"),
        ("Lycee Saint-Exupery", "Lycée Saint-Exupéry"),
        ("Ecole Jeanne D'arc", "École Jeanne d'Arc"),
        ("Lycee Des Metiers Leonard De Vinci", "Lycée des Métiers Léonard de Vinci"),
        ("Lycee Vilgenis", "Lycée Vilgenis"),
    ],
)
def test_words_that_have_one_spelling_are_put_right(label, name):
    assert shown_name(label) == name
    assert shown_name(name) == name


def test_a_correction_adds_no_word():
    label = "Lycee Eugene Delacroix (general Et Techno.)"
    for name in ("Lycée Eugène-Delacroix", "LYCEE EUGENE DELACROIX", "Lycée général Et techno"):
        assert says_no_more(name, label), name
    for name in ("Lycée Louis-le-Grand", "Lycée Delacroix Eugène", "Lycée Eugène Delacroix, Paris"):
        assert not says_no_more(name, label), name


@pytest.mark.django_db
@pytest.mark.parametrize(("searched", "found"), [
    ("henri iv paris", 1), ("Paris Henri-IV", 1), ("lycée Henri IV à Paris", 1), ("iv 75005", 1),
    ("paris henri v x", 0), ("saint exupéry", 1), ("St-Exupéry", 1), ("st germain", 1), ("sainte germaine", 0),
])  # fmt: skip
def test_a_school_is_found_by_its_words_in_any_order_and_however_a_saint_is_spelled(api, searched, found):
    for text in ("lycee henri iv paris 05 75005 0750654d", "lycee st exupery mantes 78200 0782539l",
                 "lycee x saint germain en laye 78100 0780000a"):  # fmt: skip
        SchoolFactory(search_text=text)
    assert len(api.get(f"{API}schools/", {"q": searched}).json()["results"]) == found


@pytest.mark.django_db
def test_the_manager_corrects_it_an_import_keeps_it_and_the_certificate_bears_it(api):
    lines = read_directory(SAMPLE)
    import_directory(deepcopy(lines))
    school = School.objects.get(uai="0750654D")
    assert (school.name, school.directory_name) == ("Lycée Henri IV", "Lycee Henri Iv")
    path = f"{API}schools/{school.pk}/rename/"
    manager = api.as_(StaffMembershipFactory(school=school, manager=True).person)
    refused = manager.post(path, {"name": "Lycée Louis-le-Grand"})
    assert (refused.status_code, refused.json()["code"]) == (400, "name_not_the_directorys")
    assert manager.post(path, {"name": "()"}).status_code == 400
    answer = manager.post(path, {"name": " Lycée  Henri-IV"})
    assert (answer.status_code, answer.json()["name"]) == (200, "Lycée Henri-IV")
    assert import_directory(deepcopy(lines)).unchanged == 12
    for searched in ("henri iv", "Henri-IV"):
        (found,) = api.get(f"{API}schools/?q={searched}").json()["results"]
        assert found["name"] == "Lycée Henri-IV"
    assert api.as_(StaffMembershipFactory(school=school).person).post(path, {"name": ""}).status_code == 403
    assert api.as_(StaffMembershipFactory(manager=True).person).post(path, {"name": ""}).status_code == 404
    enrolment = enrolled_student()
    type(enrolment.class_group).objects.update(school=school)
    enrolment.class_group.school = school
    record = record_of(enrolment)
    EngagementOption.objects.update(target_minutes=90)
    HourEntryFactory(record=record, approved=True)
    made = certificates.issue_certificate(record, actor=enrolment.student)
    assert made.snapshot["school"] == "Lycée Henri-IV"
    assert manager.post(path, {"name": ""}).json()["name"] == "Lycée Henri IV"
