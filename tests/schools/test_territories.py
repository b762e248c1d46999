"""Communes: read as they are published, found by code or by postal code and name, and unknown where they are not."""

import json
from collections import Counter

import pytest
from django.core.management import CommandError, call_command

from common import territory
from missions.services.territories import place_missions
from schools.directory import read_directory
from schools.models import Commune, School
from schools.services.directory import import_directory
from schools.services.territories import Place, commune_codes_of, import_territories, place_schools
from schools.territories import TerritoriesRefused, name_key, read_territories
from tests.schools import ILE_DE_FRANCE, SHARED_DATA, lycee, needs_shared_data, write_directory
from tests.support.factories import MissionFactory, OrganizationMembershipFactory, SchoolFactory

COMMUNES = SHARED_DATA / "communes_idf_etalab.json"

CSV = """code;name;department;density_class;population;latitude;longitude;postal_codes;priority_neighbourhoods
93066;Saint-Denis;93;1;150000;48,9362;2,3574;93200 93210;QN09301M QN09302M
77186;Fontainebleau;77;3;15000;48.4;2.7;77300;
2A004;Ajaccio;2A;2;;;;20000 20090 20167;
01004;Ambérieu-en-Bugey;01;5;14000;;;01500;
"""


@pytest.fixture
def read(tmp_path):
    def run(text: str, *, encoding: str = "utf-8"):
        path = tmp_path / "communes"
        path.write_bytes(text.encode(encoding))
        return read_territories(path)

    return run


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ST-DENIS Cedex 2", "Saint-Denis"),
        ("Paris 06", "Paris 6e Arrondissement"),
        ("PARIS 01", "Paris 1er Arrondissement"),
        ("L'Haÿ-les-Roses", "L HAY LES ROSES"),
        ("Ste Geneviève des Bois", "Sainte-Geneviève-des-Bois"),
        ("Évry-Courcouronnes", "Evry Courcouronnes"),
    ],
)
def test_a_commune_is_one_however_its_name_is_typed(one, other):
    assert name_key(one) == name_key(other)


def test_a_file_is_read_by_the_names_of_its_columns(read):
    rows, problems = read(CSV)
    assert problems == []
    assert [(row.code, row.department_code, row.density_class) for row in rows] == [
        ("93066", "93", 1),
        ("77186", "77", 3),
        ("2A004", "2A", 2),
        ("01004", "01", 5),
    ]
    assert (rows[0].latitude, rows[0].postal_codes) == (48.9362, ("93200", "93210"))
    assert rows[0].priority_neighbourhoods == ("QN09301M", "QN09302M")
    assert rows[2].population is None
    other, _problems = read("CODGEO,LIBGEO,DENS\n01004,Ambérieu-en-Bugey,5\n", encoding="utf-8-sig")
    assert (other[0].code, other[0].density_class, other[0].department_code) == ("01004", 5, "01")


def test_rows_that_name_a_commune_again_add_their_postal_codes(read):
    header = "code_commune_insee;nom_de_la_commune;code_postal\n"
    rows, _problems = read(f"{header}78646;Versailles;78000\n78646;Versailles;78001\n")
    assert [(row.code, row.postal_codes) for row in rows] == [("78646", ("78000", "78001"))]


def test_a_wrong_cell_is_reported_and_left_unknown_and_a_row_without_a_code_is_refused(read):
    rows, problems = read(
        "code;name;density_class;latitude;longitude;postal_codes\n"
        "1004;Ambérieu;5;;;01500\n93066;Saint-Denis;9;95;2;9320\n77186;;1;;;\n75056;Paris;1;48.8;2.3;75001\n"
    )
    assert [row.code for row in rows] == ["93066", "75056"]
    assert (rows[0].density_class, rows[0].latitude, rows[0].longitude, rows[0].postal_codes) == (None, None, None, ())
    assert Counter((problem.line, problem.column) for problem in problems) == Counter(
        [(2, "code"), (3, "density_class"), (3, "latitude"), (3, "postal_codes"), (4, "name")]
    )


@pytest.mark.parametrize("text", ["", "a;b\n1;2\n", "[", "[]", "[1]", '[{"code": "93066"}]', "code;name\n"])
def test_what_is_no_list_of_communes_is_refused(read, text):
    with pytest.raises(TerritoriesRefused):
        read(text)


