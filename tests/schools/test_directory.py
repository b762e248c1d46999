"""What is read from a file of the Ministry's directory, and what is not believed."""

from collections import Counter
from pathlib import Path

import pytest

from schools.directory import DirectoryLine, DirectoryRefused, SchoolRow, is_uai, read_directory
from schools.models import School
from tests.schools import (
    DAMAGED,
    ILE_DE_FRANCE,
    OCCITANIE,
    SAMPLE,
    lycee,
    needs_shared_data,
    sample_rows,
    uai,
    write_directory,
)

TEXT_FIELDS = [
    "name",
    "address",
    "postal_code",
    "commune_code",
    "commune_name",
    "department_code",
    "academy_name",
    "region_name",
    "siret",
    "phone",
    "email",
    "website",
]


def read_one(tmp_path: Path, **cells: str) -> DirectoryLine:
    [line] = read_directory(write_directory(tmp_path / "one.csv", lycee(**cells)))
    return line


def read_school(tmp_path: Path, **cells: str) -> tuple[SchoolRow, list[str]]:
    line = read_one(tmp_path, **cells)
    assert line.school
    return line.school, [problem.code for problem in line.problems]


@pytest.mark.parametrize("text", ["0750654D", "0311131L", "0090694F", "0700585F"])
def test_seven_digits_and_their_key_letter_are_a_uai(text: str) -> None:
    assert is_uai(text)


@pytest.mark.parametrize("text", ["0932222Z", "0750654E", "750654D", "0750654d", "", "０７５０６５４D", "0750654D\n"])
def test_anything_else_is_not_a_uai(text: str) -> None:
    assert not is_uai(text)


def test_every_row_of_the_shipped_sample_is_read_without_a_problem() -> None:
    lines = read_directory(SAMPLE)
    assert len(lines) == 12
    assert all(line.school and not line.problems for line in lines)
    assert len({line.school.department_code for line in lines if line.school}) == 8


@needs_shared_data
@pytest.mark.parametrize(("path", "count", "sections"), [(ILE_DE_FRANCE, 634, 0), (OCCITANIE, 556, 125)])
def test_every_row_of_the_published_files_is_read_without_a_problem(path: Path, count: int, sections: int) -> None:
    schools = [line.school for line in read_directory(path) if line.school and not line.problems]
    assert len(schools) == count
    assert sum(school.is_section for school in schools) == sections


@needs_shared_data
def test_the_spreadsheet_damaged_sample_is_reported_row_by_row() -> None:
    lines = read_directory(DAMAGED)
    assert [(line.number, line.uai, line.school) for line in lines] == [
        (2, "0700585F", None),
        (3, "0711989B", None),
    ]
    for line in lines:
        assert {(problem.column, problem.code) for problem in line.problems} == {
            ("SIREN_SIRET", "number_shortened"),
            ("Code_departement", "zero_restored"),
            ("Code_academie", "zero_lost"),
            ("Telephone", "zero_lost"),
            ("date_ouverture", "date_rewritten"),
            ("date_maj_ligne", "date_rewritten"),
            ("Type_etablissement", "not_a_lycee"),
        }
        assert all(problem.sentence for problem in line.problems)


def test_columns_are_found_by_name_whatever_their_case_order_and_number(tmp_path: Path) -> None:
    renamed = {"Code_postal": "Code postal", "coordX_origine": "coordonnee_X"}
    rows = [
        {renamed.get(column, column).lower(): cell for column, cell in reversed(row.items()) if column != "PIAL"}
        for row in sample_rows()
    ]
    path = write_directory(tmp_path / "api.csv", *rows, encoding="utf-8")
    path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n"))
    assert [line.school for line in read_directory(path)] == [line.school for line in read_directory(SAMPLE)]


