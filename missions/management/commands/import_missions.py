"""Reads a partner's feed of missions and says what became of each."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from common.errors import DomainError
from missions.services.exchange import fetch_feed, import_feed


class Command(BaseCommand):
    help = "Imports a partner's missions from its feed (API Engagement v2, XML or JSON), a file or an address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("publisher", help="the partner's short name, the same each time")
        parser.add_argument("feed", help="a file, or an address that begins with https://")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        feed = options["feed"]
        try:
            content = fetch_feed(feed) if "://" in feed else Path(feed).read_bytes()
            report = import_feed(options["publisher"], content, dry_run=options["dry_run"])
        except OSError as error:
            raise CommandError(f"{feed}: {error.strerror}") from error
        except DomainError as error:
            raise CommandError(f"{feed}: {error.detail}") from error
        for one in report.missions:
            problems = " ".join(f"{problem.name}:{problem.code}" for problem in one.problems)
            self.stdout.write(f"{one.number or '-'}\t{one.client_id}\t{one.outcome}\t{problems}".rstrip())
        if report.withdrawal_skipped:
            self.stderr.write(_("A refused mission does not say which it is: none was withdrawn for being absent."))
        if options["dry_run"]:
            self.stdout.write(_("Dry run: nothing was written."))
        self.stdout.write(
            _(
                "%(created)d created, %(updated)d updated, %(unchanged)d unchanged, %(refused)d refused, "
                "%(withdrawn)d withdrawn."
            )
            % report.counts()
        )
