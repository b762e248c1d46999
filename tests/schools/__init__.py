"""Tests of schools, and the files of the Ministry's directory that they read."""

import csv
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "demo" / "sample" / "annuaire_demo.csv"
SHARED_DATA = Path(os.environ.get("ELAN_SHARED_DATA", ROOT.parent / "shared" / "data"))
ILE_DE_FRANCE = SHARED_DATA / "lycees_idf.csv"
OCCITANIE = SHARED_DATA / "annuaire_original_format_lycees_occitanie_2024-11.csv"
DAMAGED = SHARED_DATA / "annuaire_excel_mangled_sample.csv"

needs_shared_data = pytest.mark.skipif(not ILE_DE_FRANCE.exists(), reason="needs ELAN_SHARED_DATA")

UAI_KEYS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def uai(number: int) -> str:
    """The UAI of a number of seven digits."""
    return f"{number:07d}{UAI_KEYS[number % 23]}"


def sample_rows() -> list[dict[str, str]]:
    """The rows of the shipped sample by column name."""
    with SAMPLE.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def lycee(**cells: str) -> dict[str, str]:
    """The row of the lycée Henri IV (0750654D), with other cells where given."""
    return next(row for row in sample_rows() if row["Identifiant_de_l_etablissement"] == "0750654D") | cells


def write_directory(path: Path, *rows: dict[str, str], encoding: str = "utf-8-sig") -> Path:
    """Writes rows in the official format, with the columns of the first row."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";", lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
    return path