@pytest.mark.parametrize(
    ("column", "cell", "field", "value", "code"),
    [
        ("SIREN_SIRET", "19750654100019", "siret", "", "cell_wrong"),
        ("SIREN_SIRET", "77684512500058", "siret", "77684512500058", None),
        ("SIREN_SIRET", "7,76845E+13", "siret", "", "number_shortened"),
        ("SIREN_SIRET", "7.76845E+13", "siret", "", "number_shortened"),
        ("SIREN_SIRET", "77680001300000", "siret", "", "number_shortened"),
        ("SIREN_SIRET", "5780008300015", "siret", "", "zero_lost"),
        ("Code_departement", "75", "department_code", "75", "zero_restored"),
        ("Code_departement", "70", "department_code", "", "zero_lost"),
        ("Code_departement", "93", "department_code", "", "zero_lost"),
        ("Code_departement", "093", "department_code", "93", None),
        ("Code_departement", "02A", "department_code", "2A", None),
        ("Code_departement", "", "department_code", "75", None),
        ("Code_departement", "Paris", "department_code", "", "cell_wrong"),
        ("Code_postal", "7500", "postal_code", "", "zero_lost"),
        ("Code_postal", "75 005", "postal_code", "", "cell_wrong"),
        ("Code_commune", "75105", "commune_code", "75105", None),
        ("Code_academie", "1", "academy_name", "Paris", "zero_lost"),
        ("Telephone", "144414567", "phone", "", "zero_lost"),
        ("Telephone", "1,44E+08", "phone", "", "number_shortened"),
        ("Telephone", "01 44 41 45 67", "phone", "01 44 41 45 67", None),
        ("Telephone", "+262262123456", "phone", "+262262123456", None),
        ("Telephone", "call us", "phone", "", "cell_wrong"),
        ("Mail", "nobody", "email", "", "cell_wrong"),
        ("Web", "javascript:alert(1)", "website", "", "cell_wrong"),
        ("Web", "www.lycee.example", "website", "www.lycee.example", None),
        ("date_maj_ligne", "27/05/2026", "name", "Lycee Henri Iv", "date_rewritten"),
        ("date_maj_ligne", "2026-05-27", "name", "Lycee Henri Iv", None),
        ("latitude", "", "longitude", None, None),
        ("latitude", "48,8463", "latitude", None, "position_wrong"),
        ("latitude", "4884635845716682", "latitude", None, "position_wrong"),
        ("latitude", "nan", "latitude", None, "position_wrong"),
        ("latitude", "inf", "latitude", None, "position_wrong"),
        ("latitude", "2.3473", "latitude", None, "position_wrong"),
        ("longitude", "1e999", "latitude", None, "position_wrong"),
        ("longitude", "-5.0E-5", "longitude", -0.00005, None),
        ("Statut_public_prive", "Mixte", "sector", "", "cell_wrong"),
        ("Statut_public_prive", "PRIVE", "sector", "private", None),
        ("Nom_commune", "Saint-OuÃ«n", "commune_name", "", "text_damaged"),
        ("Nom_commune", "Saint-Ou\ufffdn", "commune_name", "", "text_damaged"),
        ("Nom_commune", "Paris\x0005", "commune_name", "", "text_damaged"),
        ("Nom_commune", "Saint\xa0Ouën \n", "commune_name", "Saint Ouën", None),
        ("Nom_etablissement", "L" * 201, "name", "", "cell_wrong"),
        ("etablissement_mere", "0932222Z", "mother_uai", "", "cell_wrong"),
        ("etablissement_mere", "0750654D", "mother_uai", "", "cell_wrong"),
        ("code_nature", "3O2", "nature_code", "", "cell_wrong"),
        ("etat", "", "is_closing", None, None),
        ("etat", "OUVERT", "is_closing", False, None),
        ("etat", "A FERMER", "is_closing", True, "closing"),
        ("Adresse_3", "75005 PARIS", "address", "23 rue Clovis", None),
    ],
)
def test_a_cell_is_read_only_when_it_is_sure(
    tmp_path: Path, column: str, cell: str, field: str, value: object, code: str | None
) -> None:
    school, codes = read_school(tmp_path, **{column: cell})
    assert getattr(school, field) == value
    assert codes == ([code] if code else [])


