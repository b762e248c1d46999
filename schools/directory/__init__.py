"""What a file of the Ministry's directory of schools says of each lycée, and what cannot be believed.

Source: "Annuaire de l'éducation", data.education.gouv.fr, Licence Ouverte 2.0 (Etalab); the twelve rows of
demo/sample/annuaire_demo.csv are of April 2026.
"""

from schools.directory.files import DirectoryLine, DirectoryRefused, read_directory
from schools.directory.problems import RowProblem, Severity
from schools.directory.rows import SchoolRow
from schools.directory.uai import is_uai

__all__ = ["DirectoryLine", "DirectoryRefused", "RowProblem", "SchoolRow", "Severity", "is_uai", "read_directory"]