def test_a_file_in_another_encoding_is_refused(read):
    with pytest.raises(TerritoriesRefused):
        read(CSV, encoding="latin-1")


@pytest.mark.django_db
def test_a_second_import_changes_nothing_and_says_nothing_it_was_not_told(read):
    rows, _problems = read(CSV)
    assert import_territories(rows).created == 4
    again = import_territories(rows)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 4)
    less, _problems = read("code;name;population\n93066;Saint-Denis;151000\n")
    assert import_territories(less).updated == 1
    commune = Commune.objects.get(code="93066")
    assert (commune.population, commune.density_class, commune.postal_codes.count()) == (151000, 1, 2)


@pytest.mark.django_db
def test_a_dry_run_writes_nothing(read):
    rows, _problems = read(CSV)
    assert import_territories(rows, dry_run=True).created == 4
    assert Commune.objects.count() == 0


@pytest.mark.django_db
def test_a_school_gets_the_commune_that_answers_to_its_postal_code_and_name_and_else_none(read):
    sure = SchoolFactory(postal_code="93200", commune_name="ST DENIS")
    other_name = SchoolFactory(postal_code="93200", commune_name="Pierrefitte")
    other_code = SchoolFactory(postal_code="75001", commune_name="Saint-Denis")
    told = SchoolFactory(postal_code="93200", commune_name="Saint-Denis", commune_code="97411")
    report = import_territories(read(CSV)[0])
    codes = dict(School.objects.values_list("pk", "commune_code"))
    assert [codes[school.pk] for school in (sure, other_name, other_code, told)] == ["93066", "", "", "97411"]
    assert (report.schools_placed, report.schools_unknown) == (1, 2)


@pytest.mark.django_db
def test_two_communes_of_one_name_and_postal_code_leave_it_unknown(read):
    import_territories(read("code;name;postal_codes\n01001;Saint-Jean;01000\n01002;St Jean;01000\n")[0])
    assert commune_codes_of([Place("01000", "Saint-Jean")]) == {}


@pytest.mark.django_db
def test_a_postal_code_of_a_cedex_is_told_by_the_department_and_a_name_that_is_unique_there(read):
    import_territories(
        read(
            "code;name;department;postal_codes\n93066;Saint-Denis;93;93200\n2A004;Ajaccio;2A;20000\n"
            "77001;Saint-Jean;77;77001\n77002;St Jean;77;77002\n97411;Saint-Denis;974;97400\n"
        )[0]
    )
    expected = {
        Place("93203", "SAINT DENIS CEDEX 1", "93"): "93066",
        Place("93203", "St-Denis"): "93066",
        Place("97488", "Saint-Denis", "974"): "97411",
        # A postal code of Corsica does not say in which of its two departments: the school does.
        Place("20186", "Ajaccio Cedex 2", "2A"): "2A004",
        Place("", "Saint-Denis", "93"): "93066",
    }
    unknown = [
        Place("20186", "Ajaccio Cedex 2"),
        Place("20186", "Ajaccio", "2B"),
        Place("77999", "Saint Jean", "77"),
        Place("75999", "Saint-Denis", "93"),
        Place("", "Saint-Denis"),
        Place("93203", "", "93"),
    ]
    assert commune_codes_of([*expected, *unknown]) == expected
    school = SchoolFactory(postal_code="93203", commune_name="Saint-Denis Cedex", department_code="93")
    mission = MissionFactory(postal_code="93203", city="Saint-Denis Cedex")
    assert (place_schools(), place_missions()) == ((1, 0), (1, 0))
    school.refresh_from_db()
    mission.refresh_from_db()
    assert (school.commune_code, mission.commune_code) == ("93066", "93066")


@pytest.mark.django_db
def test_a_mission_at_a_postal_code_of_a_cedex_gets_its_commune_when_it_is_written(read, api):
    import_territories(read(CSV)[0])
    membership = OrganizationMembershipFactory()
    client = api.as_(membership.person)
    facts = {"title": "Une mission", "description": "Aider.", "domain": "sport", "latitude": 48.9, "longitude": 2.3}
    written = client.post(
        "/api/v1/missions/",
        {
            **facts,
            "organization": str(membership.organization_id),
            "postal_code": "93203",
            "city": "Saint-Denis Cedex 1",
        },
    ).json()
    assert (written["commune_code"], written["department_code"]) == ("93066", "93")
    url = f"/api/v1/missions/{written['id']}/"
    moved = client.patch(url, {"postal_code": "77305", "city": "Fontainebleau Cedex"}, HTTP_IF_MATCH="*").json()
    assert (moved["commune_code"], moved["department_code"]) == ("77186", "77")