def test_a_code_without_its_zero_is_restored_when_the_uai_confirms_it(tmp_path: Path) -> None:
    cells = {"Code_departement": "1", "Code_postal": "1000", "Code_commune": "1053", "latitude": "46.2"}
    school, codes = read_school(tmp_path, Identifiant_de_l_etablissement=uai(10013), **cells)
    assert (school.department_code, school.postal_code, school.commune_code) == ("01", "01000", "01053")
    assert codes == ["zero_restored"] * 3


def test_a_school_overseas_may_be_anywhere_but_at_the_origin(tmp_path: Path) -> None:
    at_sea = {"Identifiant_de_l_etablissement": uai(9740001), "latitude": "-20.9", "longitude": "55.45"}
    assert read_school(tmp_path, **at_sea)[0].latitude == -20.9
    assert read_school(tmp_path, **at_sea | {"latitude": "0", "longitude": "0"})[0].latitude is None


def test_a_number_beyond_the_globe_is_no_position_overseas(tmp_path: Path) -> None:
    school, codes = read_school(tmp_path, Identifiant_de_l_etablissement=uai(9740001), latitude="91")
    assert (school.latitude, school.longitude, codes) == (None, None, ["position_wrong"])


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"Identifiant_de_l_etablissement": "0932222Z"}, "uai_wrong"),
        ({"Identifiant_de_l_etablissement": ""}, "uai_wrong"),
        ({"Identifiant_de_l_etablissement": "0750654\x00D"}, "uai_wrong"),
        ({"Type_etablissement": "", "code_nature": ""}, "type_missing"),
        ({"Type_etablissement": "LycÃ©e"}, "type_unreadable"),
        # Skipped, whatever else they lack.
        ({"Type_etablissement": "", "code_nature": "151"}, "not_a_lycee"),
        ({"Type_etablissement": "Lycée", "code_nature": "340"}, "not_a_lycee"),
        ({"Type_etablissement": "Ecole", "Identifiant_de_l_etablissement": "", "etat": "?"}, "not_a_lycee"),
        ({"Type_etablissement": "", "code_nature": "390", "Identifiant_de_l_etablissement": "1"}, "not_a_lycee"),
        ({"etat": "FERME"}, "state_unknown"),
        ({"etat": "A FERMÃ‰"}, "state_unknown"),
        ({"Type_etablissement": "Collège"}, "not_a_lycee"),
    ],
)
def test_a_row_is_not_imported_when_it_is_not_sure_what_it_is(tmp_path: Path, cells: dict[str, str], code: str) -> None:
    line = read_one(tmp_path, **cells)
    assert line.school is None
    assert line.problems[-1].code == code
    assert line.problems[-1].line == 2
    assert line.problems[-1].sentence.replace("\xa0", " ").isprintable()


def test_a_section_belongs_to_the_directory_whatever_its_type(tmp_path: Path) -> None:
    school, codes = read_school(tmp_path, Type_etablissement="Autre", code_nature="334")
    assert school.is_section
    assert codes == []


def test_a_row_with_too_few_or_too_many_cells_is_an_error_and_the_others_are_read(tmp_path: Path) -> None:
    header, *rows = SAMPLE.read_text(encoding="utf-8-sig").splitlines()
    path = tmp_path / "cells.csv"
    path.write_text("\n".join([header, rows[0] + ";", rows[1].rpartition(";")[0], "", ";" * 71, *rows[2:]]))
    lines = read_directory(path)
    assert [[problem.code for problem in line.problems] for line in lines] == [["cell_count"]] * 2 + [[]] * 10
    assert [line.number for line in lines] == [2, 3, *range(6, 16)]


def test_the_line_of_a_row_is_where_it_starts_even_after_a_cell_of_two_lines(tmp_path: Path) -> None:
    rows = [lycee(Adresse_1="23 rue\nClovis"), lycee(Identifiant_de_l_etablissement="0932222Z")]
    lines = read_directory(write_directory(tmp_path / "lines.csv", *rows))
    assert [line.number for line in lines] == [2, 4]
    assert lines[0].school
    assert lines[0].school.address == "23 rue Clovis"


