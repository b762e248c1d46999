"""Reads the Ministry's directory of schools into the database and says what became of each row."""

import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from tqdm import tqdm

from common.errors import DomainError
from schools.directory import RowProblem, Severity, read_directory
from schools.services.directory import ImportReport, import_directory

# The Ministry's whole directory holds 60,000 rows that are no lycées: a few show what is skipped.
SKIPPED_ROWS_SHOWN = 20


class Command(BaseCommand):
    help = "Imports schools from the CSV file of the Ministry's directory (Annuaire de l'éducation)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the CSV file, as the Ministry publishes it")
        parser.add_argument(
            "--complete",
            action="store_true",
            help="close the schools of the file's departments that it does not hold",
        )
        parser.add_argument(
            "--max-closed-percent",
            type=float,
            default=2,
            help="stop when more of the open schools would close (default: %(default)s)",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would change, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            lines = read_directory(options["file"])
            with tqdm(total=len(lines), unit="row", file=sys.stderr, leave=False) as bar:
                report = import_directory(
                    lines,
                    complete=options["complete"],
                    max_closed_percent=options["max_closed_percent"],
                    dry_run=options["dry_run"],
                    progress=bar.update,
                )
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        except DomainError as error:
            raise CommandError(f"{options['file']}: {error.detail}") from error
        self._print_problems(report.problems)
        self._print_totals(report, dry_run=options["dry_run"])

    def _print_problems(self, problems: Sequence[RowProblem]) -> None:
        shown: Counter[str] = Counter()
        for problem in problems:
            shown[problem.severity] += 1
            if problem.severity != Severity.SKIPPED or shown[problem.severity] <= SKIPPED_ROWS_SHOWN:
                self.stdout.write(
                    f"{problem.line}\t{problem.uai}\t{problem.severity}\t{problem.code}\t{problem.column}\t"
                    f"{problem.sentence}"
                )
        if (hidden := shown[Severity.SKIPPED] - SKIPPED_ROWS_SHOWN) > 0:
            self.stdout.write(_("… and %(count)d more rows skipped.") % {"count": hidden})

    def _print_totals(self, report: ImportReport, *, dry_run: bool) -> None:
        if report.closing_refused:
            self.stderr.write(_("Rows of the file are damaged: no school was closed, for absence proves nothing."))
        if dry_run:
            self.stdout.write(_("Dry run: nothing was written."))
        self.stdout.write(
            _(
                "%(created)d created, %(updated)d updated, %(unchanged)d unchanged, %(skipped)d skipped, "
                "%(refused)d refused; %(attached)d attached to a mother school, %(closed)d closed, "
                "%(reopened)d reopened."
            )
            % {
                "created": report.created,
                "updated": report.updated,
                "unchanged": report.unchanged,
                "skipped": report.skipped,
                "refused": report.refused,
                "attached": report.attached,
                "closed": report.closed,
                "reopened": report.reopened,
            }
        )