@pytest.mark.django_db
def test_departments_are_spelled_alike_wherever_they_stand(api):
    SchoolFactory(department_code="93")
    found = api.get("/api/v1/schools/?department_code=93").json()["results"]
    assert [row["department_code"] for row in found] == ["93"]
    assert api.get("/api/v1/schools/?department_code=093").status_code == 400


@pytest.mark.parametrize(
    ("written", "spelled"),
    [("75", "75"), ("075", "75"), ("1", "01"), ("01", "01"), ("02a", "2A"), ("2B", "2B"), (" 974 ", "974"), ("", ""),
     ("Paris", ""), ("0", ""), ("١٢", ""), ("7555", "")],
)  # fmt: skip
def test_a_department_has_one_spelling(written, spelled):
    assert territory.spelled(written) == spelled


@pytest.mark.django_db
def test_a_school_of_the_directory_is_placed_when_it_comes_and_moves_with_its_address(read, tmp_path):
    import_territories(read(CSV)[0])
    first = lycee(Code_postal="93200", Nom_commune="Saint Denis", Code_commune="")
    import_directory(read_directory(write_directory(tmp_path / "a.csv", first)))
    assert School.objects.get().commune_code == "93066"
    moved = {**first, "Code_postal": "77300", "Nom_commune": "Fontainebleau"}
    import_directory(read_directory(write_directory(tmp_path / "b.csv", moved)))
    assert School.objects.get().commune_code == "77186"


@pytest.mark.django_db
def test_missions_are_placed_by_the_command_and_found_by_territory(read, tmp_path, api):
    urban = MissionFactory(postal_code="93200", city="Saint-Denis")
    rural = MissionFactory(postal_code="01500", city="Ambérieu en Bugey")
    unknown = MissionFactory(postal_code="", city="")
    path = tmp_path / "communes.csv"
    path.write_text(CSV)
    call_command("import_territories", str(path), "--dry-run")
    assert Commune.objects.count() == 0
    call_command("import_territories", str(path))

    def found(query: str) -> set[str]:
        return {row["id"] for row in api.get(f"/api/v1/missions/?{query}").json()["results"]}

    assert found("territory=urban") == {str(urban.pk)}
    assert found("territory=rural") == {str(rural.pk)}
    assert found("territory=priority") == {str(urban.pk)}
    assert found("territory=unknown") == {str(unknown.pk)}
    assert found("commune_code=93066") == {str(urban.pk)}
    assert api.get("/api/v1/missions/?territory=moon").status_code == 400


@pytest.mark.django_db
def test_the_command_says_why_a_file_cannot_be_read(tmp_path):
    path = tmp_path / "communes.json"
    path.write_text("[")
    for wrong in (path, tmp_path / "absent"):
        with pytest.raises(CommandError):
            call_command("import_territories", str(wrong))


@needs_shared_data
@pytest.mark.django_db
def test_the_communes_and_lycees_of_ile_de_france():
    rows, problems = read_territories(COMMUNES)
    published = json.loads(COMMUNES.read_text())
    today = [one for one in published if one["type"] not in ("commune-deleguee", "commune-associee")]
    assert (len(rows), problems) == (len(today), [])
    import_directory(read_directory(ILE_DE_FRANCE))
    report = import_territories(rows)
    assert (report.created, report.schools_placed + report.schools_unknown) == (len(today), 634)
    # The rest: towns whose name of today is another, or two of one name.
    assert report.schools_placed >= 620
    assert commune_codes_of([Place("77305", "Fontainebleau")]) == {Place("77305", "Fontainebleau"): "77186"}
    paris = dict(School.objects.filter(postal_code="75013").values_list("commune_name", "commune_code"))
    assert set(paris.values()) == {"75113"}
    # No density class in this file: not guessed.
    assert not Commune.objects.filter(density_class__isnull=False).exists()
