"""Tables as people open them in a spreadsheet, in which no cell is ever a formula (CSV injection, CWE-1236)."""

import csv
import io
import re
from collections.abc import Sequence
from typing import Any

import xlsxwriter
from django.db import models

# At the start of a cell; or where a program that takes another separator than ours begins one, whatever the quotes say.
STARTS_A_FORMULA = re.compile(r"(^|[,;\t])(?=[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])")

Table = Sequence[Sequence[str | int]]


class SheetFormat(models.TextChoices):
    """What a table is written as."""

    CSV = "csv"
    XLSX = "xlsx"


MEDIA_TYPES = {
    SheetFormat.CSV: "text/csv; charset=utf-8",
    SheetFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def write_sheet(table: Table, file_format: SheetFormat | str) -> bytes:
    """The table as a file; its first row holds the headings."""
    return as_xlsx(table) if file_format == SheetFormat.XLSX else as_csv(table)


def as_csv(table: Table) -> bytes:
    """As a French spreadsheet opens it: UTF-8 with its mark, semicolons, CRLF.

    A text that would start a formula gets an apostrophe before it, also where a comma would make a cell of it.
    """
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";").writerows([_inert(cell) for cell in row] for row in table)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(table: Table) -> bytes:
    """As an Excel workbook of one sheet, each text a text whatever it starts with."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet, heading = book.add_worksheet(), book.add_format({"bold": True})
        for number, row in enumerate(table):
            for column, cell in enumerate(row):
                write: Any = sheet.write_string if isinstance(cell, str) else sheet.write_number
                write(number, column, cell, None if number else heading)
        sheet.freeze_panes(1, 0)
        sheet.autofit()
    return out.getvalue()


def _inert(cell: str | int) -> str | int:
    return STARTS_A_FORMULA.sub(r"\1'", cell) if isinstance(cell, str) else cell
