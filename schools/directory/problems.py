"""What can be wrong in a row of the directory of schools, by stable code, and what each means for the row."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

# An error's row is not imported.
ERRORS: Mapping[str, Any] = {
    "cell_count": _("The row and the header have not the same number of cells (%(value)s)."),
    "uai_wrong": _("“%(value)s” is not a UAI: seven digits and their key letter."),
    "uai_twice": _("The lines %(value)s say different things of this UAI: none is imported."),
    "type_unreadable": _("The row does not say readably what type of school this is (%(value)s)."),
    "state_unknown": _("“%(value)s” says neither that the school is open nor that it will close."),
    "name_missing": _("The school is new and the row does not give its name."),
}
# Which the Ministry itself leaves empty: the row is not imported, but the file is whole.
EMPTY_CELLS = {"name_missing"}
# The row is imported, without this cell unless the sentence says otherwise.
DAMAGES: Mapping[str, Any] = {
    "number_shortened": _("A spreadsheet shortened the number (%(value)s): cell not imported."),
    "zero_lost": _("“%(value)s” has lost its leading zero: cell not imported."),
    "zero_restored": _("“%(value)s” had lost its leading zero: restored, because the UAI confirms it."),
    "date_rewritten": _("A spreadsheet rewrote the date (%(value)s): cell not imported."),
    "text_damaged": _("The characters are damaged (%(value)s): cell not imported."),
    "position_wrong": _("“%(value)s” is not a position where this school can be: not imported."),
}
# The same, in a file that is as the Ministry published it.
REMARKS: Mapping[str, Any] = {
    "cell_wrong": _("“%(value)s” is not possible in this column: cell not imported."),
    "closing": _("The Ministry announces that this school will close."),
    "mother_absent": _("The mother school %(value)s is neither in the file nor known: not attached."),
}
SKIPS: Mapping[str, Any] = {
    "not_a_lycee": _("“%(value)s” is not a lycée."),
    "type_missing": _("The row says neither the type nor the nature of this school."),
    "repeated": _("Line %(value)s says the same."),
    "other_site": _("Another site of the school of line %(value)s."),
}
SENTENCES: Mapping[str, Any] = {**ERRORS, **DAMAGES, **REMARKS, **SKIPS}


class Severity(StrEnum):
    """ERROR: the row is not imported. WARNING: it is, with this reservation. SKIPPED: it is none of ours."""

    ERROR = "error"
    WARNING = "warning"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong at a line (1 is the header) and column; `value` is the cell, made printable."""

    line: int
    uai: str
    column: str
    code: str
    value: str = ""

    @property
    def severity(self) -> Severity:
        if self.code in ERRORS:
            return Severity.ERROR
        return Severity.SKIPPED if self.code in SKIPS else Severity.WARNING

    @property
    def is_damage(self) -> bool:
        """Whether the file is not as the Ministry published it, so that absence from it proves nothing."""
        return (self.code in ERRORS and self.code not in EMPTY_CELLS) or self.code in DAMAGES

    @property
    def sentence(self) -> str:
        """For the reader, in the language active when it is asked."""
        return str(SENTENCES[self.code]) % {"value": self.value}


def printable(text: str) -> str:
    """The beginning of a text, as it can be shown in a report."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text[:80])
