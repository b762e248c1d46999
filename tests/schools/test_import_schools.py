"""What importing the Ministry's directory does to the schools in the database."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.errors import BadInput
from schools.directory import read_directory
from schools.models import School
from schools.services import directory
from schools.services.directory import ImportReport, TooManyClosings, import_directory
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

pytestmark = pytest.mark.django_db

FIRST_NUMBER = 750001


def paris_rows(count: int, **cells: str) -> list[dict[str, str]]:
    """That many made-up lycées of Paris."""
    numbers = range(FIRST_NUMBER, FIRST_NUMBER + count)
    return [lycee(**cells) | {"Identifiant_de_l_etablissement": uai(number)} for number in numbers]


def section(uai_of_mother: str, number: int = 750900) -> dict[str, str]:
    own = {"Identifiant_de_l_etablissement": uai(number), "code_nature": "334"}
    return lycee(etablissement_mere=uai_of_mother, **own)


@pytest.fixture
def import_rows(tmp_path: Path) -> Callable[..., ImportReport]:
    def run(*rows: dict[str, str], **options: Any) -> ImportReport:
        return import_directory(read_directory(write_directory(tmp_path / "rows.csv", *rows)), **options)

    return run


def run_command(path: Path, *options: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("import_schools", str(path), *options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def counts(report: ImportReport) -> dict[str, int]:
    """The numbers of the report that are not zero."""
    names = ["created", "updated", "unchanged", "skipped", "refused", "attached", "closed", "reopened"]
    return {name: getattr(report, name) for name in names if getattr(report, name)}


def codes(report: ImportReport) -> list[str]:
    return [problem.code for problem in report.problems]


def test_the_shipped_sample_becomes_a_dozen_open_schools() -> None:
    report = import_directory(read_directory(SAMPLE))
    assert counts(report) == {"created": 12}
    assert report.problems == ()
    school = School.objects.open().get(uai="0750654D")
    assert (school.name, school.sector, school.department_code) == ("Lycée Henri IV", "public", "75")
    assert school.search_text == "lycee henri iv paris 05 75005 0750654d"
    assert not school.is_closing
    assert list(School.objects.matching("HENRI-IV")) == [school]


def test_the_same_file_again_changes_nothing_and_touches_no_row() -> None:
    lines = read_directory(SAMPLE)
    import_directory(lines)
    before = list(School.objects.order_by("uai").values())
    assert counts(import_directory(lines, complete=True)) == {"unchanged": 12}
    assert list(School.objects.order_by("uai").values()) == before


@needs_shared_data
def test_all_634_lycees_of_ile_de_france_are_imported() -> None:
    report = import_directory(read_directory(ILE_DE_FRANCE))
    assert counts(report) == {"created": 634}
    assert School.objects.open().count() == 634
    assert counts(import_directory(read_directory(ILE_DE_FRANCE), complete=True)) == {"unchanged": 634}


@needs_shared_data
@pytest.mark.parametrize("complete", [False, True])
def test_another_region_closes_no_lycee_of_ile_de_france_and_attaches_its_sections(complete: bool) -> None:
    import_directory(read_directory(ILE_DE_FRANCE))
    report = import_directory(read_directory(OCCITANIE), complete=complete)
    assert counts(report) == {"created": 556, "attached": 125}
    assert report.problems == ()
    assert School.objects.open().count() == 634 + 556
    sections = School.objects.filter(nature_code__in=["334", "335"])
    assert sections.count() == sections.filter(mother_school__isnull=False).count() == 125
    assert School.objects.filter(mother_school__isnull=False).count() == 125
    assert School.objects.get(uai="0090694F").mother_school == School.objects.get(uai="0090006H")


@needs_shared_data
def test_of_the_spreadsheet_damaged_sample_nothing_is_imported_and_every_row_is_reported() -> None:
    report = import_directory(read_directory(DAMAGED), complete=True)
    assert counts(report) == {"skipped": 2}
    assert report.closing_refused
    assert {problem.line for problem in report.problems if problem.is_damage} == {2, 3}
    assert not School.objects.exists()


def test_an_empty_cell_erases_nothing_and_a_full_one_replaces(
    import_rows: Callable[..., ImportReport],
) -> None:
    full = lycee(Telephone="01 44 41 45 67", SIREN_SIRET="77684512500058", etat="A FERMER", Mail="a@b.fr")
    import_rows(full)
    empty = dict.fromkeys(full, "") | {
        "Identifiant_de_l_etablissement": "0750654D",
        "Type_etablissement": "Lycée",
        "Nom_etablissement": "Lycée Henri Quatre",
    }
    before = School.objects.values().get()
    assert counts(import_rows(empty)) == {"updated": 1}
    after = School.objects.values().get()
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"name", "directory_name", "search_text", "updated_at"}
    assert after["search_text"] == "lycee henri quatre paris 05 75005 0750654d"


def test_a_dropped_cell_leaves_what_was_known(import_rows: Callable[..., ImportReport]) -> None:
    import_rows(lycee(Telephone="01 44 41 45 67"))
    report = import_rows(lycee(Telephone="144414567", latitude="4884635845716682"))
    assert counts(report) == {"unchanged": 1}
    assert codes(report) == ["position_wrong", "zero_lost"]


def test_only_what_changed_is_written(import_rows: Callable[..., ImportReport]) -> None:
    with time_machine.travel(datetime(2026, 9, 1, tzinfo=UTC), tick=False):
        import_rows(*paris_rows(3))
    rows = paris_rows(3)
    rows[1]["Nom_etablissement"] = "Lycée Simone-Veil"
    assert counts(import_rows(*rows)) == {"updated": 1, "unchanged": 2}
    touched = School.objects.filter(updated_at__gt=datetime(2026, 9, 2, tzinfo=UTC))
    assert [school.name for school in touched] == ["Lycée Simone-Veil"]


def test_a_new_school_without_a_name_is_an_error_and_a_known_one_keeps_its_own(
    import_rows: Callable[..., ImportReport],
) -> None:
    import_rows(lycee())
    report = import_rows(lycee(Nom_etablissement=""), *paris_rows(1, Nom_etablissement=""), complete=True)
    assert counts(report) == {"unchanged": 1, "refused": 1}
    assert codes(report) == ["name_missing"]
    # The cell is the Ministry's own, so that the file is whole all the same.
    assert not report.closing_refused
    assert School.objects.get().name == "Lycée Henri IV"


def test_a_school_that_will_close_is_open_with_a_warning(import_rows: Callable[..., ImportReport]) -> None:
    report = import_rows(lycee(etat="A FERMER"))
    assert codes(report) == ["closing"]
    school = School.objects.open().get()
    assert school.is_closing
    assert counts(import_rows(lycee(etat="OUVERT"))) == {"updated": 1}
    school.refresh_from_db()
    assert not school.is_closing


def test_a_section_is_attached_whether_its_mother_comes_before_it_after_it_or_is_known(
    import_rows: Callable[..., ImportReport],
) -> None:
    assert counts(import_rows(section("0750654D"), lycee())) == {"created": 2, "attached": 1}
    assert counts(import_rows(section("0750654D", 750901))) == {"created": 1, "attached": 1}
    assert School.objects.get(uai="0750654D").sections.count() == 2
    assert counts(import_rows(section("", 750901))) == {"unchanged": 1}
    assert counts(import_rows(section("0750654D", 750901) | {"code_nature": "320"})) == {"updated": 1}
    assert School.objects.get(uai="0750654D").sections.count() == 1


def test_a_mother_school_that_nobody_knows_is_a_warning(import_rows: Callable[..., ImportReport]) -> None:
    report = import_rows(section("0750655E"), complete=True)
    assert counts(report) == {"created": 1}
    assert codes(report) == ["mother_absent"]
    assert not report.closing_refused


def test_nothing_closes_unless_the_file_is_said_to_be_complete(
    import_rows: Callable[..., ImportReport],
) -> None:
    import_rows(*paris_rows(100))
    assert counts(import_rows(*paris_rows(1))) == {"unchanged": 1}
    assert School.objects.open().count() == 100


def test_a_complete_file_closes_what_is_absent_on_the_day_it_is_in_paris(
    import_rows: Callable[..., ImportReport],
) -> None:
    others = [row for row in sample_rows() if row["Code_departement"] != "075"]
    import_rows(*paris_rows(100), *others)
    with time_machine.travel(datetime(2026, 8, 31, 22, 30, tzinfo=UTC), tick=False):
        report = import_rows(*paris_rows(98), complete=True)
    assert counts(report) == {"unchanged": 98, "closed": 2}
    closed = School.objects.filter(closed_on=date(2026, 9, 1))
    assert sorted(school.uai for school in closed) == [
        row["Identifiant_de_l_etablissement"] for row in paris_rows(100)[98:]
    ]
    assert School.objects.open().count() == 98 + len(others)


def test_over_two_percent_absent_stops_everything(import_rows: Callable[..., ImportReport]) -> None:
    import_rows(*paris_rows(100))
    rows = paris_rows(97, Nom_etablissement="Renamed")
    with pytest.raises(TooManyClosings) as refusal:
        import_rows(*rows, *sample_rows()[2:3], complete=True)
    assert refusal.value.code == "too_many_closings"
    assert School.objects.open().count() == 100
    assert not School.objects.filter(name="Renamed").exists()
    assert counts(import_rows(*rows, complete=True, max_closed_percent=3)) == {"updated": 97, "closed": 3}


@pytest.mark.parametrize("percent", [-1, 101, float("nan"), float("inf")])
def test_the_share_that_may_close_is_a_percentage(import_rows: Callable[..., ImportReport], percent: float) -> None:
    with pytest.raises(BadInput):
        import_rows(lycee(), complete=True, max_closed_percent=percent)
    assert not School.objects.exists()


@pytest.mark.parametrize(
    "damage",
    [{"Telephone": "144414567"}, {"Code_departement": "75"}, {"Identifiant_de_l_etablissement": "0932222Z"}],
    ids=["cell dropped", "cell restored", "row refused"],
)
def test_a_complete_file_with_a_damaged_row_closes_nothing(
    import_rows: Callable[..., ImportReport], damage: dict[str, str]
) -> None:
    import_rows(*paris_rows(100))
    rows = paris_rows(100, Nom_etablissement="Renamed")[:99]
    report = import_rows(*rows[:98], rows[98] | damage, complete=True)
    assert report.closing_refused
    assert report.closed == 0
    assert report.updated >= 98
    assert School.objects.open().count() == 100


def test_a_school_that_the_file_calls_something_else_is_not_absent(
    import_rows: Callable[..., ImportReport],
) -> None:
    import_rows(*paris_rows(50))
    rows = paris_rows(50)
    rows[0]["Type_etablissement"] = "Collège"
    assert counts(import_rows(*rows, complete=True)) == {"unchanged": 49, "skipped": 1}


def test_a_closed_school_present_again_is_reopened(import_rows: Callable[..., ImportReport]) -> None:
    import_rows(lycee())
    School.objects.update(closed_on=date(2026, 1, 1))
    assert counts(import_rows(lycee())) == {"updated": 1, "reopened": 1}
    assert School.objects.open().exists()


def test_a_uai_twice_with_different_content_changes_nothing_of_the_school(
    import_rows: Callable[..., ImportReport],
) -> None:
    import_rows(lycee())
    report = import_rows(lycee(), lycee(Nom_etablissement="Another"), *paris_rows(1))
    assert counts(report) == {"created": 1, "refused": 2}
    assert School.objects.get(uai="0750654D").name == "Lycée Henri IV"


def test_a_lycee_on_two_sites_is_one_school_and_keeps_nothing_from_closing(
    import_rows: Callable[..., ImportReport],
) -> None:
    import_rows(*paris_rows(100))
    sites = [
        lycee(multi_uai="1", Adresse_1="2 rue du Stade", Nom_commune="Paris 06", Code_postal="75006"),
        lycee(multi_uai="1", etat="A FERMER", latitude="", longitude="", position=""),
        lycee(multi_uai="1", Type_etablissement="Collège", code_nature="340"),
    ]
    report = import_rows(*sites, *paris_rows(99), complete=True)
    assert counts(report) == {"created": 1, "unchanged": 99, "skipped": 2, "closed": 1}
    school = School.objects.get(uai="0750654D")
    assert (school.address, school.is_closing) == ("2 rue du Stade", False)
    # Whichever row the Ministry writes first.
    again = import_rows(*reversed(sites), *paris_rows(99))
    assert counts(again) == {"unchanged": 100, "skipped": 2}


def test_what_the_ministry_leaves_empty_is_no_damage(import_rows: Callable[..., ImportReport]) -> None:
    import_rows(*paris_rows(100))
    needed = {"Identifiant_de_l_etablissement", "Nom_etablissement", "Type_etablissement"}
    empty = dict.fromkeys(column for column in lycee() if column not in needed)
    rows = [row | empty for row in paris_rows(98)]
    no_type = paris_rows(99)[98] | {"Type_etablissement": "", "code_nature": "302"}
    nothing = lycee() | dict.fromkeys(lycee()) | {"Identifiant_de_l_etablissement": "0750654D"}
    school = lycee(Type_etablissement="Ecole", code_nature="151") | {
        "Identifiant_de_l_etablissement": "", "etat": "FERME", "Nom_etablissement": "", "Code_postal": "",
    }  # fmt: skip
    report = import_rows(*rows, no_type, nothing, school, complete=True)
    assert not report.closing_refused
    assert counts(report) == {"unchanged": 99, "skipped": 2, "closed": 1}
    assert School.objects.get(uai=no_type["Identifiant_de_l_etablissement"]).closed_on is None


def test_a_dry_run_reports_the_same_and_writes_nothing(import_rows: Callable[..., ImportReport]) -> None:
    report = import_rows(*paris_rows(2), section("0750654D"), dry_run=True)
    assert not School.objects.exists()
    assert report == import_rows(*paris_rows(2), section("0750654D"))
    assert School.objects.count() == 3


def test_the_number_of_queries_does_not_grow_with_the_rows_of_a_batch(
    import_rows: Callable[..., ImportReport],
) -> None:
    def queries(count: int, **cells: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            import_rows(*paris_rows(count, **cells), section("0750001" + uai(750001)[7]))
        return len(captured)

    created_few = queries(2)
    updated_few = queries(2, Nom_etablissement="Renamed")
    School.objects.filter(mother_school__isnull=False).delete()
    School.objects.all().delete()
    assert queries(20) == created_few
    assert queries(20, Nom_etablissement="Renamed") == updated_few


def test_the_progress_reaches_the_number_of_lines(import_rows: Callable[..., ImportReport]) -> None:
    steps: list[int] = []
    rows = paris_rows(directory.BATCH_SIZE + 20)
    import_rows(*rows[:10])
    import_rows(
        *[row | {"Nom_etablissement": "Renamed"} for row in rows],
        lycee(Type_etablissement="Ecole"),
        progress=steps.append,
    )
    assert sum(steps) == len(rows) + 1


def test_the_command_prints_each_problem_and_the_totals(tmp_path: Path) -> None:
    path = write_directory(
        tmp_path / "rows.csv", lycee(SIREN_SIRET="7,76845E+13"), *paris_rows(1, Type_etablissement="Ecole")
    )
    out, err = run_command(path, "--complete")
    problem, skipped, totals = out.splitlines()
    assert problem.split("\t")[:5] == ["2", "0750654D", "warning", "number_shortened", "SIREN_SIRET"]
    assert "7,76845E+13" in problem
    assert skipped.split("\t")[:4] == ["3", uai(FIRST_NUMBER), "skipped", "not_a_lycee"]
    assert totals.startswith("1 ")
    assert err
    assert School.objects.get().uai == "0750654D"


def test_the_command_counts_the_skipped_rows_that_it_does_not_print(tmp_path: Path) -> None:
    path = write_directory(tmp_path / "rows.csv", *paris_rows(50, Type_etablissement="Ecole"))
    out, _err = run_command(path)
    assert len(out.splitlines()) == 20 + 1 + 1
    assert "30" in out.splitlines()[20]


def test_the_command_changes_nothing_in_a_dry_run() -> None:
    out, _err = run_command(SAMPLE, "--dry-run")
    assert "12" in out
    assert not School.objects.exists()


def test_the_command_stops_over_the_percentage_it_is_given(tmp_path: Path) -> None:
    run_command(write_directory(tmp_path / "all.csv", *paris_rows(20)))
    path = write_directory(tmp_path / "fewer.csv", *paris_rows(19))
    with pytest.raises(CommandError, match=r"1 .* 20"):
        run_command(path, "--complete")
    assert School.objects.open().count() == 20
    run_command(path, "--complete", "--max-closed-percent", "5")
    assert School.objects.open().count() == 19


@pytest.mark.parametrize("name", ["absent.csv", ".", "latin-1.csv", "empty.csv", "headers.csv"])
def test_the_command_fails_with_a_sentence_on_a_file_it_cannot_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "latin-1.csv").write_bytes(SAMPLE.read_text(encoding="utf-8-sig").encode("latin-1"))
    (tmp_path / "empty.csv").touch()
    (tmp_path / "headers.csv").write_text("Nom;Commune\nLycée;Paris\n", encoding="utf-8")
    with pytest.raises(CommandError) as failure:
        run_command(tmp_path / name)
    assert failure.value.returncode == 1
    assert str(tmp_path) in str(failure.value)
    assert not School.objects.exists()