def test_a_uai_that_two_rows_tell_differently_is_an_error_on_both(tmp_path: Path) -> None:
    lines = read_directory(write_directory(tmp_path / "two.csv", lycee(), lycee(Nom_etablissement="Another")))
    assert [(line.school, line.problems[-1].code, line.problems[-1].value) for line in lines] == [
        (None, "uai_twice", "2, 3")
    ] * 2


def test_a_uai_that_two_rows_tell_alike_is_read_once(tmp_path: Path) -> None:
    first, second = read_directory(write_directory(tmp_path / "two.csv", lycee(), lycee()))
    assert first.school
    assert not first.problems
    assert second.school is None
    assert [(problem.code, problem.value) for problem in second.problems] == [("repeated", "2")]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xef\xbb\xbf",
        b"\r\n\r\n",
        b"\x00\x01\x02\x03" * 200,
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b'"' + b"a" * 200_000,
        SAMPLE.read_text(encoding="utf-8-sig").encode("latin-1"),
        SAMPLE.read_text(encoding="utf-8-sig").encode("utf-16"),
        SAMPLE.read_bytes().replace(b";", b","),
        SAMPLE.read_bytes().replace(b"Nom_etablissement", b"Nom"),
        SAMPLE.read_bytes().replace(b"PIAL", b"latitude"),
        SAMPLE.read_bytes().splitlines()[0],
    ],
    ids=[
        "empty",
        "only a BOM",
        "blank lines",
        "NULs",
        "picture",
        "endless cell",
        "Latin-1",
        "UTF-16",
        "commas",
        "no name column",
        "latitude twice",
        "only a header",
    ],
)
def test_a_file_of_another_format_is_refused_as_a_whole(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.csv"
    path.write_bytes(content)
    with pytest.raises(DirectoryRefused) as refusal:
        read_directory(path)
    assert refusal.value.code == "directory_refused"
    assert str(refusal.value.detail)


def test_the_missing_columns_are_named(tmp_path: Path) -> None:
    row = lycee()
    del row["etat"], row["latitude"]
    with pytest.raises(DirectoryRefused) as refusal:
        read_directory(write_directory(tmp_path / "missing.csv", row))
    assert "latitude, etat" in str(refusal.value.detail)


def test_no_cell_that_is_read_is_longer_than_its_column_in_the_database(tmp_path: Path) -> None:
    columns = [
        "Nom_etablissement",
        "Nom_commune",
        "Libelle_academie",
        "Libelle_region",
        "Mail",
        "Web",
        "Telephone",
    ]
    for length in (20, 60, 100, 200, 300):
        cells = {column: "a" * length for column in [*columns, "Adresse_1", "Adresse_2", "Adresse_3"]}
        school = read_one(tmp_path, **cells | {"Web": "w." + "a" * length}).school
        assert school
        for field in TEXT_FIELDS:
            assert len(getattr(school, field)) <= (School._meta.get_field(field).max_length or 0), field


def test_cells_that_nobody_expects_never_stop_the_reading(tmp_path: Path) -> None:
    strange = [
        "\x00",
        "nan",
        "-inf",
        "1e999",
        "=1+1",
        "٣",
        "\u202e",
        "9" * 400,
        ";",
        '"',
        "\x1b[31m",
        "0x10",
        "1_0",
    ]
    rows = [
        lycee(**{column: cell}) | {"Identifiant_de_l_etablissement": uai(750000 + number)}
        for number, (column, cell) in enumerate((column, cell) for column in lycee() for cell in strange)
        if column != "Identifiant_de_l_etablissement"
    ]
    lines = read_directory(write_directory(tmp_path / "strange.csv", *rows))
    assert len(lines) == len(rows)
    counts = Counter(problem.code for line in lines for problem in line.problems)
    assert counts["position_wrong"] == 2 * len(strange)
    assert all(problem.sentence.replace("\xa0", " ").isprintable() for line in lines for problem in line.problems)
