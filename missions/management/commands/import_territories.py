"""Reads a file of communes into the database, and gives schools and missions their territory."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from common.errors import DomainError
from missions.services.territories import place_missions
from schools.services.territories import import_territories
from schools.territories import read_territories


class Command(BaseCommand):
    help = "Imports communes and their territories from a CSV file, or from Etalab's communes.json."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV (code, name, department, density class, …) or JSON")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows, problems = read_territories(options["file"])
            report = import_territories(rows, dry_run=options["dry_run"])
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        except DomainError as error:
            raise CommandError(f"{options['file']}: {error.detail}") from error
        for problem in problems:
            self.stdout.write(f"{problem.line}\t{problem.code}\t{problem.column}\t{problem.value}")
        if options["dry_run"]:
            self.stdout.write(_("Dry run: nothing was written."))
        self.stdout.write(
            _(
                "%(created)d communes created, %(updated)d updated, %(unchanged)d unchanged; %(placed)d schools given "
                "a commune, %(unknown)d left unknown."
            )
            % {
                "created": report.created,
                "updated": report.updated,
                "unchanged": report.unchanged,
                "placed": report.schools_placed,
                "unknown": report.schools_unknown,
            }
        )
        if not options["dry_run"]:
            placed, unknown = place_missions()
            self.stdout.write(
                _("%(placed)d missions given a commune, %(unknown)d left unknown.")
                % {"placed": placed, "unknown": unknown}
            )
